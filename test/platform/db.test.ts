import { afterAll, expect, test } from 'vitest';
import { closeDb, isDatabaseUnavailable, openDb } from '../../server/platform/db.ts';
import { createTestDatabase } from '../support/database.ts';

const { url } = await createTestDatabase();
const db = openDb({ url, poolMax: 2 });
afterAll(() => closeDb(db));

test('no connection runs a statement, or waits for a lock, for ever', async () => {
  const show = async (name: string) => (await db.$pool.query(`SHOW ${name}`)).rows[0][name];
  expect(await show('statement_timeout')).toBe('30s');
  expect(await show('lock_timeout')).toBe('5s');
  expect(await show('idle_in_transaction_session_timeout')).toBe('30s');
});

test('what took too long, or found no connection, may be sent again', async () => {
  const client = await db.$pool.connect();
  await client.query('SET statement_timeout = 1');
  const late = await client.query('SELECT pg_sleep(1)').catch((error) => error);
  client.release(true);
  expect(isDatabaseUnavailable(late)).toBe(true);
  expect(isDatabaseUnavailable(Object.assign(new Error('x'), { code: 'P2028' }))).toBe(true);
  expect(isDatabaseUnavailable(new Error('a bug of ours'))).toBe(false);
});

test('a database that is not there is unavailable, not broken', async () => {
  const nowhere = openDb({ url: 'postgresql://postgres@127.0.0.1:1/latchkey', poolMax: 1 });
  const error = await nowhere.user.count().catch((reason) => reason);
  expect(isDatabaseUnavailable(error)).toBe(true);
  await closeDb(nowhere);
});

/** As Prisma says what PostgreSQL says, each under a code of Prisma's own. */
test.each(['57P01', '53300', '40001', '40P01', '57014', '55P03', '08006'])(
  'SQLSTATE %s is unavailable by every way to the database',
  async (state) => {
    const raise = `DO $$ BEGIN RAISE EXCEPTION 'the row is (a secret)' USING ERRCODE = '${state}'; END $$`;
    const ways = [
      () => db.$pool.query(raise),
      () => db.$executeRawUnsafe(raise),
      () => db.$transaction((tx) => tx.$executeRawUnsafe(raise)),
    ];
    for (const ask of ways) {
      const error = await ask().catch((reason) => reason);
      expect(error).toBeInstanceOf(Error);
      expect(isDatabaseUnavailable(error)).toBe(true);
    }
  },
);

test('a connection that breaks while somebody holds it is unavailable, and ends no more than itself', async () => {
  const client = await db.$pool.connect();
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
  const ended = new Promise((resolve) => client.once('end', resolve));
  await db.$pool.query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
  await ended;
  const error = await client.query('SELECT').catch((reason) => reason);
  expect(isDatabaseUnavailable(error)).toBe(true);
  client.release(true);
});

test('what breaks a rule of ours is not, by any way', async () => {
  const raise = `DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '23514'; END $$`;
  for (const ask of [() => db.$pool.query(raise), () => db.$executeRawUnsafe(raise)]) {
    expect(isDatabaseUnavailable(await ask().catch((reason) => reason))).toBe(false);
  }
});
