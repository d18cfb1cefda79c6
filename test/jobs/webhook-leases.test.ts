/** Who may send what, when several would or somebody died. */
import { beforeAll, expect, test } from 'vitest';
import { confirmSession } from '../../server/domain/auth-sessions/confirm.ts';
import { exchangeSession } from '../../server/domain/auth-sessions/exchange.ts';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import type { Call } from '../../server/domain/call.ts';
import {
  type ClaimedDelivery,
  claimDeliveries,
  lookAtEndpoints,
} from '../../server/domain/webhooks/claim.ts';
import { deleteWebhookEndpoint } from '../../server/domain/webhooks/delete.ts';
import { failuresUntilPaced, leaseSeconds } from '../../server/domain/webhooks/delivery.ts';
import { fanOut } from '../../server/domain/webhooks/fan-out.ts';
import {
  type AttemptOutcome,
  createOutcomeRecorder,
  recordOutcomes,
} from '../../server/domain/webhooks/record.ts';
import { redeliverWebhook } from '../../server/domain/webhooks/redeliver.ts';
import { updateWebhookEndpoint } from '../../server/domain/webhooks/update.ts';
import type { Db } from '../../server/platform/db.ts';
import { type SignedUp, signUpSomebody } from '../support/accounts.ts';
import { inOpenTransaction } from '../support/open-transaction.ts';
import { setUpTools } from '../support/setup.ts';
import {
  addEndpoint,
  type DeliveryRow,
  readDeliveries,
  setUpEndpoint,
} from '../support/webhooks.ts';

const tools = await setUpTools();
const { db } = tools;
const nowhere = { url: 'http://127.0.0.1:9/' };
let person: SignedUp;
beforeAll(async () => {
  person = await signUpSomebody(tools);
});

async function startMany(server: Call, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => startSession(server, {})));
}

async function fanOutAll(): Promise<void> {
  while ((await fanOut(db)).more);
}

const claim = (id: string, room: number) => claimDeliveries(db, new Map([[id, room]]));

const outcomeOf = (
  { id, lease }: ClaimedDelivery,
  more: Partial<AttemptOutcome> = {},
): AttemptOutcome => ({
  id,
  lease,
  delivered: true,
  gone: false,
  reason: null,
  delay_seconds: null,
  attempt: {
    durationMs: 1,
    requestHeaders: {},
    responseStatus: 204,
    responseHeaders: {},
    responseBody: '',
    error: null,
  },
  ...more,
});

/** As if whoever holds leases had said nothing for as long as they last. */
async function passLeases(): Promise<void> {
  await db.$executeRaw`UPDATE webhook_deliveries
    SET locked_until = locked_until - make_interval(secs => ${leaseSeconds})`;
}

test('however many fan out at once, each event and endpoint make one delivery', async () => {
  const { project, owner, endpoint, server } = await setUpEndpoint(tools, person, nowhere);
  const second = await addEndpoint(owner, project.production.id, nowhere);
  for (let round = 0; round < 5; round += 1) {
    await startMany(server, 30);
    await Promise.all(Array.from({ length: 8 }, fanOutAll));
  }
  const { rows } = await db.$pool.query(
    `SELECT count(*)::int AS events, count(fanned_out_at)::int AS done FROM outbox_events
     WHERE environment_id = $1`,
    [project.production.id],
  );
  expect(rows).toEqual([{ events: 150, done: 150 }]);
  for (const { id } of [endpoint, second]) {
    const eventIds = (await readDeliveries(db, id)).map(({ eventId }) => eventId);
    expect([eventIds.length, new Set(eventIds).size]).toEqual([150, 150]);
  }
});

test('who is killed before an event has its deliveries leaves it for the next', async () => {
  const { endpoint, server } = await setUpEndpoint(tools, person, nowhere);
  await startMany(server, 1);
  // Somebody was about to: their statement is rolled back with them.
  const mark = 'UPDATE outbox_events SET fanned_out_at = now() WHERE fanned_out_at IS NULL';
  await inOpenTransaction(db, mark, async () => {});
  await fanOutAll();
  expect(await readDeliveries(db, endpoint.id)).toHaveLength(1);
});

test('however many claim at once, each delivery goes to one', async () => {
  const { endpoint, server } = await setUpEndpoint(tools, person, nowhere);
  await startMany(server, 100);
  await fanOutAll();
  const claimed = (
    await Promise.all(Array.from({ length: 10 }, () => claim(endpoint.id, 30)))
  ).flat();
  const rest = await claim(endpoint.id, 100);
  const ids = [...claimed, ...rest].map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toHaveLength(100);
  expect(await claim(endpoint.id, 100)).toEqual([]);
});

test('a claim reads what it takes, however much waits, also before PostgreSQL knows how much that is', async () => {
  const { endpoint, server } = await setUpEndpoint(tools, person, nowhere);
  await startMany(server, 1);
  await fanOutAll();
  const [{ id, eventId }] = (await readDeliveries(db, endpoint.id)) as [
    DeliveryRow,
    ...DeliveryRow[],
  ];
  await db.$executeRaw`
    WITH events AS (
      INSERT INTO outbox_events (id, type, workspace_id, project_id, environment_id, session_id, data, fanned_out_at)
      SELECT 'evt_' || lpad(n::text, 26, '0'), type, workspace_id, project_id, environment_id,
        'ses_' || lpad(n::text, 26, '0'), data, now()
      FROM outbox_events, generate_series(1, 10000) n WHERE id = ${eventId} RETURNING *
    )
    INSERT INTO webhook_deliveries (id, event_id, endpoint_id, workspace_id, project_id, environment_id, session_id,
      event_type, next_attempt_at, created_at)
    SELECT 'dlv_' || substr(e.id, 5), e.id, d.endpoint_id, e.workspace_id, e.project_id, e.environment_id,
      e.session_id, e.type, now(), now()
    FROM events e, webhook_deliveries d WHERE d.id = ${id}`;
  const client = await db.$pool.connect();
  /** Rows that this connection read of the tables so far. */
  const rowsRead = async () => {
    const { rows } = await client.query(
      `SELECT sum(seq_tup_read + idx_tup_fetch)::int AS read FROM pg_stat_xact_user_tables
       WHERE relname IN ('webhook_deliveries', 'outbox_events')`,
    );
    return rows[0].read as number;
  };
  try {
    await client.query('BEGIN');
    const before = await rowsRead();
    const claimed = await claimDeliveries(
      { $pool: client } as unknown as Db,
      new Map([[endpoint.id, 8]]),
    );
    expect(claimed).toHaveLength(8);
    const read = (await rowsRead()) - before;
    expect(read).toBeGreaterThanOrEqual(16);
    expect(read).toBeLessThan(100);
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
});

test('a look finds what is due, and who does nothing but fail for as long as they are to be told anything', async () => {
  const { owner, project, endpoint, server } = await setUpEndpoint(tools, person, nowhere);
  const deleted = await addEndpoint(owner, project.production.id, nowhere);
  const look = async (id: string) => {
    const { due, paced } = await lookAtEndpoints(db);
    return { due: due.includes(id), paced: paced.includes(id) };
  };
  await startMany(server, failuresUntilPaced);
  await fanOutAll();
  for (const { id } of [endpoint, deleted]) {
    expect(await look(id)).toEqual({ due: true, paced: false });
    const claimed = await claim(id, failuresUntilPaced);
    await recordOutcomes(
      db,
      claimed.map((each) => outcomeOf(each, { delivered: false, delay_seconds: 60, reason: 'no' })),
    );
    expect(await look(id)).toEqual({ due: false, paced: true });
  }
  await deleteWebhookEndpoint(owner, deleted);
  expect(await look(deleted.id)).toEqual({ due: false, paced: false });
  await updateWebhookEndpoint(owner, { id: endpoint.id, version: 1, active: false });
  expect(await look(endpoint.id)).toEqual({ due: false, paced: false });
});

test('a lease that lapses is another’s, and what its holder says late counts for nothing', async () => {
  const { endpoint, server } = await setUpEndpoint(tools, person, nowhere);
  await startMany(server, 1);
  await fanOutAll();
  const [first] = await claim(endpoint.id, 1);
  expect(await claim(endpoint.id, 1)).toEqual([]);
  await passLeases();
  const [second] = await claim(endpoint.id, 1);
  expect(second).toMatchObject({ id: first!.id, lease: first!.lease + 1, event: first!.event });

  const late = outcomeOf(first!, { delivered: false, delay_seconds: 5, reason: 'late' });
  expect(await recordOutcomes(db, [late])).toEqual([{ recorded: false, failures: 0 }]);
  expect(await readDeliveries(db, endpoint.id)).toMatchObject([
    { status: 'PENDING', attempts: [] },
  ]);
  expect(await recordOutcomes(db, [outcomeOf(second!)])).toEqual([{ recorded: true, failures: 0 }]);
  expect(await recordOutcomes(db, [outcomeOf(second!)]), 'twice').toMatchObject([
    { recorded: false },
  ]);
  expect(await readDeliveries(db, endpoint.id)).toMatchObject([
    { status: 'DELIVERED', attempts: [{ responseStatus: 204 }] },
  ]);
});

test('who is late, but replaced by nobody, is still heard', async () => {
  const { endpoint, server } = await setUpEndpoint(tools, person, nowhere);
  await startMany(server, 1);
  await fanOutAll();
  const [claimed] = await claim(endpoint.id, 1);
  await passLeases();
  expect(await recordOutcomes(db, [outcomeOf(claimed!)])).toMatchObject([{ recorded: true }]);
});

test('while an attempt is under way nobody sends the same again by hand', async () => {
  const { owner, endpoint, server } = await setUpEndpoint(tools, person, nowhere);
  await startMany(server, 1);
  await fanOutAll();
  const [claimed] = await claim(endpoint.id, 1);
  await expect(redeliverWebhook(owner, claimed!)).rejects.toMatchObject({ code: 'CONFLICT' });
  await recordOutcomes(db, [outcomeOf(claimed!)]);
  await redeliverWebhook(owner, claimed!);
  const [again] = await claim(endpoint.id, 1);
  expect(again).toMatchObject({ id: claimed!.id, tries: 0, event: claimed!.event });
});

test('a later event of a session is not to be had while an earlier one is claimed and untried', async () => {
  const { endpoint, server } = await setUpEndpoint(tools, person, nowhere);
  const { session } = await startSession(server, {});
  await confirmSession(server, { sessionId: session.id, subject: { id: 'u1' } });
  await exchangeSession(server, { sessionId: session.id });
  await fanOutAll();
  const types: string[] = [];
  for (let n = 0; n < 3; n += 1) {
    const claimed = await claim(endpoint.id, 10);
    types.push(claimed.map(({ event }) => event.type).join());
    expect(await claim(endpoint.id, 10)).toEqual([]);
    await recordOutcomes(
      db,
      claimed.map((each) => outcomeOf(each, { delivered: false, delay_seconds: 5, reason: 'no' })),
    );
  }
  expect(types).toEqual(['session.started', 'session.confirmed', 'session.used']);
});

test('outcomes that fail together for what one of them says are written one by one', async () => {
  const { endpoint, server } = await setUpEndpoint(tools, person, nowhere);
  await startMany(server, 3);
  await fanOutAll();
  const [one, two, three] = await claim(endpoint.id, 3);
  const recorder = createOutcomeRecorder(db);
  const bad = outcomeOf(two!);
  bad.attempt.responseBody = 'no database stores\0this';
  const results = await Promise.allSettled([
    recorder.add(outcomeOf(one!)),
    recorder.add(bad),
    recorder.add(outcomeOf(three!)),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});
