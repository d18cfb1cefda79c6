/** PostgreSQL goes away under load and comes back, while nobody looks after the server. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { closeDb } from '../../server/platform/db.ts';
import { MasterKeys } from '../../server/platform/master-keys.ts';
import { callAs, createTestTools } from '../support/call.ts';
import { startOwnPostgres } from '../support/own-postgres.ts';
import { type ServerProcess, startServer, until } from '../support/process.ts';
import { createTestProject } from '../support/projects.ts';
import { createSessionApi, subject, withKey } from '../support/session-api.ts';
import { expectCountsToMatchRows, passDeadline } from '../support/sessions.ts';
import { openSocket, openStream } from '../support/socket.ts';
import { type SteadyLoad, startSteadyLoad } from '../support/steady-load.ts';
import { addEndpoint, type Receiver, startReceiver } from '../support/webhooks.ts';

const postgres = await startOwnPostgres();
const bytes = randomBytes(32);
const tools = createTestTools(postgres.url, {
  masterKeys: new MasterKeys([{ id: 'k1', bytes }]),
});
const { db } = tools;
db.$pool.on('error', () => {});
afterAll(() => closeDb(db));
const server = await startServer({
  DATABASE_URL: postgres.url,
  MASTER_KEY: `k1:${bytes.toString('base64')}`,
  TRUSTED_PROXIES: 'loopback',
});

const counts =
  'subscription { liveSessionCounts { lifetime { started confirmed cancelled used } } }';
const log = 'subscription { logAppended { id } }';
const watch =
  'subscription ($secret: String!) { sessionChanged(clientSecret: $secret) { status } }';

/** What the probe of a load balancer sees. */
async function readiness(): Promise<string> {
  const reply = await fetch(`${server.url}/health/ready`);
  const { status, reason } = await reply.json();
  return reason ? `${reply.status} ${reason}` : `${reply.status} ${status}`;
}

/** Waits for the load to come so far. @throws {Error} with what it met, where it does not */
async function untilLoad(load: SteadyLoad, isSo: () => boolean): Promise<void> {
  await until(() => isSo() || load.surprises.length > 0).catch(() => {});
  const { answered, refused, surprises } = load;
  const errors = server.log().filter(({ level }) => level === 'error');
  expect({ isSo: isSo(), surprises, errors, answered, refused }).toMatchObject({
    isSo: true,
    surprises: [],
    errors: [],
  });
}

/** Whether each client was refused: of those that write nobody gets on, wherever they were. */
function allRefused({ refused }: SteadyLoad): boolean {
  const readers = ['list by a member', 'node by a key', 'start by a device', 'export'];
  return readers.every((name) => refused.has(name)) && refused.size > readers.length;
}

test.each([
  ['is stopped', () => postgres.stop()],
  ['is killed', () => postgres.crash()],
])(
  'nothing acknowledged is lost, and recovery needs nobody, where PostgreSQL %s',
  {
    timeout: 120_000,
  },
  async (_, takeAway) => {
    const project = await createTestProject(tools);
    const { production, development, owner } = project;
    const by = withKey(production.secret);
    const init = { apiKey: production.secret };
    const receiver = await startReceiver();
    await addEndpoint(callAs(tools, owner.actor), production.id, receiver);
    const api = createSessionApi(server);

    // Those who watch, opened before and never opened again.
    const sockets = await Promise.all(
      Array.from({ length: 5 }, () => openSocket(server.url, { init })),
    );
    const watching = sockets.map(({ subscribe }) => subscribe(counts));
    const streams = await Promise.all(
      Array.from({ length: 3 }, () => openStream(server.url, counts, {}, by.headers)),
    );
    const entries = sockets[0]!.subscribe(log);
    const [confirmed, overdue] = [await api.start(by), await api.start(by)];
    const devices = await Promise.all(
      [confirmed, overdue].map(async ({ clientSecret }) => {
        const { subscribe } = await openSocket(server.url, { init: { clientSecret } });
        return subscribe(watch, { secret: clientSecret });
      }),
    );
    for (const each of [...watching, ...devices]) await each.until(() => true);
    for (const each of streams) await each.until(() => true);

    const load = startSteadyLoad(server, {
      secret: production.secret,
      publishable: development.publishableValue,
      cookie: owner.token,
      projectId: project.id,
    });
    await untilLoad(load, () => load.acknowledged.size >= 60 && load.answered.size === 10);
    await passDeadline(db, overdue.session.sessionId);
    await takeAway();
    expect(await readiness()).toBe('503 database');
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
    await untilLoad(load, () => allRefused(load));
    await sleep(3_000); // long enough for whatever waits five seconds for a connection to meet the end of it
    expect(load.surprises).toEqual([]);
    expect(await readiness()).toBe('503 database');

    await postgres.start();
    await until(async () => (await readiness()) === '200 ready');
    const before = load.acknowledged.size;
    await untilLoad(load, () => load.acknowledged.size >= before + 60);
    await api.confirm(by, { sessionId: confirmed.session.sessionId, subject });
    await load.stop();
    expect(load.surprises).toEqual([]);

    // What was acknowledged is there, once, and counts once.
    const { rows } = await db.$pool.query<{ id: string; status: string; key: string | null }>(
      'SELECT id, status, idempotency_key AS key FROM auth_sessions WHERE project_id = $1',
      [project.id],
    );
    const statuses = new Map(rows.map(({ id, status }) => [id, status]));
    for (const [id, status] of load.acknowledged)
      expect([id, statuses.get(id)]).toEqual([id, status]);
    expect(rows.flatMap(({ key }) => key ?? []).sort()).toEqual([...load.idempotencyKeys].sort());
    await expectCountsToMatchRows(db);

    // Whoever watched hears of it, on the connections they had.
    const { rows: totals } = await db.$pool.query(
      `SELECT sum(started)::int AS started, sum(confirmed)::int AS confirmed,
       sum(cancelled)::int AS cancelled, sum(used)::int AS used
     FROM session_totals WHERE environment_id = $1`,
      [production.id],
    );
    for (const { results } of [...watching, ...streams]) {
      await expect.poll(() => results.at(-1).data.liveSessionCounts.lifetime).toEqual(totals[0]);
    }
    await devices[0]!.until(({ data }) => data.sessionChanged.status === 'CONFIRMED');
    await devices[1]!.until(({ data }) => data.sessionChanged.status === 'EXPIRED');
    const readEntries = async () => {
      const read = `SELECT id FROM log_entries WHERE environment_id = $1 AND session_id IS NOT NULL`;
      return (await db.$pool.query<{ id: string }>(read, [production.id])).rows;
    };
    await expect
      .poll(() => new Set(entries.results.map(({ data }) => data.logAppended.id)).size)
      .toBe((await readEntries()).length);
    expect(entries.results).toHaveLength((await readEntries()).length);

    await expectAllDelivered(receiver, production.id);
    expectOnlyWarnings(server);
  },
);

/** Each change of a session made an event, and each event came, however often under the same id. */
async function expectAllDelivered({ messages }: Receiver, environmentId: string): Promise<void> {
  // As if the leases of attempts whose outcome could not be recorded had lapsed.
  await db.$executeRaw`UPDATE webhook_deliveries SET locked_until = now() WHERE locked_until > now()`;
  const read = async (sql: string) => (await db.$pool.query(sql, [environmentId])).rows;
  const changes = await read(
    `SELECT session_id || ' ' || type AS change FROM log_entries
     WHERE environment_id = $1 AND session_id IS NOT NULL ORDER BY 1`,
  );
  await expect
    .poll(() =>
      read("SELECT id FROM webhook_deliveries WHERE environment_id = $1 AND status <> 'DELIVERED'"),
    )
    .toEqual([]);
  const events = new Map(messages.map(({ id, event }) => [id, event]));
  const told = [...events.values()].flatMap(({ type, data }) =>
    'session' in data ? { change: `${data.session.id} ${type}` } : [],
  );
  expect(told.map(({ change }) => change).sort()).toEqual(changes.map(({ change }) => change));
}

/** A process whose database is away has that to say, and nothing worse. */
function expectOnlyWarnings({ log, stderr }: ServerProcess): void {
  const serious = log().filter(({ level }) => level !== 'info' && level !== 'warn');
  expect(serious).toEqual([]);
  expect(stderr()).toBe('');
}
