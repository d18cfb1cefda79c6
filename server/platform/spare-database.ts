import { randomBytes } from 'node:crypto';
import pg from 'pg';

const prefix = 'latchkey_restoring_';

/**
 * Makes a database beside another, has it filled, and puts it in the other's place: by one transaction,
 * so that whoever comes finds the old one or the new one, and a process that is killed leaves either.
 * The old one is gone then. Nobody may be connected to it.
 *
 * @param url of the database to be replaced, by a user that may make databases
 */
export async function replaceDatabase(
  url: string,
  fill: (spareUrl: string) => Promise<void>,
): Promise<void> {
  const system = new URL(url);
  const name = decodeURIComponent(system.pathname.slice(1));
  system.pathname = '/postgres';
  const spare = new URL(url);
  spare.pathname = `/${prefix}${randomBytes(6).toString('hex')}`;
  const spareName = spare.pathname.slice(1);
  const client = new pg.Client({ connectionString: system.href });
  client.on('error', () => {});
  await client.connect();
  const drop = (each: string) =>
    client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(each)} WITH (FORCE)`);
  try {
    await dropLeftovers(client, drop);
    await client.query(`CREATE DATABASE ${spareName}`);
    await fill(spare.href);
    const old = `${spareName}_old`;
    await client.query(`BEGIN;
      ALTER DATABASE ${pg.escapeIdentifier(name)} RENAME TO ${old};
      ALTER DATABASE ${spareName} RENAME TO ${pg.escapeIdentifier(name)};
      COMMIT`);
    await drop(old);
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    await drop(spareName).catch(() => {});
    throw error;
  } finally {
    await client.end().catch(() => {});
  }
}

/** Of those who were killed. */
async function dropLeftovers(client: pg.Client, drop: (name: string) => Promise<unknown>) {
  const { rows } = await client.query<{ name: string }>(
    'SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1)',
    [prefix],
  );
  for (const { name } of rows) await drop(name);
}
