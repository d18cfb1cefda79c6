import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../server/platform/embedded-postgres.ts';
import { migrate } from '../../server/platform/migrate.ts';
import { findChromium } from './chromium.ts';

/** A PostgreSQL with a migrated, empty database that test files clone. */
export interface TestServer {
  /** Of the database that statements such as CREATE DATABASE go through. */
  readonly url: string;
  /** What the names of all databases of this run begin with. */
  readonly prefix: string;
  /** The database to clone. */
  readonly template: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** Which of `databaseServers` the project's tests use. */
    databaseServer: 'embedded' | 'own-postgres';
    databaseServers: { embedded: TestServer; 'own-postgres': TestServer | null };
  }
}

/** Databases of a run that was killed are dropped by a later run, after this long. */
const LEFTOVER_AFTER_SECONDS = 6 * 3600;

/** Starts the servers of a run once for all its test files, and leaves nothing behind. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = await mkdtemp(join(tmpdir(), 'latchkey-test-'));
  const postgres = await startEmbeddedPostgres(dir, {
    settings: { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' },
  });
  const embedded = await prepare(postgres.url);

  const { TEST_DATABASE_URL } = process.env;
  const own = TEST_DATABASE_URL ? await prepare(TEST_DATABASE_URL) : null;
  if (!own) {
    process.stdout.write(
      'Skipping the tests on a PostgreSQL of your own: TEST_DATABASE_URL is not set.\n',
    );
  }
  project.provide('databaseServers', { embedded, 'own-postgres': own });

  // Unpacked once: two test files that unpack it at the same time would run half a program.
  await findChromium();

  return async () => {
    if (own) await dropDatabases(own.url, ({ prefix }) => prefix === own.prefix);
    await postgres.stop();
    await rm(dir, { recursive: true, force: true });
  };
}

async function prepare(url: string): Promise<TestServer> {
  const now = Math.floor(Date.now() / 1000);
  await dropDatabases(url, ({ startedAt }) => now - startedAt > LEFTOVER_AFTER_SECONDS);
  const prefix = `latchkey_test_${now}_${randomBytes(3).toString('hex')}`;
  const template = `${prefix}_template`;
  await query(url, `CREATE DATABASE ${template}`);
  const templateUrl = new URL(url);
  templateUrl.pathname = `/${template}`;
  await migrate(templateUrl.href);
  return { url, prefix, template };
}

/** Looks only at databases that a run like this one named; `startedAt` is in Unix seconds. */
async function dropDatabases(
  url: string,
  isUnwanted: (run: { prefix: string; startedAt: number }) => boolean,
): Promise<void> {
  const rows = await query(url, 'SELECT datname AS name FROM pg_database');
  for (const { name } of rows) {
    const [, prefix, startedAt] = /^(latchkey_test_(\d+)_[0-9a-f]{6})_/.exec(name) ?? [];
    if (!prefix || !isUnwanted({ prefix, startedAt: Number(startedAt) })) continue;
    await query(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  }
}

async function query(url: string, sql: string): Promise<{ name: string }[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<{ name: string }>(sql)).rows;
  } finally {
    await client.end();
  }
}
