import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, expect, test } from 'vitest';
import { closeDb } from '../../server/platform/db.ts';
import { MasterKeys } from '../../server/platform/master-keys.ts';
import { createTestTools } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';
import { startDatabaseProxy } from '../support/database-proxy.ts';
import { countWaiting } from '../support/open-transaction.ts';
import { startServer, until } from '../support/process.ts';
import { createTestProject } from '../support/projects.ts';
import { createSessionApi, withKey } from '../support/session-api.ts';

const bytes = randomBytes(32);
const { url } = await createTestDatabase();
const tools = createTestTools(url, { masterKeys: new MasterKeys([{ id: 'k1', bytes }]) });
afterAll(() => closeDb(tools.db));
const settings = { DATABASE_URL: url, MASTER_KEY: `k1:${bytes.toString('base64')}` };

/** What a probe hears that has come before, and keeps its connection. */
function createProbe(port: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  afterAll(() => agent.destroy());
  return (path: string) =>
    new Promise<{ status: number; body: unknown }>((resolve, reject) => {
      const asked = request({ port, host: '127.0.0.1', path, agent }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part) => {
          text += part;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }),
        );
      });
      asked.on('error', reject).end();
    });
}

const live = { status: 200, body: { status: 'live' } };
const ready = { status: 200, body: { status: 'ready' } };
const unready = (reason: string) => ({ status: 503, body: { status: 'unready', reason } });

test('it is unready while the database is away, and ready again without help; live all the while', {
  timeout: 60_000,
}, async () => {
  const proxy = await startDatabaseProxy(url);
  const server = await startServer({ ...settings, DATABASE_URL: proxy.url });
  const probe = createProbe(server.port);
  const { production } = await createTestProject(tools);
  const api = createSessionApi(server);
  for (const goAway of [proxy.refuse, proxy.goSilent]) {
    expect(await probe('/health/ready')).toEqual(ready);
    goAway();
    expect(await probe('/health/ready')).toEqual(unready('database'));
    expect(await probe('/health/live')).toEqual(live);
    proxy.recover();
    // No longer than a look or two.
    await expect.poll(() => probe('/health/ready')).toEqual(ready);
    expect(await probe('/health/live')).toEqual(live);
    await api.start(withKey(production.secret));
  }
});

/** Whether a new connection is refused. */
function isClosed(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(false));
    socket.once('error', () => resolve(true)).once('connect', () => socket.destroy());
  });
}

test('told to stop, it is unready to who has a connection still, and live', {
  timeout: 60_000,
}, async () => {
  const server = await startServer(settings);
  const { production } = await createTestProject(tools);
  const other = await tools.db.$pool.connect();
  await other.query('BEGIN; LOCK TABLE session_totals IN SHARE MODE');
  const started = createSessionApi(server).start(withKey(production.secret));
  await until(async () => (await countWaiting(tools.db)) === 1);
  // Idle connections are closed at once, so the probes have begun to ask before the signal comes.
  const probes = await Promise.all(
    ['/health/ready', '/health/live'].map(async (path) => {
      const socket = connect(server.port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(`GET ${path} HTTP/1.1\r\nhost: probe\r\n`);
      return socket;
    }),
  );
  expect(await (await fetch(`${server.url}/health/ready`)).json()).toEqual(ready.body);
  server.kill('SIGTERM');
  await until(() => isClosed(server.port));
  const answers = await Promise.all(
    probes.map((socket) => {
      socket.write('\r\n');
      return text(socket);
    }),
  );
  expect(answers).toEqual([
    expect.stringMatching(/^HTTP\/1\.1 503 .*Connection: close.*"unready","reason":"draining"/s),
    expect.stringMatching(/^HTTP\/1\.1 200 .*"status":"live"/s),
  ]);
  await other.query('COMMIT');
  other.release();
  expect(await started).toMatchObject({ __typename: 'StartSessionPayload' });
  expect(await server.ended).toEqual({ code: 0, signal: null });
});
