/** What becomes of an endpoint that fails, and of what it missed. */
import { beforeAll, expect, test } from 'vitest';
import { confirmSession } from '../../server/domain/auth-sessions/confirm.ts';
import { exchangeSession } from '../../server/domain/auth-sessions/exchange.ts';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import type { Call } from '../../server/domain/call.ts';
import { failingDaysMax, missedDays } from '../../server/domain/webhooks/delivery.ts';
import { loadWebhookState } from '../../server/domain/webhooks/find.ts';
import { redeliverWebhook } from '../../server/domain/webhooks/redeliver.ts';
import { replayMissedWebhooks } from '../../server/domain/webhooks/replay.ts';
import { sendTestWebhook } from '../../server/domain/webhooks/send-test.ts';
import { settleInactive } from '../../server/domain/webhooks/settle.ts';
import { updateWebhookEndpoint } from '../../server/domain/webhooks/update.ts';
import { type SignedUp, signUpSomebody } from '../support/accounts.ts';
import { setUpTools } from '../support/setup.ts';
import {
  deliverDue,
  passWait,
  readDeliveries,
  setUpEndpoint,
  startReceiver,
  startTestDelivery,
  type TestEndpoint,
  untilDeliveries,
  verify,
} from '../support/webhooks.ts';
import { youngMinute } from '../support/young-minute.ts';

const tools = await setUpTools();
const { db } = tools;
let person: SignedUp;
beforeAll(async () => {
  person = await signUpSomebody(tools);
});

/** As if so many days had passed since the endpoint began to fail. */
async function ageFailure({ id }: TestEndpoint, days: number): Promise<void> {
  await db.$executeRaw`UPDATE webhook_health
    SET failing_since = failing_since - make_interval(days => ${days}) WHERE endpoint_id = ${id}`;
}

const readEndpoint = ({ id }: TestEndpoint) =>
  db.webhookEndpoint.findUniqueOrThrow({ where: { id }, include: { health: true } });

/** What the log says of an endpoint, in order. */
async function readLog({ id }: TestEndpoint) {
  const { rows } = await db.$pool.query(
    `SELECT type, level, reason, data, actor_kind, actor_label FROM log_entries
     WHERE data->>'endpointId' = $1 AND type IN ('webhook.failing', 'webhook.failed', 'webhook.disabled') ORDER BY at, id`,
    [id],
  );
  return rows;
}

async function switchOn(owner: Call, endpoint: TestEndpoint): Promise<void> {
  const { version } = await readEndpoint(endpoint);
  await updateWebhookEndpoint(owner, { id: endpoint.id, version, active: true });
}

const startMany = (server: Call, count: number) =>
  Promise.all(Array.from({ length: count }, () => startSession(server, {})));

test('failures in a row are counted, a success ends them, and the log says when they began', async () => {
  const receiver = await startReceiver(500);
  const { owner, endpoint, server } = await setUpEndpoint(tools, person, receiver);
  await startMany(server, 3);
  await deliverDue(tools, endpoint);
  expect(await loadWebhookState(owner, endpoint.id)).toMatchObject({
    consecutiveFailures: 3,
    lastSuccessAt: null,
  });
  receiver.answer = 204;
  await passWait(db, endpoint.id);
  await deliverDue(tools, endpoint);
  expect(await loadWebhookState(owner, endpoint.id)).toMatchObject({
    consecutiveFailures: 0,
    lastSuccessAt: expect.any(Date),
  });
  expect((await readEndpoint(endpoint)).health?.failingSince).toBeNull();
  expect(await readLog(endpoint)).toEqual([
    {
      type: 'webhook.failing',
      level: 'WARN',
      reason: 'The receiver answered 500.',
      actor_kind: 'SYSTEM',
      actor_label: 'deliver-webhooks',
      data: {
        endpointId: endpoint.id,
        url: receiver.url,
        deliveryId: expect.stringMatching(/^dlv_/),
        count: 1,
      },
    },
  ]);
});

test('what is given up is logged, and counted in one entry a minute', async () => {
  const { endpoint, server } = await setUpEndpoint(tools, person, await startReceiver(500));
  await youngMinute();
  for (let n = 0; n < 3; n += 1) {
    await startSession(server, {});
    await deliverDue(tools, endpoint);
    await db.$executeRaw`UPDATE webhook_deliveries SET tries = 7 WHERE endpoint_id = ${endpoint.id}`;
    await passWait(db, endpoint.id);
    await deliverDue(tools, endpoint);
  }
  const failed = (await readLog(endpoint)).filter(({ type }) => type === 'webhook.failed');
  expect(failed).toMatchObject([
    { level: 'ERROR', reason: 'The receiver answered 500.', data: { count: 3 } },
  ]);
});

test('410 disables an endpoint at once, with its reason, and nothing more is sent', async () => {
  const receiver = await startReceiver(410);
  const { endpoint, server } = await setUpEndpoint(tools, person, receiver);
  await startMany(server, 3);
  await deliverDue(tools, endpoint, 1);
  expect(await readEndpoint(endpoint)).toMatchObject({
    active: false,
    version: 2,
    disabledReason: 'The receiver answered 410 Gone.',
  });
  expect(await deliverDue(tools, endpoint)).toEqual([]);
  expect(receiver.messages).toHaveLength(1);
  await settleInactive(db);
  const statuses = (await readDeliveries(db, endpoint.id)).map(({ status }) => status);
  expect(statuses).toEqual(['FAILED', 'FAILED', 'FAILED']);
  const log = await readLog(endpoint);
  expect(log.at(-1)).toMatchObject({
    type: 'webhook.disabled',
    level: 'ERROR',
    reason: 'The receiver answered 410 Gone.',
  });
});

test('an endpoint that only fails for five days is disabled, and one that succeeded since is not', async () => {
  const receiver = await startReceiver(500);
  const { endpoint, server } = await setUpEndpoint(tools, person, receiver);
  const fail = async () => {
    await startSession(server, {});
    await passWait(db, endpoint.id);
    await deliverDue(tools, endpoint);
  };
  await fail();
  await ageFailure(endpoint, failingDaysMax - 1);
  await fail();
  expect((await readEndpoint(endpoint)).active).toBe(true);
  receiver.answer = 204;
  await fail();
  receiver.answer = 500;
  await fail();
  await ageFailure(endpoint, 1);
  await fail();
  expect((await readEndpoint(endpoint)).active).toBe(true);
  await ageFailure(endpoint, failingDaysMax - 1);
  await fail();
  expect(await readEndpoint(endpoint)).toMatchObject({
    active: false,
    disabledReason: 'Every attempt failed for 5 days.',
  });
  expect((await readLog(endpoint)).map(({ type }) => type)).toContain('webhook.disabled');
});

/** Disabled after five days, with one delivery that was given up. */
async function setUpDisabled() {
  const receiver = await startReceiver(500);
  const set = await setUpEndpoint(tools, person, receiver);
  await startSession(set.server, { metadata: { n: 0 } });
  await deliverDue(tools, set.endpoint);
  await ageFailure(set.endpoint, failingDaysMax);
  await passWait(db, set.endpoint.id);
  await deliverDue(tools, set.endpoint);
  expect((await readEndpoint(set.endpoint)).active).toBe(false);
  await settleInactive(db);
  receiver.messages.length = 0;
  return { ...set, receiver };
}

test('what happens while an endpoint is disabled is kept, and after a replay arrives in order, once each', async () => {
  const { owner, endpoint, server, receiver } = await setUpDisabled();
  const delivery = startTestDelivery(tools);
  const ids: string[] = [];
  for (let n = 1; n <= 15; n += 1) {
    const { session } = await startSession(server, { metadata: { n } });
    ids.push(session.id);
  }
  await confirmSession(server, { sessionId: ids[0]!, subject: { id: 'u1' } });
  await untilDeliveries(db, endpoint.id, (all) => all.length === 17);
  expect(new Set((await readDeliveries(db, endpoint.id)).map(({ status }) => status))).toEqual(
    new Set(['FAILED']),
  );
  for (const act of [replayMissedWebhooks, sendTestWebhook]) {
    await expect(act(owner, endpoint)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  }

  receiver.answer = (_, response) => setTimeout(() => response.writeHead(204).end(), 5);
  await switchOn(owner, endpoint);
  expect(await readEndpoint(endpoint)).toMatchObject({
    active: true,
    disabledReason: null,
    missedUntil: null,
    health: { consecutiveFailures: 0, failingSince: null },
  });
  // Two who click at once.
  const replays = await Promise.all([
    replayMissedWebhooks(owner, endpoint),
    replayMissedWebhooks(owner, endpoint),
  ]);
  expect(replays[0].count + replays[1].count).toBe(17);
  await untilDeliveries(db, endpoint.id, (all) => all.every((each) => each.status === 'DELIVERED'));
  const deliveries = await readDeliveries(db, endpoint.id);
  expect(receiver.messages.map(({ id }) => id)).toEqual(deliveries.map(({ eventId }) => eventId));
  const events = receiver.messages.map((message) => verify(endpoint.secret, message));
  expect(
    events.map(({ type, data }) => [type, 'session' in data && data.session.metadata]),
  ).toEqual([
    ...Array.from({ length: 16 }, (_, n) => ['session.started', { n }]),
    ['session.confirmed', { n: 1 }],
  ]);
  expect(await replayMissedWebhooks(owner, endpoint)).toMatchObject({ count: 0 });
  await delivery.stop(5_000);
});

test('a replay does not wait for one that fails again, nor what is new for the replay', async () => {
  const { owner, endpoint, server, receiver } = await setUpDisabled();
  await startMany(server, 5);
  await deliverDue(tools, endpoint);
  await switchOn(owner, endpoint);
  await replayMissedWebhooks(owner, endpoint);
  const { session } = await startSession(server, {});
  const sent: number[] = [];
  for (let n = 0; n < 8; n += 1) sent.push((await deliverDue(tools, endpoint)).length);
  // The new one beside the first of six, and then one after the other.
  expect(sent).toEqual([2, 1, 1, 1, 1, 1, 0, 0]);
  expect(
    receiver.messages
      .slice(0, 2)
      .map(({ body }) => body)
      .join(),
  ).toContain(session.id);
  expect((await readDeliveries(db, endpoint.id)).map(({ tries }) => tries)).toEqual(
    Array(7).fill(1),
  );
});

test('events of one session that share their instant are replayed in the order in which they happened', async () => {
  const { owner, endpoint, server, receiver } = await setUpDisabled();
  receiver.answer = 204;
  const { session } = await startSession(server, {});
  await confirmSession(server, { sessionId: session.id, subject: { id: 'u1' } });
  await exchangeSession(server, { sessionId: session.id });
  await deliverDue(tools, endpoint);
  // Made within a millisecond, by processes whose ids come in another order.
  await db.$executeRaw`UPDATE webhook_deliveries SET created_at = ${session.createdAt},
      id = 'dlv_' || CASE event_type WHEN 'session.started' THEN 3 WHEN 'session.confirmed' THEN 2 ELSE 1 END
        || substr(id, 6)
    WHERE session_id = ${session.id}`;
  await switchOn(owner, endpoint);
  expect(await replayMissedWebhooks(owner, endpoint)).toMatchObject({ count: 4 });
  const sent: string[][] = [];
  for (let n = 0; n < 5; n += 1) {
    sent.push((await deliverDue(tools, endpoint)).map(({ event }) => event.type));
  }
  const inOrder = ['session.started', 'session.started', 'session.confirmed', 'session.used'];
  expect(sent).toEqual([...inOrder.map((type) => [type]), []]);
});

test('only what happened since an instant is replayed, if one is given; and no tests', async () => {
  const { owner, endpoint, server, receiver } = await setUpDisabled();
  await switchOn(owner, endpoint);
  await sendTestWebhook(owner, endpoint);
  await db.$executeRaw`UPDATE webhook_deliveries SET tries = 7 WHERE endpoint_id = ${endpoint.id}`;
  await deliverDue(tools, endpoint);
  const { session } = await startSession(server, {});
  const since = session.createdAt;
  await db.$executeRaw`UPDATE webhook_deliveries SET tries = 7 WHERE endpoint_id = ${endpoint.id}`;
  await deliverDue(tools, endpoint);
  await db.$executeRaw`UPDATE webhook_deliveries SET status = 'FAILED', next_attempt_at = NULL
    WHERE endpoint_id = ${endpoint.id}`;
  receiver.messages.length = 0;
  expect(await replayMissedWebhooks(owner, { id: endpoint.id, since })).toMatchObject({ count: 1 });
  await deliverDue(tools, endpoint);
  expect(receiver.messages.map(({ event }) => event.type)).toEqual(['session.started']);
  expect(await replayMissedWebhooks(owner, endpoint)).toMatchObject({ count: 1 }); // the very first
});

test('events are kept for a disabled endpoint for 30 days, and for one that a person switched off not at all', async () => {
  const { owner, endpoint, server } = await setUpDisabled();
  const { missedUntil } = await readEndpoint(endpoint);
  expect(missedUntil!.getTime() - Date.now()).toBeGreaterThan((missedDays - 1) * 86_400_000);
  const kept = async () => {
    await deliverDue(tools, endpoint);
    return (await readDeliveries(db, endpoint.id)).length;
  };
  await startSession(server, {});
  expect(await kept()).toBe(2);
  await db.$executeRaw`UPDATE webhook_endpoints SET missed_until = now() WHERE id = ${endpoint.id}`;
  await startSession(server, {});
  expect(await kept()).toBe(2);

  await switchOn(owner, endpoint);
  await startSession(server, {});
  expect(await kept()).toBe(3);
  const { version } = await readEndpoint(endpoint);
  await updateWebhookEndpoint(owner, { id: endpoint.id, version, active: false });
  await startSession(server, {});
  expect(await kept()).toBe(3);
  expect((await readEndpoint(endpoint)).disabledReason).toBeNull();
});

test('what still waited when an endpoint was switched off does not come with what is new', async () => {
  const receiver = await startReceiver();
  const { owner, endpoint, server } = await setUpEndpoint(tools, person, receiver);
  await startMany(server, 3);
  await deliverDue(tools, endpoint, 0);
  await updateWebhookEndpoint(owner, { id: endpoint.id, version: 1, active: false });
  await switchOn(owner, endpoint);
  await startSession(server, {});
  await deliverDue(tools, endpoint);
  expect(receiver.messages).toHaveLength(1);
  expect(await replayMissedWebhooks(owner, endpoint)).toMatchObject({ count: 3 });
});

test('one delivery is sent again under its old id, whatever became of it, with a schedule of its own', async () => {
  const receiver = await startReceiver();
  const { owner, endpoint, server } = await setUpEndpoint(tools, person, receiver);
  await startSession(server, {});
  await deliverDue(tools, endpoint);
  const { id } = (await readDeliveries(db, endpoint.id))[0]!;
  receiver.answer = 500;
  expect(await redeliverWebhook(owner, { id })).toEqual({ id });
  await deliverDue(tools, endpoint);
  const [again] = await readDeliveries(db, endpoint.id);
  expect(again).toMatchObject({ id, status: 'PENDING', tries: 1 });
  expect(again!.attempts).toHaveLength(2);
  expect(again!.waitSeconds).toBeLessThan(6);
  expect(new Set(receiver.messages.map((message) => message.id)).size).toBe(1);
});

test('a delivery remembers its last twenty attempts', async () => {
  const receiver = await startReceiver((_, response) =>
    response.writeHead(204, { n: String(receiver.messages.length) }).end(),
  );
  const { owner, endpoint, server } = await setUpEndpoint(tools, person, receiver);
  await startSession(server, {});
  await deliverDue(tools, endpoint);
  const { id } = (await readDeliveries(db, endpoint.id))[0]!;
  for (let n = 0; n < 22; n += 1) {
    await redeliverWebhook(owner, { id });
    await deliverDue(tools, endpoint);
  }
  const { attempts } = (await readDeliveries(db, endpoint.id))[0]!;
  expect(attempts).toHaveLength(20);
  const numbers = attempts.map((attempt) => Number(attempt.responseHeaders.n));
  expect(numbers).toEqual(Array.from({ length: 20 }, (_, n) => n + 4));
});
