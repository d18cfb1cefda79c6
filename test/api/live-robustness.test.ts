import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { createTestDatabase } from '../support/database.ts';
import { createTestProject } from '../support/projects.ts';
import { startTestServer } from '../support/server.ts';
import { createSessionApi, withKey } from '../support/session-api.ts';
import { openSocket, openStream, type Subscription } from '../support/socket.ts';

const database = await createTestDatabase();
const server = await startTestServer({ database });
const api = createSessionApi(server);
const counts = 'subscription { liveSessionCounts { pending lifetime { started } } }';
const log = 'subscription { logAppended { id at type message data actor { kind label } } }';
const project = await createTestProject(server.tools);
const { secret } = project.production;
const by = withKey(secret);
const init = { apiKey: secret };
const open = () => server.tools.connections.countByKey().size;

/** Runs one statement beside the server, on a connection of its own. */
async function administer(text: string, values: unknown[] = []) {
  const client = new pg.Client(database.url);
  await client.connect();
  try {
    return await client.query(text, values);
  } finally {
    await client.end();
  }
}

test('two hundred subscribers have the right count after every connection to PostgreSQL was cut', async () => {
  const subscriptions: Subscription[] = [];
  for (let index = 0; index < 200; index += 1) {
    const { subscribe } = await openSocket(server.url, { init });
    subscriptions.push(subscribe(counts));
  }
  for (const { until } of subscriptions) await until(() => true);
  let isCutting = true;
  const starting = (async () => {
    while (isCutting) await api.start(by).catch(() => sleep(20));
  })();
  for (let cut = 0; cut < 3; cut += 1) {
    await sleep(200);
    await administer(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`);
  }
  isCutting = false;
  await starting;
  const { rows } = await administer('SELECT count(*)::int AS started FROM auth_sessions');
  const { started } = rows[0];
  for (const { results } of subscriptions) {
    await expect.poll(() => results.at(-1).data?.liveSessionCounts.lifetime.started).toBe(started);
  }
});

/** Entries of ten kilobytes, of which a reader takes none. */
const flood = `INSERT INTO log_entries (id, type, message, actor_kind, actor_label, workspace_id,
  project_id, environment_id)
  SELECT 'log_' || lpad($4 || i, 26, '0'), 'session.started', repeat('x', 10000), 'SYSTEM', 'test', $1, $2, $3
  FROM generate_series(1, 2500) i`;
const place = [project.workspaceId, project.id, project.production.id];

test('a socket that is not read is closed before its queue grows without bound', async () => {
  const { socket, subscribe } = await openSocket(server.url, { init });
  const subscription = subscribe(log);
  await expect.poll(() => server.tools.connections.countByKey().size).toBe(1);
  await sleep(200);
  socket.pause();
  await administer(flood, [...place, '1']);
  await expect.poll(open).toBe(0);
  socket.resume();
  expect(subscription.results.length).toBeLessThan(2_500);
});

test('no more grows of what is still to be looked up for one that does not read', async () => {
  const { socket, subscribe } = await openSocket(server.url, { init });
  subscribe('subscription { logAppended { id message project { name } } }');
  await expect.poll(open).toBe(1);
  await sleep(200);
  socket.pause();
  await administer(flood, [...place, '3']);
  await expect.poll(open).toBe(0);
});

test('an event stream that is not read ends, and says why', async () => {
  const abort = new AbortController();
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...by.headers },
    body: JSON.stringify({ query: log }),
    signal: abort.signal,
  });
  await sleep(300);
  await administer(flood, [...place, '2']);
  await sleep(1_500);
  const text = await response.text();
  expect(text).toMatch(/RATE_LIMITED[^\n]*\n\nevent: complete/);
  await expect.poll(open).toBe(0);
});

test('so does one that is never read, and its connection with it', async () => {
  const { port } = new URL(server.url);
  const accepted = once(server.http.server, 'connection') as Promise<[Socket]>;
  const client = connect(Number(port), '127.0.0.1').pause();
  onTestFinished(() => void client.destroy());
  const [connection] = await accepted;
  const body = JSON.stringify({ query: log });
  const head = ['POST /graphql HTTP/1.1', 'Host: 127.0.0.1', `X-API-Key: ${secret}`];
  head.push('Content-Type: application/json', 'Accept: text/event-stream');
  client.write(`${[...head, `Content-Length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`);
  await expect.poll(open).toBe(1);
  await sleep(300);
  await administer(flood, [...place, '4']);
  await expect.poll(() => connection.destroyed, { timeout: 40_000 }).toBe(true);
  await expect.poll(open).toBe(0);
}, 60_000);

test('a peer that answers no ping is cut off', async () => {
  const impatient = await startTestServer({
    database,
    socketTimes: { pingEveryMs: 500 },
    tools: { masterKeys: server.tools.masterKeys },
  });
  const open = () => impatient.tools.connections.countByKey().size;
  const socket = new WebSocket(
    `${impatient.url.replace('http', 'ws')}/graphql`,
    'graphql-transport-ws',
    {
      autoPong: false,
    },
  );
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send(JSON.stringify({ type: 'connection_init', payload: init }));
  await expect.poll(open).toBe(1);
  await expect.poll(open).toBe(0);
  socket.terminate();
});

test('a thousand clients that vanish leave nothing behind', async () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const { session, clientSecret } = await api.start(by);
  const watch =
    'subscription ($secret: String!) { sessionChanged(clientSecret: $secret) { status } }';
  async function vanish(times: number): Promise<void> {
    for (let done = 0; done < times; done += 50) {
      const sockets = await Promise.all(
        Array.from({ length: 50 }, async (_, index) => {
          const socket = new WebSocket(
            `${server.url.replace('http', 'ws')}/graphql`,
            'graphql-transport-ws',
          );
          await new Promise((resolve) => socket.once('open', resolve));
          socket.send(JSON.stringify({ type: 'connection_init', payload: init }));
          await new Promise((resolve) => socket.once('message', resolve));
          const payload =
            index % 3 === 0
              ? { query: counts }
              : index % 3 === 1
                ? { query: log }
                : { query: watch, variables: { secret: clientSecret } };
          socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
          return socket;
        }),
      );
      await sleep(20);
      for (const socket of sockets) socket.terminate();
    }
    await expect.poll(open).toBe(0);
  }
  async function heap(): Promise<number> {
    await sleep(300);
    for (let times = 0; times < 4; times += 1) {
      collect();
      await sleep(20);
    }
    return process.memoryUsage().heapUsed;
  }
  await vanish(300);
  const before = await heap();
  await vanish(1_000);
  const after = await heap();
  expect(session.status).toBe('PENDING');
  // A socket that stayed would take ten kilobytes and more.
  expect((after - before) / 1_000).toBeLessThan(1_500);
}, 60_000);

test('event streams that are closed by the client leave nothing behind', async () => {
  const streams = await Promise.all(
    Array.from({ length: 30 }, () => openStream(server.url, counts, {}, by.headers)),
  );
  for (const stream of streams) await stream.until(() => true);
  expect([...server.tools.connections.countByKey().values()]).toEqual([30]);
  for (const stream of streams) stream.close();
  await expect.poll(open).toBe(0);
});

test('an operation that opens still keeps its id, though its client has completed it', async () => {
  const { clientSecret } = await api.start(by);
  const { socket } = await openSocket(server.url, { init });
  const messages: { type: string; payload?: object }[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  const query =
    'subscription ($secret: String!) { sessionChanged(clientSecret: $secret) { status } }';
  const payload = { query, variables: { secret: clientSecret } };
  const subscribe = () => socket.send(JSON.stringify({ id: 'a', type: 'subscribe', payload }));
  const holder = new pg.Client(database.url);
  await holder.connect();
  try {
    await holder.query('BEGIN; LOCK TABLE auth_sessions');
    subscribe();
    const isWaiting = `SELECT FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await expect.poll(async () => (await administer(isWaiting)).rowCount).toBeGreaterThan(0);
    socket.send('{"id":"a","type":"complete"}');
    subscribe();
    await expect.poll(() => messages).toHaveLength(1);
  } finally {
    await holder.end();
  }
  expect(messages).toMatchObject([
    { type: 'error', payload: [{ extensions: { code: 'GRAPHQL_INVALID' } }] },
  ]);
  // Once that is over its id is free; and nobody listens but the one that has it.
  let answered = 0;
  const again = () => {
    const last = messages.at(-1)!.type;
    if (last === 'error' && messages.length > answered) {
      answered = messages.length;
      subscribe();
    }
    return last;
  };
  await expect.poll(again, { interval: 20 }).toBe('next');
  expect(messages.filter(({ type }) => type === 'next')).toHaveLength(1);
});
