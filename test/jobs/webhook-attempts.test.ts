/** What one attempt at a webhook does, and when the next one comes. */
import { beforeAll, describe, expect, test } from 'vitest';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import type { Call } from '../../server/domain/call.ts';
import { claimDeliveries } from '../../server/domain/webhooks/claim.ts';
import { deliver } from '../../server/domain/webhooks/deliver.ts';
import { fanOut } from '../../server/domain/webhooks/fan-out.ts';
import { createOutcomeRecorder } from '../../server/domain/webhooks/record.ts';
import { retryDelaysSeconds } from '../../server/domain/webhooks/schedule.ts';
import { regenerateWebhookSecret } from '../../server/domain/webhooks/secrets.ts';
import { sendTestWebhook } from '../../server/domain/webhooks/send-test.ts';
import { type SignedUp, signUpSomebody } from '../support/accounts.ts';
import { callAs } from '../support/call.ts';
import { listenSilently } from '../support/receivers.ts';
import { setUpTools } from '../support/setup.ts';
import {
  type Answer,
  deliverDue,
  passWait,
  type Receiver,
  readDeliveries,
  setUpEndpoint,
  startReceiver,
  verify,
} from '../support/webhooks.ts';

const tools = await setUpTools();
const { db } = tools;
let person: SignedUp;
let owner: Call;
beforeAll(async () => {
  person = await signUpSomebody(tools);
  owner = callAs(tools, person.actor);
});

/** An endpoint at this receiver that has one event to be told of. */
async function startEvent(receiver: Pick<Receiver, 'url'>) {
  const { endpoint, server } = await setUpEndpoint(tools, person, receiver);
  await startSession(server, {});
  return { endpoint, server };
}

async function attemptAt(receiver: Pick<Receiver, 'url'>) {
  const { endpoint } = await startEvent(receiver);
  await deliverDue(tools, endpoint);
  const [delivery] = await readDeliveries(db, endpoint.id);
  return { endpoint, delivery: delivery!, attempt: delivery!.attempts[0] };
}

test('a message is signed as the public library expects, for the event whose id it bears', async () => {
  const receiver = await startReceiver((_, response) => {
    response.writeHead(201, { 'x-seen': 'yes', 'set-cookie': 'their=own' }).end('thanks');
  });
  const { endpoint, delivery, attempt } = await attemptAt(receiver);
  const [message] = receiver.messages;
  expect(endpoint.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(verify(endpoint.secret, message!)).toMatchObject({ type: 'session.started' });
  expect(message).toMatchObject({
    id: delivery.eventId,
    headers: { 'content-type': 'application/json', 'webhook-id': expect.stringMatching(/^evt_/) },
  });
  expect(delivery).toMatchObject({ status: 'DELIVERED', tries: 1, waitSeconds: null });
  expect(attempt).toEqual({
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    durationMs: expect.any(Number),
    requestHeaders: {
      'content-type': 'application/json',
      'webhook-id': delivery.eventId,
      'webhook-signature': message!.headers['webhook-signature'],
      'webhook-timestamp': message!.headers['webhook-timestamp'],
    },
    responseStatus: 201,
    responseHeaders: expect.objectContaining({ 'x-seen': 'yes' }),
    responseBody: 'thanks',
    error: null,
  });
  expect(attempt.responseHeaders).not.toHaveProperty('set-cookie');
});

test('a message that was tampered with, or signed with another secret, does not verify', async () => {
  const receiver = await startReceiver();
  const { endpoint } = await attemptAt(receiver);
  const other = await attemptAt(await startReceiver());
  const message = receiver.messages[0]!;
  expect(() => verify(other.endpoint.secret, message)).toThrow('signature');
  for (const body of [`${message.body} `, message.body.replace('PENDING', 'USED')]) {
    expect(() => verify(endpoint.secret, { ...message, body })).toThrow('signature');
  }
});

test('while a secret replaces another both sign, and the old one stops at the deadline', async () => {
  const receiver = await startReceiver();
  const { endpoint, server } = await startEvent(receiver);
  const { secret } = await regenerateWebhookSecret(owner, { id: endpoint.id, overlapSeconds: 60 });
  await deliverDue(tools, endpoint);
  const [both] = receiver.messages;
  expect(both!.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);
  for (const each of [secret, endpoint.secret]) verify(each, both!);

  await db.$executeRaw`UPDATE webhook_secrets SET ends_at = now() WHERE endpoint_id = ${endpoint.id}
    AND ends_at IS NOT NULL`;
  await startSession(server, {});
  await deliverDue(tools, endpoint);
  verify(secret, receiver.messages[1]!);
  expect(() => verify(endpoint.secret, receiver.messages[1]!)).toThrow('signature');

  const next = await regenerateWebhookSecret(owner, { id: endpoint.id });
  await startSession(server, {});
  await deliverDue(tools, endpoint);
  verify(next.secret, receiver.messages[2]!);
  expect(() => verify(secret, receiver.messages[2]!)).toThrow('signature');
});

test('eight attempts over about 28 hours, the same message each time, and then it is given up', async () => {
  const receiver = await startReceiver(500);
  const { endpoint } = await startEvent(receiver);
  for (const [n, delay] of retryDelaysSeconds.entries()) {
    expect(await deliverDue(tools, endpoint)).toHaveLength(1);
    const [delivery] = await readDeliveries(db, endpoint.id);
    expect(delivery).toMatchObject({ status: 'PENDING', tries: n + 1 });
    expect(delivery!.waitSeconds).toBeGreaterThan(delay * 0.9 - 1);
    expect(delivery!.waitSeconds).toBeLessThanOrEqual(delay * 1.1);
    expect(await deliverDue(tools, endpoint), 'not before its time').toEqual([]);
    await passWait(db, endpoint.id);
  }
  await deliverDue(tools, endpoint);
  const [delivery] = await readDeliveries(db, endpoint.id);
  expect(delivery).toMatchObject({ status: 'FAILED', tries: 8, waitSeconds: null });
  expect(delivery!.attempts).toHaveLength(8);
  expect(receiver.messages).toHaveLength(8);
  expect(new Set(receiver.messages.map(({ id }) => id)).size).toBe(1);
  expect(new Set(receiver.messages.map(({ body }) => body)).size).toBe(1);
  const hours = retryDelaysSeconds.reduce((sum, each) => sum + each, 0) / 3600;
  expect(hours).toBeCloseTo(27.6, 1);
});

test('retries are spread, so that what failed together does not come back together', async () => {
  const receiver = await startReceiver(500);
  const { endpoint, server } = await startEvent(receiver);
  await Promise.all(Array.from({ length: 19 }, () => startSession(server, {})));
  await deliverDue(tools, endpoint, 20);
  await passWait(db, endpoint.id);
  await deliverDue(tools, endpoint, 20);
  const waits = (await readDeliveries(db, endpoint.id)).map(({ waitSeconds }) => waitSeconds!);
  expect(waits).toHaveLength(20);
  expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(10);
});

describe('Retry-After', () => {
  const tooMany =
    (retryAfter: string): Answer =>
    (_, response) =>
      response.writeHead(429, { 'retry-after': retryAfter }).end();
  const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();

  test.each([
    ['puts an attempt off', '120', 120],
    ['may be a date', inAnHour, 3_600],
    ['cannot hurry us', '0', 5],
    ['puts off for ten hours at most', '999999999', 36_000],
    ['means nothing if malformed', '1.5', 5],
    ['means nothing in words', 'soon', 5],
  ])('%s: %s', async (_, retryAfter, seconds) => {
    const { delivery } = await attemptAt(await startReceiver(tooMany(retryAfter)));
    expect(delivery.waitSeconds).toBeGreaterThan(seconds * 0.9 - 5);
    expect(delivery.waitSeconds).toBeLessThan(seconds * 1.1 + 5);
  });

  test('is a date on the clock of the database, whatever that of the process says', async () => {
    const receiver = await startReceiver();
    const { endpoint } = await startEvent(receiver);
    while ((await fanOut(db)).more);
    const [claimed] = await claimDeliveries(db, new Map([[endpoint.id, 1]]));
    const at = new Date(claimed!.at.getTime() + 3_600_000);
    receiver.answer = tooMany(new Date(at.getTime() + 7_200_000).toUTCString());
    const recorder = createOutcomeRecorder(db);
    await deliver(tools, recorder, { ...claimed!, at }, new AbortController().signal);
    const [delivery] = await readDeliveries(db, endpoint.id);
    expect(delivery!.waitSeconds).toBeGreaterThan(7_200 - 60);
    expect(delivery!.waitSeconds).toBeLessThanOrEqual(7_200);
  });

  test('is honoured whatever the failure is', async () => {
    const receiver = await startReceiver((_, response) =>
      response.writeHead(503, { 'retry-after': '300' }).end(),
    );
    expect((await attemptAt(receiver)).delivery.waitSeconds).toBeGreaterThan(290);
  });
});

test('a redirect is not followed, and says so', async () => {
  const elsewhere = await startReceiver();
  const receiver = await startReceiver((_, response) =>
    response.writeHead(307, { location: elsewhere.url }).end(),
  );
  const { delivery, attempt } = await attemptAt(receiver);
  expect(delivery.status).toBe('PENDING');
  expect(attempt).toMatchObject({
    responseStatus: 307,
    error: 'The receiver redirected, and redirects are not followed.',
  });
  expect(elsewhere.messages).toEqual([]);
});

test('of a huge reply the first 4 KiB are kept, and its status counts', async () => {
  const receiver = await startReceiver((_, response) => {
    response.writeHead(200);
    const more = () => response.write('x'.repeat(65_536)) && setImmediate(more);
    response.on('drain', more).on('error', () => {});
    more();
  });
  const { delivery, attempt } = await attemptAt(receiver);
  expect(delivery.status).toBe('DELIVERED');
  expect(attempt.responseBody).toBe('x'.repeat(4_096));
});

test('a reply with what no database stores is kept without it', async () => {
  const receiver = await startReceiver((_, response) =>
    response.writeHead(500, { 'x-odd': 'caf\u00e9' }).end(Buffer.from([0x61, 0, 0xff, 0x62])),
  );
  const { attempt } = await attemptAt(receiver);
  expect(attempt).toMatchObject({ responseStatus: 500, responseBody: 'a\ufffdb' });
});

test('a connection that breaks is a failed attempt, with a sentence', async () => {
  const receiver = await startReceiver((_, response) => response.socket!.destroy());
  const { delivery, attempt } = await attemptAt(receiver);
  expect(delivery.status).toBe('PENDING');
  expect(attempt).toMatchObject({
    responseStatus: null,
    responseHeaders: null,
    responseBody: null,
    error: expect.stringMatching(/\.$/),
  });
});

test('nobody listening is a failed attempt, with a sentence', async () => {
  const { server, url } = await listenSilently();
  await new Promise((resolve) => server.close(resolve));
  const { attempt } = await attemptAt({ url });
  expect(attempt.error).toBe('The receiver refused the connection.');
});

test('a receiver that says nothing is given ten seconds', { timeout: 30_000 }, async () => {
  const { delivery, attempt } = await attemptAt(await listenSilently());
  expect(attempt.durationMs).toBeGreaterThanOrEqual(9_990);
  expect(attempt.durationMs).toBeLessThan(12_000);
  expect(attempt.error).toBe('No response came within 10 s.');
  expect(delivery.waitSeconds).toBeLessThan(6);
});

test('a private address is refused where it is not allowed, and the attempt says so', async () => {
  const receiver = await startReceiver();
  const { endpoint } = await startEvent(receiver);
  await deliverDue({ ...tools, allowPrivateWebhooks: false }, endpoint);
  const [delivery] = await readDeliveries(db, endpoint.id);
  expect(delivery!.attempts[0].error).toMatch(/^The endpoint's URL cannot be used\./);
  expect(receiver.messages).toEqual([]);

  // Of https, the address itself is what is wrong.
  const url = receiver.url.replace('http:', 'https:');
  await db.webhookEndpoint.update({ where: { id: endpoint.id }, data: { url } });
  await passWait(db, endpoint.id);
  await deliverDue({ ...tools, allowPrivateWebhooks: false }, endpoint);
  const [again] = await readDeliveries(db, endpoint.id);
  expect(again!.attempts[1].error).toMatch(/private address/);
});

test('a test says that nothing happened, and goes to an endpoint whatever types it chose', async () => {
  const receiver = await startReceiver();
  const { project, endpoint } = await setUpEndpoint(tools, person, receiver, ['session.used']);
  const { id } = await sendTestWebhook(owner, endpoint);
  await deliverDue(tools, endpoint);
  expect(verify(endpoint.secret, receiver.messages[0]!)).toEqual({
    type: 'webhook.test',
    timestamp: expect.any(String),
    data: {
      project: { id: project.id, name: 'Shop' },
      environment: { id: project.production.id, name: 'Production', kind: 'PRODUCTION' },
    },
  });
  expect(await readDeliveries(db, endpoint.id)).toMatchObject([{ id, status: 'DELIVERED' }]);
});
