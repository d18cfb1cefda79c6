import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import {
  createEvents,
  encodeMessage,
  type Message,
  notifySql,
} from '../../server/platform/events.ts';
import { createTestDatabase } from '../support/database.ts';

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
