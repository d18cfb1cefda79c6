/** Ends of credentials at the worst moments, and connections whose clients do not cooperate. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { createApiKey } from '../../server/domain/api-keys/create.ts';
import { deleteApiKey } from '../../server/domain/api-keys/delete.ts';
import { lookAgainInMs } from '../../server/domain/connections/registry.ts';
import { closeDb, openDb } from '../../server/platform/db.ts';
import { createEvents } from '../../server/platform/events.ts';
import { callAs, createTestTools } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';
import { startDatabaseProxy } from '../support/database-proxy.ts';
import { createTestProject } from '../support/projects.ts';
import { startTestServer } from '../support/server.ts';
import { openSocket, openStream } from '../support/socket.ts';

const database = await createTestDatabase();
const server = await startTestServer({ database });
/** As another process: what is done with these, the server is told by the database. */
const elsewhere = createTestTools(database.url, { masterKeys: server.tools.masterKeys });
afterAll(() => closeDb(elsewhere.db));
const project = await createTestProject(elsewhere);
const call = callAs(elsewhere, project.owner.actor);
const counts = 'subscription { liveSessionCounts { pending } }';
const open = (id: string) => server.tools.connections.countByKey().get(id) ?? 0;
/** The server's side of the connection that comes next. */
const accepted = async (): Promise<Socket> => (await once(server.http.server, 'connection'))[0];

async function makeKey(expiresAt?: Date) {
  const key = { environmentId: project.production.id, name: 'Server', type: 'SECRET' } as const;
  const { id, secret } = await createApiKey(call, { ...key, expiresAt });
  const remove = () => deleteApiKey(call, { id, confirmName: 'Server' });
  return { id, secret: secret!, remove };
}

test('of many who connect while their key is deleted none stays', { timeout: 60_000 }, async () => {
  for (let round = 0; round < 8; round += 1) {
    const { id, secret, remove } = await makeKey();
    // Warm, so that the check before costs nothing and says what was.
    const first = await openSocket(server.url, { init: { apiKey: secret } });
    const connecting = Array.from({ length: 40 }, async (_, n) => {
      await sleep(n % 10);
      if (n % 2 === 0) return openSocket(server.url, { init: { apiKey: secret } });
      return openStream(server.url, counts, {}, { 'x-api-key': secret });
    });
    const removing = sleep(round).then(remove);
    const connected = await Promise.all(connecting);
    await removing;
    for (const each of [first, ...connected]) {
      if ('socket' in each) {
        expect(await each.untilClosed()).toEqual({ code: 4403, reason: 'DELETED' });
      } else await each.untilOver();
    }
    expect(open(id)).toBe(0);
  }
});

test('a key that is taken for live although it has ended lets nobody in to stay', async () => {
  const proxy = await startDatabaseProxy(database.url);
  const { masterKeys } = elsewhere;
  const events = createEvents({ url: proxy.url });
  const deaf = await startTestServer({ database, tools: { masterKeys, events } });
  const { id, secret, remove } = await makeKey();
  const made = performance.now();
  await expect.poll(() => events.heardUpTo).toBeGreaterThan(made); // it knows of no change after that
  const first = await openStream(deaf.url, counts, {}, { 'x-api-key': secret });
  await first.until(() => true);
  proxy.goSilent();
  await remove();
  // Mostly within the second for which reads may trust what they know.
  const stream = await openStream(deaf.url, counts, {}, { 'x-api-key': secret });
  const socket = await openSocket(deaf.url, { init: { apiKey: secret } });
  await stream.untilOver();
  if (stream.status === 200) {
    expect(stream.results.map(({ errors }) => errors?.[0].extensions.reason)).toEqual(['DELETED']);
  } else expect(stream.status).toBe(401);
  expect(socket.closed).toEqual({ code: 4403, reason: 'DELETED' });
  await first.untilOver();
  expect(deaf.tools.connections.countByKey().has(id)).toBe(false);
});

describe('a client that does not answer', () => {
  test('is broken off in time, where a socket was closed with its credential', async () => {
    const { secret, remove } = await makeKey();
    const accepting = accepted();
    const { socket } = await openSocket(server.url, { init: { apiKey: secret } });
    const peer = await accepting;
    socket.pause();
    await remove();
    await expect.poll(() => peer.destroyed, { timeout: 2_000 }).toBe(true);
  });

  test('is broken off in time, where an event stream ended with its credential', async () => {
    const { id, secret, remove } = await makeKey();
    const accepting = accepted();
    const { hostname, port } = new URL(server.url);
    const body = JSON.stringify({ query: 'subscription { logAppended { message } }' });
    const head = [
      'POST /graphql HTTP/1.1',
      `Host: ${hostname}`,
      'Content-Type: application/json',
      'Accept: text/event-stream',
      `X-API-Key: ${secret}`,
      `Content-Length: ${body.length}`,
    ];
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
    await once(socket, 'data');
    socket.pause();
    // More than lies between two sockets of one machine.
    await elsewhere.db.$executeRaw`
      INSERT INTO log_entries (id, type, message, actor_kind, actor_label, workspace_id, project_id, environment_id)
      SELECT 'log_' || lpad(i::text, 26, '0'), 'session.started', repeat('x', 30000), 'SYSTEM', 'test',
        ${project.workspaceId}, ${project.id}, ${project.production.id} FROM generate_series(1, 900) i`;
    await sleep(1_500);
    const peer = await accepting;
    expect({ open: open(id), isBlocked: peer.writableLength > 0 }).toEqual({
      open: 1,
      isBlocked: true,
    });
    await remove();
    await expect.poll(() => peer.destroyed, { timeout: 2_000 }).toBe(true);
    expect(open(id)).toBe(0);
    socket.destroy();
  });

  test('or leaves while it is let in, leaves nothing behind', async () => {
    const { id, secret } = await makeKey();
    const before = server.faults().length;
    for (let n = 0; n < 30; n += 1) {
      const abort = new AbortController();
      const asked = fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'text/event-stream',
          'x-api-key': secret,
        },
        body: JSON.stringify({ query: counts }),
        signal: abort.signal,
      });
      await sleep(n % 8);
      abort.abort();
      await asked.catch(() => {});
    }
    await expect.poll(() => open(id)).toBe(0);
    expect(server.faults().slice(before)).toEqual([]);
  });
});

describe('deadlines', () => {
  const day = 24 * 3_600_000;

  test('are asked for again within the hour, however far away, and never later than they come', () => {
    expect(lookAgainInMs(null)).toBe(Number.POSITIVE_INFINITY);
    for (const ms of [0, 1, 900, 3_600_000]) expect(lookAgainInMs(ms)).toBe(ms);
    for (const days of [1, 24.8, 24.9, 30, 60, 3_650]) {
      expect(lookAgainInMs(days * day)).toBe(3_600_000);
    }
  });

  test('of thirty and sixty days end nothing today', async () => {
    const sockets = await Promise.all(
      [30, 60].map(async (days) => {
        const { secret } = await makeKey(new Date(Date.now() + days * day));
        return openSocket(server.url, { init: { apiKey: secret } });
      }),
    );
    await sleep(1_500);
    for (const { closed } of sockets) expect(closed).toBeNull();
  });
});

describe('while the database', () => {
  const day = 24 * 3_600_000;

  /** A server that comes to the database by a way that can be disturbed, and two keys that end meanwhile. */
  async function makeScene(poolMax: number) {
    const proxy = await startDatabaseProxy(database.url);
    const db = openDb({ url: proxy.url, poolMax, onError: () => {} });
    const { url } = await startTestServer({
      database: { ...database, url: proxy.url },
      tools: { masterKeys: elsewhere.masterKeys, db },
    });
    const [deleted, mortal] = [await makeKey(), await makeKey(new Date(Date.now() + 2_000))];
    const sockets = [
      await openSocket(url, { init: { apiKey: deleted.secret } }),
      await openSocket(url, { init: { apiKey: mortal.secret } }),
    ];
    const isBack = (timeout: number) =>
      expect
        .poll(() => sockets.map(({ closed }) => closed?.reason), { timeout })
        .toEqual(['DELETED', 'EXPIRED']);
    return { db, proxy, url, deleted, sockets, isBack };
  }

  test('is away, new connections are put off, and those that end do when it is back', {
    timeout: 60_000,
  }, async () => {
    const { proxy, url, deleted, sockets, isBack } = await makeScene(10);
    const lasting = await makeKey(new Date(Date.now() + day));
    proxy.refuse();
    await deleted.remove();
    const late = await openSocket(url, { init: { apiKey: lasting.secret } });
    expect(late.closed).toEqual({ code: 1013, reason: 'UNAVAILABLE' });
    await sleep(1_500);
    expect(sockets.map(({ closed }) => closed)).toEqual([null, null]);
    proxy.recover();
    await isBack(2_000);
    const again = await openSocket(url, { init: { apiKey: lasting.secret } });
    expect(again.closed).toBeNull();
  });

  test('is kept busy by requests, no credential outlives its end', async () => {
    const { db, deleted, sockets } = await makeScene(2);
    const busy = Array.from({ length: 4 }, () => db.$pool.query('SELECT pg_sleep(3)'));
    await deleted.remove();
    const removedAt = performance.now();
    await expect.poll(() => sockets[0]!.closed?.reason, { timeout: 2_000 }).toBe('DELETED');
    expect(performance.now() - removedAt).toBeLessThan(2_000);
    await Promise.all(busy);
  });

  test('answers nothing on what is open, as after a switch of the network, patience has an end', {
    timeout: 60_000,
  }, async () => {
    const { proxy, deleted, isBack } = await makeScene(1);
    proxy.leaveHanging();
    await deleted.remove();
    await isBack(15_000);
  });
});
