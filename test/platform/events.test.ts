import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import {
  createEvents,
  encodeMessage,
  type Message,
  notifySql,
} from '../../server/platform/events.ts';
import { createTestDatabase } from '../support/database.ts';
import { startDatabaseProxy } from '../support/database-proxy.ts';

const { url } = await createTestDatabase({ empty: true });
const database = new pg.Pool({ connectionString: url, max: 2 });
database.on('error', () => {});
afterAll(() => database.end());

function listening() {
  const events = createEvents({ url });
  const heard: Message[] = [];
  let resets = 0;
  events.listen({ message: (message) => heard.push(message), reset: () => (resets += 1) });
  afterAll(() => events.stop());
  return { events, heard, resets: () => resets };
}

const send = (id: string) => database.query(notifySql, [encodeMessage({ kind: 'project', id })]);
const cutListeners = () =>
  database.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE application_name = 'latchkey events' AND datname = current_database()`,
  );
const silence = ({ heardUpTo }: { heardUpTo: number }) => performance.now() - heardUpTo;

test('a message reaches every listener when its transaction commits, and not before', async () => {
  const [one, two] = [listening(), listening()];
  await Promise.all([one.events.start(), two.events.start()]);
  const client = await database.connect();
  await client.query('BEGIN');
  await client.query(notifySql, [encodeMessage({ kind: 'project', id: 'late' })]);
  await send('early');
  await expect.poll(() => two.heard.length).toBe(1);
  await client.query('COMMIT');
  client.release();
  await expect.poll(() => one.heard.map(({ id }) => id)).toEqual(['early', 'late']);
  await expect.poll(() => two.heard.map(({ id }) => id)).toEqual(['early', 'late']);
});

test('a listener knows that it hears, and that it does not', async () => {
  const { events } = listening();
  expect(silence(events)).toBe(Number.POSITIVE_INFINITY);
  await events.start();
  await expect.poll(() => silence(events) < 1_000).toBe(true);
  await events.stop();
  expect(silence(events)).toBe(Number.POSITIVE_INFINITY);
  expect(events.listeningSince).toBe(Number.POSITIVE_INFINITY);
});

test('a cut connection is made anew, and says that messages may be missing', async () => {
  const { events, heard, resets } = listening();
  await events.start();
  expect(resets()).toBe(1);
  for (const round of [2, 3]) {
    await cutListeners();
    await expect.poll(resets).toBe(round);
    await send(`round ${round}`);
    await expect.poll(() => heard.at(-1)?.id).toBe(`round ${round}`);
  }
});

test('what others send on the channel is ignored', async () => {
  const { events, heard } = listening();
  await events.start();
  for (const payload of ['', 'hello', 'null', '[1]', '{"kind":"project"}', '{"kind":1,"id":"a"}']) {
    await database.query(notifySql, [payload]);
  }
  await send('after');
  await expect.poll(() => heard).toEqual([{ kind: 'project', id: 'after' }]);
});

test('no beat has the name of an earlier one, over connections', async () => {
  const wire = await wiretap();
  const events = createEvents({ url: wire.url });
  afterAll(() => events.stop());
  await events.start();
  for (const least of [2, 4]) {
    await expect.poll(() => wire.beats().length, { timeout: 5_000 }).toBeGreaterThanOrEqual(least);
    wire.cut();
  }
  const names = wire.beats();
  expect(names).toEqual(names.map((_, index) => String(index)));
});

/** A way to the database that keeps what clients said, and can be cut. */
async function wiretap() {
  let said = '';
  const sockets = new Set<Socket>();
  const { hostname, port } = new URL(url);
  const tap = createServer((client) => {
    const server = connect(Number(port), hostname);
    client.on('data', (bytes) => {
      said += bytes.toString('latin1');
    });
    for (const socket of [client, server]) {
      sockets.add(socket.on('error', () => {}));
      socket.once('close', () => sockets.delete(socket));
    }
    client.pipe(server).pipe(client);
  });
  await new Promise<void>((resolve) => tap.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  afterAll(() => {
    cut();
    tap.close();
  });
  const tapped = Object.assign(new URL(url), {
    hostname: '127.0.0.1',
    port: String((tap.address() as AddressInfo).port),
  });
  // Two parameters of a Bind message: the channel, four bytes of length, the name of the beat.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the protocol is binary
  const beat = /latchkey_[0-9a-f]{16}\0\0\0[\x01-\x09](\d+)/g;
  return { url: tapped.href, cut, beats: () => [...said.matchAll(beat)].map(([, name]) => name!) };
}

test('it stops at once also while a connection is being made', async () => {
  const proxy = await startDatabaseProxy(url);
  proxy.goSilent();
  const events = createEvents({ url: proxy.url });
  void events.start();
  await new Promise((resolve) => setTimeout(resolve, 100)); // sent, and not answered
  await events.stop();
  expect(events.heardUpTo).toBe(Number.NEGATIVE_INFINITY);
});
