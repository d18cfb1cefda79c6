/** What becomes of an attempt that cannot be made, or whose outcome cannot be kept. */
import { randomBytes } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import { loadWebhookState } from '../../server/domain/webhooks/find.ts';
import { retryAfterSecondsMax } from '../../server/domain/webhooks/schedule.ts';
import {
  regenerateWebhookSecret,
  revealWebhookSecret,
} from '../../server/domain/webhooks/secrets.ts';
import { MasterKeys } from '../../server/platform/master-keys.ts';
import { type SignedUp, signUpSomebody } from '../support/accounts.ts';
import { callAs } from '../support/call.ts';
import { setUpTools } from '../support/setup.ts';
import {
  deliverDue,
  passWait,
  readDeliveries,
  setUpEndpoint,
  startReceiver,
  verify,
} from '../support/webhooks.ts';

const tools = await setUpTools();
const { db } = tools;
let person: SignedUp;
beforeAll(async () => {
  person = await signUpSomebody(tools);
});

const anotherKey = new MasterKeys([{ id: 'another', bytes: randomBytes(32) }]);

test('a message that cannot be signed is a failed attempt like any other, and nothing is sent', async () => {
  const receiver = await startReceiver();
  const { owner, endpoint, server } = await setUpEndpoint(tools, person, receiver);
  await startSession(server, {});
  const attempts = async () =>
    (await tools.metrics.webhookAttempts.get()).values.map(({ labels, value }) => [labels, value]);
  await deliverDue({ ...tools, masterKeys: anotherKey }, endpoint);
  expect(await attempts()).toEqual([[{ outcome: 'unsigned' }, 1]]);
  const [delivery] = await readDeliveries(db, endpoint.id);
  expect(delivery).toMatchObject({
    status: 'PENDING',
    tries: 1,
    attempts: [
      {
        requestHeaders: {},
        responseStatus: null,
        error: expect.stringMatching(/^The message could not be signed/),
      },
    ],
  });
  expect(delivery!.waitSeconds).toBeGreaterThan(3);
  expect(await loadWebhookState(owner, endpoint.id)).toMatchObject({ consecutiveFailures: 1 });
  expect(receiver.messages).toEqual([]);

  await passWait(db, endpoint.id);
  await deliverDue(tools, endpoint);
  expect(await readDeliveries(db, endpoint.id)).toMatchObject([{ status: 'DELIVERED', tries: 2 }]);
});

test('a secret that cannot be decrypted is not revealed, and who asks is told why', async () => {
  const { endpoint } = await setUpEndpoint(tools, person, await startReceiver());
  const without = callAs({ ...tools, masterKeys: anotherKey }, person.actor);
  await expect(revealWebhookSecret(without, { id: endpoint.id })).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(/master key .* is missing/),
  });
  const revealed = await db.logEntry.count({ where: { type: 'webhook.revealed' } });
  expect(revealed).toBe(0);
});

test('of two secrets the one that can be decrypted signs', async () => {
  const receiver = await startReceiver();
  const { endpoint, server } = await setUpEndpoint(tools, person, receiver);
  const mending = { ...tools, masterKeys: anotherKey };
  const { secret } = await regenerateWebhookSecret(callAs(mending, person.actor), {
    id: endpoint.id,
    overlapSeconds: 60,
  });
  await startSession(server, {});
  await deliverDue(mending, endpoint);
  expect(receiver.messages[0]!.headers['webhook-signature']).toMatch(/^v1,\S+$/);
  verify(secret, receiver.messages[0]!);
});

test('a receiver that asks for an instant beyond every calendar is put off for ten hours', async () => {
  const receiver = await startReceiver((_, response) =>
    response.writeHead(503, { 'retry-after': 'Fri, 31 Dec 9999 24:00:00 GMT' }).end(),
  );
  const { endpoint, server } = await setUpEndpoint(tools, person, receiver);
  await startSession(server, {});
  await deliverDue(tools, endpoint);
  const [delivery] = await readDeliveries(db, endpoint.id);
  expect(delivery).toMatchObject({ tries: 1, attempts: [{ responseStatus: 503 }] });
  expect(delivery!.waitSeconds).toBeGreaterThan(retryAfterSecondsMax - 60);
  expect(delivery!.waitSeconds).toBeLessThanOrEqual(retryAfterSecondsMax);
});

test('an outcome that the database refuses is kept without what the receiver answered', async () => {
  // Whatever it may be that PostgreSQL does not take.
  await db.$executeRaw`ALTER TABLE webhook_deliveries ADD CONSTRAINT taste CHECK (attempts::text NOT LIKE '%poison%')`;
  let n = 0;
  const receiver = await startReceiver((_, response) => {
    n += 1;
    response.writeHead(n === 2 ? 503 : 204, { 'x-taste': n < 3 ? 'poison' : 'sweet' }).end();
  });
  const { endpoint, server } = await setUpEndpoint(tools, person, receiver);
  await Promise.all([1, 2, 3].map(() => startSession(server, {})));
  await deliverDue(tools, endpoint);
  const deliveries = await readDeliveries(db, endpoint.id);
  const outcomes = deliveries.map(({ status, tries, attempts: [attempt] }) => ({
    status,
    tries,
    answered: attempt.responseStatus,
    headers: attempt.responseHeaders,
  }));
  expect(outcomes).toHaveLength(3);
  expect(outcomes).toEqual(
    expect.arrayContaining([
      { status: 'DELIVERED', tries: 1, answered: 204, headers: null },
      { status: 'PENDING', tries: 1, answered: 503, headers: null },
      {
        status: 'DELIVERED',
        tries: 1,
        answered: 204,
        headers: expect.objectContaining({ 'x-taste': 'sweet' }),
      },
    ]),
  );
});
