import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { migrate } from '../../server/platform/migrate.ts';
import { createTestDatabase } from '../support/database.ts';

const root = await mkdtemp(join(tmpdir(), 'latchkey-migrate-'));
afterAll(() => rm(root, { recursive: true, force: true }));

let url: string;
let dir: string;
beforeEach(async () => {
  ({ url } = await createTestDatabase({ empty: true }));
  dir = await mkdtemp(join(root, 'migrations-'));
});

async function write(name: string, sql: string): Promise<void> {
  await mkdir(join(dir, name), { recursive: true });
  await writeFile(join(dir, name, 'migration.sql'), sql);
}

async function query(sql: string): Promise<unknown[][]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}

const indexes = `SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('things_idx')`;

test('migrations are applied once, in the order of their names', async () => {
  await write('2_fill', "INSERT INTO things VALUES ('one'); INSERT INTO things VALUES ('two');");
  await write('1_make', 'CREATE TABLE things (id text PRIMARY KEY);');
  expect(await migrate(url, dir)).toEqual(['1_make', '2_fill']);
  expect(await migrate(url, dir)).toEqual([]);
  await write('3_more', "INSERT INTO things VALUES ('three')");
  expect(await migrate(url, dir)).toEqual(['3_more']);
  expect(await query('SELECT count(*)::int FROM things')).toEqual([[3]]);
});

test('servers that start at once apply each migration once', async () => {
  await write('1_make', 'CREATE TABLE things (id text PRIMARY KEY);');
  await write('2_index', 'CREATE INDEX CONCURRENTLY things_idx ON things (id);');
  const runs = await Promise.all([1, 2, 3].map(() => migrate(url, dir)));
  expect(runs.flat().sort()).toEqual(['1_make', '2_index']);
});

test('an index can be made CONCURRENTLY by a migration of its own', async () => {
  await write('1_make', 'CREATE TABLE things (id text);');
  await write(
    '2_index',
    '-- Why: it is looked up.\n/* Locks\nnothing. */\nCREATE UNIQUE INDEX CONCURRENTLY things_idx ON things (id);\n',
  );
  expect(await migrate(url, dir)).toEqual(['1_make', '2_index']);
  expect(await query(indexes)).toEqual([[true]]);
});

test('an index that failed half-way is not taken for made, and the next start makes it again', async () => {
  await write('1_make', "CREATE TABLE things AS SELECT 'same' AS id FROM generate_series(1, 2);");
  await write('2_index', 'CREATE UNIQUE INDEX CONCURRENTLY things_idx ON things (id);');
  for (const _ of [1, 2]) {
    await expect(migrate(url, dir)).rejects.toThrow(/2_index failed: could not create unique/);
    expect(await query(indexes)).toEqual([[false]]);
  }
  await query('UPDATE things SET id = ctid::text');
  expect(await migrate(url, dir)).toEqual(['2_index']);
  expect(await query(indexes)).toEqual([[true]]);
  expect(await migrate(url, dir)).toEqual([]);
});

test('an index whose making was killed is made again by whoever starts next', async () => {
  await write('1_make', 'CREATE TABLE things (id text);');
  await migrate(url, dir);
  await write('2_index', 'CREATE INDEX CONCURRENTLY "things_idx" ON things (id);');
  const writer = new pg.Client({ connectionString: url });
  await writer.connect();
  // It waits for whoever writes to the table.
  await writer.query(`BEGIN; INSERT INTO things VALUES ('one')`);
  const killed = migrate(url, dir).catch((error) => error);
  await vi.waitUntil(async () => (await query(indexes)).length === 1, 15_000);
  await query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND query LIKE 'CREATE INDEX%'`);
  expect(await killed).toBeInstanceOf(Error);
  await writer.end();
  expect(await query(indexes)).toEqual([[false]]);
  expect(await migrate(url, dir)).toEqual(['2_index']);
  expect(await query(indexes)).toEqual([[true]]);
});

test('what else began outside a transaction and did not finish, the next start says how to undo', async () => {
  await write('1_drop', 'DROP INDEX CONCURRENTLY things_idx;');
  await expect(migrate(url, dir)).rejects.toThrow(/1_drop failed: .*things_idx/);
  const refused = await migrate(url, dir).catch((error: Error) => error.message);
  expect(refused).toMatch(/^The migration 1_drop began earlier and did not finish\. Undo /);
  await query(String(refused).split('then: ')[1]!);
  await query('CREATE TABLE things (id text); CREATE INDEX things_idx ON things (id)');
  expect(await migrate(url, dir)).toEqual(['1_drop']);
});

test('a migration may take longer than the statements of its role', async () => {
  await query(`ALTER DATABASE ${new URL(url).pathname.slice(1)} SET statement_timeout = '500ms'`);
  await write('1_slow', 'SELECT pg_sleep(0.8);');
  expect(await migrate(url, dir)).toEqual(['1_slow']);
});

test('a migration that fails leaves nothing of itself, and is tried again', async () => {
  await write('1_make', 'CREATE TABLE things (id text);');
  await write('2_fill', 'CREATE TABLE more (id text); INSERT INTO nowhere VALUES (1);');
  await expect(migrate(url, dir)).rejects.toThrow(/2_fill failed: .*nowhere/);
  expect(await query("SELECT to_regclass('things')::text, to_regclass('more')::text")).toEqual([
    ['things', null],
  ]);
  await write('2_fill', 'CREATE TABLE more (id text);');
  expect(await migrate(url, dir)).toEqual(['2_fill']);
});

test('a migration that was edited after it was applied is refused', async () => {
  await write('1_make', 'CREATE TABLE things (id text);');
  await migrate(url, dir);
  await write('1_make', 'CREATE TABLE things (id text, name text);');
  await expect(migrate(url, dir)).rejects.toThrow(
    'The migration 1_make was edited after it was applied.',
  );
});

test('a database that a newer version migrated is refused', async () => {
  await write('1_make', 'CREATE TABLE things (id text);');
  await write('2_newer', 'ALTER TABLE things ADD COLUMN name text;');
  await migrate(url, dir);
  await rm(join(dir, '2_newer'), { recursive: true });
  await expect(migrate(url, dir)).rejects.toThrow(
    'The database has the migration 2_newer, which this version of Latchkey does not know.',
  );
});

test('the migrations of a backup are applied alone, and must be known as they were', async () => {
  await write('1_make', 'CREATE TABLE things (id text);');
  await write('2_more', 'ALTER TABLE things ADD COLUMN name text;');
  await migrate(url, dir);
  const [first, second] = (
    await query('SELECT migration_name, checksum FROM _prisma_migrations ORDER BY 1')
  ).map(([name, checksum]) => ({ name: String(name), checksum: String(checksum) }));
  ({ url } = await createTestDatabase({ empty: true }));
  for (const unknown of [
    { name: '1_make', checksum: second!.checksum },
    { name: '3_newer', checksum: first!.checksum },
  ]) {
    await expect(migrate(url, dir, [first!, unknown])).rejects.toThrow(
      `The backup has the migration ${unknown.name}, which this version of Latchkey does not know.`,
    );
  }
  expect(await query("SELECT to_regclass('things')::text")).toEqual([[null]]);
  expect(await migrate(url, dir, [first!])).toEqual(['1_make']);
  expect(await migrate(url, dir)).toEqual(['2_more']);
});

test('a missing folder of migrations is an error, and never a database without tables', async () => {
  const missing = join(dir, 'nowhere');
  await expect(migrate(url, missing)).rejects.toThrow(
    `There is no folder of migrations at ${missing}.`,
  );
});
