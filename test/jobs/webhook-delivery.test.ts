/** What a running process makes of all endpoints together: order, fairness, haste, and its end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { confirmSession } from '../../server/domain/auth-sessions/confirm.ts';
import { exchangeSession } from '../../server/domain/auth-sessions/exchange.ts';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import type { Call } from '../../server/domain/call.ts';
import { deleteWebhookEndpoint } from '../../server/domain/webhooks/delete.ts';
import { failuresUntilPaced, perEndpointMax } from '../../server/domain/webhooks/delivery.ts';
import { updateWebhookEndpoint } from '../../server/domain/webhooks/update.ts';
import { closeDb } from '../../server/platform/db.ts';
import { type SignedUp, signUpSomebody } from '../support/accounts.ts';
import { createTestTools } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';
import {
  addEndpoint,
  type Message,
  passWait,
  readDeliveries,
  setUpEndpoint,
  startReceiver,
  startTestDelivery,
  untilDeliveries,
  verify,
} from '../support/webhooks.ts';

const { url } = await createTestDatabase();
const tools = createTestTools(url);
const { db } = tools;
afterAll(() => closeDb(db));
const delivery = startTestDelivery(tools);
let person: SignedUp;
beforeAll(async () => {
  person = await signUpSomebody(tools);
});

const startMany = (server: Call, count: number) =>
  Promise.all(Array.from({ length: count }, () => startSession(server, {})));

/** One session all the way. @returns its id */
async function runSession(server: Call): Promise<string> {
  const { session } = await startSession(server, {});
  await confirmSession(server, { sessionId: session.id, subject: { id: 'u1' } });
  await exchangeSession(server, { sessionId: session.id });
  return session.id;
}

/** The types that came for each session, in the order in which they came. */
function typesBySession(messages: readonly Message[]): Map<string, string[]> {
  const types = new Map<string, string[]>();
  for (const { event } of messages) {
    const id = 'session' in event.data ? event.data.session.id : '';
    types.set(id, [...(types.get(id) ?? []), event.type]);
  }
  return types;
}

test('every event of many sessions at once arrives once, those of each session in their order', async () => {
  const receiver = await startReceiver();
  const { endpoint, server } = await setUpEndpoint(tools, person, receiver);
  const ids = await Promise.all(Array.from({ length: 40 }, () => runSession(server)));
  const messages = await receiver.got(120);
  const types = typesBySession(messages);
  expect([...types.keys()].sort()).toEqual(ids.sort());
  for (const each of types.values()) {
    expect(each).toEqual(['session.started', 'session.confirmed', 'session.used']);
  }
  for (const message of messages) verify(endpoint.secret, message);
  expect(new Set(messages.map(({ id }) => id)).size).toBe(120);
  const all = await untilDeliveries(db, endpoint.id, (deliveries) =>
    deliveries.every(({ status }) => status === 'DELIVERED'),
  );
  expect(all).toHaveLength(120);
});

test('a later event waits for the first attempt at an earlier one, and for no more than that', async () => {
  const receiver = await startReceiver(({ event }, response) => {
    const answer = () => response.writeHead(event.type === 'session.started' ? 500 : 204).end();
    if (event.type === 'session.started') setTimeout(answer, 400);
    else answer();
  });
  const { server } = await setUpEndpoint(tools, person, receiver);
  await runSession(server);
  const [started, confirmed, used] = await receiver.got(3);
  expect([started!.event.type, confirmed!.event.type, used!.event.type]).toEqual([
    'session.started',
    'session.confirmed',
    'session.used',
  ]);
  expect(confirmed!.at - started!.at).toBeGreaterThanOrEqual(395);
});

test('from the commit to the receiver it takes no look at the clock', async () => {
  const receiver = await startReceiver();
  const { server } = await setUpEndpoint(tools, person, receiver, ['session.started']);
  const waits: number[] = [];
  for (let n = 1; n <= 10; n += 1) {
    await startSession(server, {});
    const before = performance.now();
    const messages = await receiver.got(n);
    waits.push(messages[n - 1]!.at - before);
  }
  // Half of a poll's second would be the median without a hint.
  expect(waits.sort((a, b) => a - b)[5]).toBeLessThan(250);
});

test('a receiver that hangs, and one that is dead, delay nobody else', async () => {
  let underWay = 0;
  let most = 0;
  const hanging = await startReceiver((_, response) => {
    underWay += 1;
    most = Math.max(most, underWay);
    response.once('close', () => {
      underWay -= 1;
    });
  });
  const dead = await startReceiver((_, response) => response.socket!.destroy());
  const quick = await startReceiver();
  const { project, owner, endpoint, server } = await setUpEndpoint(tools, person, hanging);
  const atDead = await addEndpoint(owner, project.production.id, dead);
  const atQuick = await addEndpoint(owner, project.production.id, quick);
  await startMany(server, 50);
  const before = performance.now();
  await quick.got(50);
  expect(performance.now() - before).toBeLessThan(5_000);
  expect(most).toBe(perEndpointMax);

  // Another environment is none the worse for it either.
  const other = await startReceiver();
  const { server: otherServer } = await setUpEndpoint(tools, person, other);
  await startMany(otherServer, 20);
  await other.got(20);
  await untilDeliveries(db, atQuick.id, (all) => all.every((each) => each.status === 'DELIVERED'));
  expect(await readDeliveries(db, atDead.id)).toHaveLength(50);
  await deleteWebhookEndpoint(owner, endpoint);
});

test('an endpoint that does nothing but fail is tried about once a second, until it succeeds', async () => {
  const receiver = await startReceiver(500);
  const { endpoint, server } = await setUpEndpoint(tools, person, receiver);
  await startMany(server, 200);
  await receiver.got(failuresUntilPaced);
  await sleep(3_000);
  expect(receiver.messages.length).toBeLessThan(failuresUntilPaced + perEndpointMax + 6);

  receiver.answer = 204;
  await passWait(db, endpoint.id);
  await untilDeliveries(db, endpoint.id, (all) => all.every((each) => each.status === 'DELIVERED'));
});

test('a receiver that flaps gets every event, and each repeat under the same id', async () => {
  let n = 0;
  const receiver = await startReceiver((_, response) => {
    n += 1;
    if (n % 3 === 0) response.socket!.destroy();
    else response.writeHead(n % 3 === 1 ? 204 : 503).end();
  });
  const { endpoint, server } = await setUpEndpoint(tools, person, receiver);
  const started = await startMany(server, 12);
  const deliveries = await untilDeliveries(db, endpoint.id, (all) => {
    void passWait(db, endpoint.id);
    return all.length === 12 && all.every((each) => each.status === 'DELIVERED');
  });
  const bodies = new Map<string, Set<string>>();
  for (const { id, body } of receiver.messages) {
    bodies.set(id, (bodies.get(id) ?? new Set()).add(body));
  }
  expect([...bodies.keys()].sort()).toEqual(deliveries.map(({ eventId }) => eventId).sort());
  for (const each of bodies.values()) expect(each.size).toBe(1);
  expect(receiver.messages.length).toBeGreaterThan(12);
  expect(typesBySession(receiver.messages).size).toBe(started.length);
});

test('switched off or deleted, an endpoint is sent nothing more', async () => {
  const receiver = await startReceiver((_, response) => {
    setTimeout(() => response.writeHead(500).end(), 200);
  });
  const { project, owner, endpoint, server } = await setUpEndpoint(tools, person, receiver);
  const deleted = await addEndpoint(owner, project.production.id, receiver);
  await startMany(server, 30);
  await receiver.got(2);
  await updateWebhookEndpoint(owner, { id: endpoint.id, version: 1, active: false });
  await deleteWebhookEndpoint(owner, deleted);
  // Those whose attempts were under way at that moment.
  const most = receiver.messages.length + 2 * perEndpointMax;
  await startMany(server, 5);
  await sleep(2_500);
  expect(receiver.messages.length).toBeLessThanOrEqual(most);
});

test('at its end a process waits for the attempts that are under way, and records them', async () => {
  const slow = await startReceiver((_, response) => {
    setTimeout(() => response.writeHead(204).end(), 500);
  });
  const { endpoint, server } = await setUpEndpoint(tools, person, slow);
  await startMany(server, 2 * perEndpointMax);
  await slow.got(perEndpointMax);
  await delivery.stop(10_000);
  const deliveries = await readDeliveries(db, endpoint.id);
  const done = deliveries.filter(({ status }) => status === 'DELIVERED').length;
  expect(done).toBe(slow.messages.length);
  expect(done).toBeLessThan(2 * perEndpointMax);

  // The rest is for whoever comes next.
  const next = createTestTools(url, { masterKeys: tools.masterKeys });
  afterAll(() => closeDb(next.db));
  startTestDelivery(next);
  await slow.got(2 * perEndpointMax);
});
