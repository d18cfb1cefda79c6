import { randomBytes } from 'node:crypto';
import pg from 'pg';

const prefix = 'latchkey_restoring_';

/**
 * Makes a database beside another, has it filled, and puts it in the other's place: by one transaction,
 * so that whoever comes finds the old one or the new one, and a process that is killed leaves either.
 * The old one is gone then. Nobody may be connected to it.
 *
 * @param url of the database to be replaced, by a user that may make databases
 * @throws {Error} in a sentence, if somebody is connected to it
 */
export async function replaceDatabase(
  url: string,
  fill: (spareUrl: string) => Promise<void>,
): Promise<void> {
  const name = decodeURIComponent(new URL(url).pathname.slice(1));
  const spare = new URL(url);
  spare.pathname = `/${prefix}${randomBytes(6).toString('hex')}`;
  const spareName = spare.pathname.slice(1);
  await withSystemDatabase(url, async (client) => {
    try {
      await dropLeftoversBy(client);
      await client.query(`CREATE DATABASE ${spareName}`);
      await fill(spare.href);
      const old = `${spareName}_old`;
      await client
        .query(
          `BEGIN;
          ALTER DATABASE ${pg.escapeIdentifier(name)} RENAME TO ${old};
          ALTER DATABASE ${spareName} RENAME TO ${pg.escapeIdentifier(name)};
          COMMIT`,
        )
        .catch((cause) => {
          if (cause.code !== '55006') throw cause;
          throw new Error(
            'A server was started meanwhile, so nothing was restored. Stop it, and restore again.',
            { cause },
          );
        });
      await drop(client, old);
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {});
      await drop(client, spareName).catch(() => {});
      throw error;
    }
  });
}

/** What those left who were killed. Nobody may be replacing a database of that cluster meanwhile. */
export function dropLeftovers(url: string): Promise<void> {
  return withSystemDatabase(url, dropLeftoversBy);
}

async function dropLeftoversBy(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    'SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1)',
    [prefix],
  );
  for (const { name } of rows) await drop(client, name);
}

async function drop(client: pg.Client, name: string): Promise<void> {
  await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`);
}

async function withSystemDatabase(
  url: string,
  run: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const system = new URL(url);
  system.pathname = '/postgres';
  const client = new pg.Client({ connectionString: system.href });
  client.on('error', () => {});
  await client.connect();
  try {
    await run(client);
  } finally {
    await client.end().catch(() => {});
  }
}
