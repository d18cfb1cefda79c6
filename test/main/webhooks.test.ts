/** Webhooks of real processes: that are killed at the worst moments, that share the work, that end. */
import { beforeAll, expect, test } from 'vitest';
import type { Call } from '../../server/domain/call.ts';
import { perEndpointMax } from '../../server/domain/webhooks/delivery.ts';
import { callAs } from '../support/call.ts';
import { inOpenTransaction } from '../support/open-transaction.ts';
import { type ServerProcess, startServer, until } from '../support/process.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { createSessionApi, subject, withKey } from '../support/session-api.ts';
import { setUpProcesses } from '../support/setup.ts';
import {
  addEndpoint,
  type Receiver,
  readDeliveries,
  startReceiver,
  type TestEndpoint,
  untilDeliveries,
  verify,
} from '../support/webhooks.ts';

const { tools, settings } = await setUpProcesses();
const { db } = tools;
let project: TestProject;
let owner: Call;
let by: ReturnType<typeof withKey>;
beforeAll(async () => {
  project = await createTestProject(tools);
  owner = callAs(tools, project.owner.actor);
  by = withKey(project.production.secret);
});

/** A receiver and its endpoint, the only one of the project. */
async function setUp(receiver: Receiver): Promise<TestEndpoint> {
  await db.webhookEndpoint.deleteMany();
  return addEndpoint(owner, project.production.id, receiver);
}

const startSession = async (server: ServerProcess): Promise<string> =>
  (await createSessionApi(server).start(by)).session.sessionId;

/** As if leases of processes that are gone had lapsed. */
async function passLeases(): Promise<void> {
  await db.$executeRaw`UPDATE webhook_deliveries SET locked_until = now() WHERE locked_until IS NOT NULL`;
}

const allDelivered = (deliveries: { status: string }[]) =>
  deliveries.every(({ status }) => status === 'DELIVERED');

/** Each message is signed, and all that bear one id are the same. @returns the ids */
function expectRepeatsAlike(receiver: Receiver, { secret }: TestEndpoint): Set<string> {
  const bodies = new Map<string, string>();
  for (const message of receiver.messages) {
    verify(secret, message);
    expect(message.body).toBe(bodies.get(message.id) ?? message.body);
    bodies.set(message.id, message.body);
  }
  return new Set(bodies.keys());
}

test('kill -9 between commit and send loses nothing', { timeout: 60_000 }, async () => {
  const receiver = await startReceiver();
  const endpoint = await setUp(receiver);
  let server = await startServer(settings);
  const ids: string[] = [];
  // Deliveries can be neither made nor claimed meanwhile; sessions are written as ever.
  await inOpenTransaction(db, 'LOCK TABLE webhook_deliveries IN SHARE MODE', async (release) => {
    for (let n = 0; n < 5; n += 1) ids.push(await startSession(server));
    server.kill('SIGKILL');
    await server.ended;
    await release();
  });
  expect(receiver.messages).toEqual([]);
  server = await startServer(settings);
  const messages = await receiver.got(5);
  const sessions = messages.map(({ event }) => 'session' in event.data && event.data.session.id);
  expect(sessions.sort()).toEqual(ids.sort());
  expect(expectRepeatsAlike(receiver, endpoint).size).toBe(5);
  server.kill('SIGKILL');
});

test('kill -9 between send and record repeats the message under the same id', {
  timeout: 60_000,
}, async () => {
  const receiver = await startReceiver(() => {}); // heard, and not answered
  const endpoint = await setUp(receiver);
  let server = await startServer(settings);
  await startSession(server);
  await receiver.got(1);
  server.kill('SIGKILL');
  await server.ended;
  receiver.answer = 204;
  server = await startServer(settings);
  expect((await readDeliveries(db, endpoint.id))[0]).toMatchObject({ status: 'PENDING', tries: 0 });
  await passLeases();
  await receiver.got(2);
  await untilDeliveries(db, endpoint.id, allDelivered);
  expect(expectRepeatsAlike(receiver, endpoint).size).toBe(1);
  expect(receiver.messages).toHaveLength(2);
  server.kill('SIGKILL');
});

test('kill -9 again and again amid a stream of sessions: every event arrives, repeats under the same id', {
  timeout: 120_000,
}, async () => {
  const receiver = await startReceiver((_, response) => {
    setTimeout(() => response.writeHead(204).end(), 5);
  });
  const endpoint = await setUp(receiver);
  const acknowledged = new Set<string>();
  for (let round = 0; round < 4; round += 1) {
    const server = await startServer(settings);
    const { start, confirm } = createSessionApi(server);
    const stream = Array.from({ length: 8 }, async () => {
      for (;;) {
        const { sessionId } = (await start(by)).session;
        acknowledged.add(`session.started ${sessionId}`);
        await confirm(by, { sessionId, subject });
        acknowledged.add(`session.confirmed ${sessionId}`);
      }
    });
    const over = Promise.allSettled(stream);
    const before = [acknowledged.size, receiver.messages.length] as const;
    await until(
      () =>
        acknowledged.size > before[0] + 60 &&
        receiver.messages.length > before[1] + 5 * (round + 1),
    );
    server.kill('SIGKILL');
    await over;
    await server.ended;
  }
  const server = await startServer(settings);
  await passLeases();
  const { rows } = await db.$pool.query<{ id: string; name: string }>(
    `SELECT id, type || ' ' || session_id AS name FROM outbox_events WHERE environment_id = $1
       AND created_at >= (SELECT created_at FROM webhook_endpoints WHERE id = $2)`,
    [project.production.id, endpoint.id],
  );
  await untilDeliveries(
    db,
    endpoint.id,
    (deliveries) => deliveries.length === rows.length && allDelivered(deliveries),
  );
  const names = new Set(rows.map(({ name }) => name));
  expect([...acknowledged].filter((name) => !names.has(name))).toEqual([]);
  expect(expectRepeatsAlike(receiver, endpoint)).toEqual(new Set(rows.map(({ id }) => id)));
  // No session was confirmed to the receiver before it was started.
  const seen = new Set<string>();
  for (const { event } of receiver.messages) {
    const { id } = (event.data as { session: { id: string } }).session;
    if (event.type === 'session.started') seen.add(id);
    else expect(seen).toContain(id);
  }
  server.kill('SIGKILL');
});

test('two processes share the work: each event goes once, those of a session in order', {
  timeout: 60_000,
}, async () => {
  const receiver = await startReceiver((_, response) => {
    setTimeout(() => response.writeHead(204).end(), 10);
  });
  const endpoint = await setUp(receiver);
  const servers = await Promise.all([startServer(settings), startServer(settings)]);
  const apis = servers.map((server) => createSessionApi(server));
  const ids = await Promise.all(
    Array.from({ length: 60 }, async (_, n) => {
      const { sessionId } = (await apis[n % 2]!.start(by)).session;
      await apis[(n + 1) % 2]!.confirm(by, { sessionId, subject });
      await apis[n % 2]!.exchange(by, { sessionId });
      return sessionId as string;
    }),
  );
  await untilDeliveries(
    db,
    endpoint.id,
    (deliveries) => deliveries.length === 180 && allDelivered(deliveries),
  );
  expect(receiver.messages).toHaveLength(180);
  expect(expectRepeatsAlike(receiver, endpoint).size).toBe(180);
  for (const id of ids) {
    const types = receiver.messages
      .filter(({ event }) => 'session' in event.data && event.data.session.id === id)
      .map(({ event }) => event.type);
    expect(types).toEqual(['session.started', 'session.confirmed', 'session.used']);
  }
  for (const server of servers) {
    server.kill('SIGTERM');
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(server.stderr()).toBe('');
    expect(server.log().filter(({ level }) => level !== 'info')).toEqual([]);
  }
});

test('a process that is told to end waits for its attempts and claims no more', {
  timeout: 60_000,
}, async () => {
  const receiver = await startReceiver((_, response) => {
    setTimeout(() => response.writeHead(204).end(), 1_000);
  });
  const endpoint = await setUp(receiver);
  const server = await startServer(settings);
  await Promise.all(Array.from({ length: 10 }, () => startSession(server)));
  await receiver.got(perEndpointMax);
  server.kill('SIGTERM');
  expect(await server.ended).toEqual({ code: 0, signal: null });
  const deliveries = await readDeliveries(db, endpoint.id);
  const statuses = deliveries.map(({ status }) => status).sort();
  expect(statuses).toEqual([...Array(perEndpointMax).fill('DELIVERED'), 'PENDING', 'PENDING']);
  expect(receiver.messages).toHaveLength(perEndpointMax);
});
