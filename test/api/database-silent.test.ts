/** Connections that were cut without a word while sessions are written: by a failover, or a NAT that forgot them. */
import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { startDatabaseProxy } from '../support/database-proxy.ts';
import { until } from '../support/process.ts';
import { createTestProject } from '../support/projects.ts';
import { type GraphQLOptions, type Reply, startTestServer } from '../support/server.ts';
import { operations, withKey } from '../support/session-api.ts';

const database = await createTestDatabase();
const proxy = await startDatabaseProxy(database.url);
const server = await startTestServer({ database: { ...database, url: proxy.url } });
const { $pool } = server.db;
/** Past the proxy: one that holds locks, and one that looks. */
const [holder, looker] = [new pg.Client(database.url), new pg.Client(database.url)];
for (const client of [holder, looker]) {
  await client.connect();
  afterAll(() => client.end());
}
const project = await createTestProject(server.tools);
const start = (by: GraphQLOptions, input: object = {}) =>
  server.post(operations.start, { input }, by);

async function count(text: string): Promise<number> {
  return (await looker.query(`SELECT count(*)::int AS n ${text}`)).rows[0].n;
}
const sessions = () => count('FROM auth_sessions');
const waiting = () =>
  count(
    `FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
     AND query LIKE '%jsonb_to_recordset%'`,
  );

/** Those that requests take to find out who asks: here it is about the writes. */
async function dropIdle(): Promise<void> {
  while ($pool.idleCount > 0) (await $pool.connect()).release(true);
}

function expectUnavailable({ status, headers, json }: Reply): void {
  const code = json.errors?.[0].extensions.code;
  expect({ status, code }).toEqual({ status: 503, code: 'UNAVAILABLE' });
  expect(headers.get('retry-after')).toBe('1');
}

/** A statement is given up after 35 seconds, one that waits for a lane after 10. */
const timeout = 120_000;

test('starts go on by themselves, and none is lost or doubled', { timeout }, async () => {
  const by = withKey(project.production.secret);
  const startOne = (n: number) => start(by, { idempotencyKey: `order ${n}` });
  await holder.query('BEGIN; LOCK TABLE session_totals');
  const stuck: Promise<Reply>[] = [];
  for (const n of [0, 1]) {
    stuck.push(startOne(n));
    await until(async () => (await waiting()) === n + 1);
  }
  await dropIdle();
  proxy.leaveHanging();
  // What hangs there is committed, and nobody is told.
  await holder.query('ROLLBACK');
  await until(async () => (await sessions()) === 2);
  const behind = [startOne(2), startOne(3)];
  for (const reply of await Promise.all(behind)) expectUnavailable(reply);
  expect(await sessions()).toBe(2);
  for (const reply of await Promise.all(stuck)) expectUnavailable(reply);
  for (const [n, time] of [0, 1, 2, 3].flatMap((n) => [[n, 1] as const, [n, 2] as const])) {
    const { json } = await startOne(n);
    expect([n, time, json.data.answer.__typename]).toEqual([n, time, 'StartSessionPayload']);
  }
  expect(await sessions()).toBe(4);
  await expect.poll(() => $pool.totalCount - $pool.idleCount).toBe(0);
});

test('so do those without a secret key', { timeout }, async () => {
  const by = withKey(project.development.publishableValue);
  const before = await sessions();
  await holder.query('BEGIN; LOCK TABLE session_totals');
  const stuck = start(by);
  await until(async () => (await waiting()) === 1);
  await dropIdle();
  proxy.leaveHanging();
  await holder.query('ROLLBACK');
  // Its transaction is ended where it stands, so that the project is not held until it is given up.
  await until(async () => (await start(by)).status === 200);
  expect(await sessions()).toBeGreaterThan(before);
  const started = await sessions();
  expectUnavailable(await stuck);
  expect((await start(by)).status).toBe(200);
  expect(await sessions()).toBe(started + 1);
  await expect.poll(() => $pool.totalCount - $pool.idleCount).toBe(0);
});
