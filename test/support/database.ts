import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, inject } from 'vitest';
import type { TestServer } from './global-setup.ts';

export interface TestDatabase {
  readonly url: string;
  readonly name: string;
}

export interface TestDatabaseOptions {
  /** true: without tables, for tests of the migrations themselves. */
  readonly empty?: boolean;
}

const made: { server: TestServer; name: string }[] = [];

afterAll(async () => {
  for (const { server, name } of made.splice(0)) {
    await execute(server.url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  }
});

/**
 * Makes a database for the test file alone: a clone of the migrated template, on the server of
 * the vitest project that runs. It is dropped after the file, open connections or not.
 */
export async function createTestDatabase({
  empty = false,
}: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const project = inject('databaseServer');
  const server = inject('databaseServers')[project];
  if (!server) throw new Error(`The project ${project} has no database server.`);
  const name = `${server.prefix}_${randomBytes(6).toString('hex')}`;
  const template = empty ? 'template0' : server.template;
  // 15 to 38 ms, against 23 to 90 by FILE_COPY, which waits for checkpoints (18 tables, 2026-11-20).
  await execute(server.url, `CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY WAL_LOG`);
  made.push({ server, name });
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  return { url: url.href, name };
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
