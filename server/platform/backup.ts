/**
 * What is in a database, out of it into a file and back.
 *
 * PostgreSQL's own pg_dump does not come with the binaries from npm. So each table is copied as COPY says
 * it, all in one snapshot; and back into tables that the same migrations made, in one transaction.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { BackedUpTable, BackupEnd, BackupHeader } from './backup-format.ts';
import { openBackup } from './backup-reader.ts';
import { writeBackup } from './backup-writer.ts';

/**
 * Tables that hold something, those that others point at before those. Left out are Prisma's books, which
 * the migrations write, and unlogged tables, which are empty after a crash too: limits, and what lives.
 * And columns of transaction ids, which mean nothing in another cluster: they get the restoring one's.
 */
const tablesSql = `
SELECT c.relname AS name,
  (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid
    AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.atttypid <> 'xid8'::regtype) AS columns,
  (SELECT coalesce(array_agg(DISTINCT f.relname::text), '{}') FROM pg_constraint k
    JOIN pg_class f ON f.oid = k.confrelid WHERE k.conrelid = c.oid AND k.contype = 'f'
    AND NOT k.condeferred AND f.oid <> c.oid) AS needs
FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relpersistence = 'p'
  AND c.relname <> '_prisma_migrations'
ORDER BY c.relname`;

const migrationsSql = `
SELECT migration_name AS name, checksum FROM _prisma_migrations
WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY migration_name`;

type Unfinished = Pick<BackupHeader, 'version' | 'masterKeys'>;

/**
 * Writes a backup of a database, as it is at one moment. Whoever uses it meanwhile is not held up.
 *
 * @returns the header, the rows of each table, and the size of the file in bytes
 * @throws {Error} in a sentence: the file is there already, or the database has no tables of ours
 */
export async function backUp(
  url: string,
  path: string,
  about: Unfinished,
): Promise<{ header: BackupHeader; rows: BackupEnd['rows']; bytes: number }> {
  return withClient(url, 'latchkey backup', async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    if (!(await hasBooks(client))) throw new Error('This database holds nothing of Latchkey.');
    const { rows: migrations } = await client.query(migrationsSql);
    const header: BackupHeader = {
      format: 'latchkey backup 1',
      version: about.version,
      at: new Date().toISOString(),
      migrations,
      masterKeys: about.masterKeys,
    };
    const tables = await findTables(client);
    const written = await writeBackup(path, async (writer) => {
      await writer.header(header);
      for (const table of tables) {
        const copy = client.query(copyTo(`COPY ${place(table)} TO STDOUT`));
        await writer.table(table, copy, async () => {
          // Its data ends before the database has said how many rows they were.
          await client.query('SELECT');
          return copy.rowCount;
        });
      }
    });
    return { header, ...written };
  });
}

/**
 * Fills a database whose tables are those of the backup, and empty, with what is in it: all or nothing.
 *
 * @param rows what the verified file said it holds
 * @throws {Error} the file is not the one that was verified, or says other things than it holds, or the
 *   database refuses it
 */
export async function fill(url: string, path: string, rows: BackupEnd['rows']): Promise<void> {
  const run = withClient(url, 'latchkey restore', async (client) => {
    const { tables } = await openBackup(path);
    await client.query('BEGIN');
    for await (const { data, ...table } of tables) {
      const copy = client.query(copyFrom(`COPY ${place(table)} FROM STDIN`));
      await pipeline(Readable.from(data, { objectMode: false }), copy);
      if (copy.rowCount !== rows[table.name]) throw new Error(`${path} is not what it was.`);
    }
    await client.query('COMMIT');
    // Until it is known how much there is of what, the first queries would read whole tables.
    await client.query('ANALYZE');
  });
  await run.catch((error) => {
    // By its code alone: what else it says may be the row, which may be of users.
    if (!(error instanceof pg.DatabaseError)) throw error;
    const reason = error.code === '53100' ? 'there is no room left for it' : error.code;
    throw new Error(`The database refused what is in ${path}: ${reason}.`);
  });
}

/** Whether anybody would miss what is in a database. */
export async function isEmpty(url: string): Promise<boolean> {
  return withClient(url, 'latchkey restore', async (client) => {
    for (const { name } of await findTables(client)) {
      const { rowCount } = await client.query(`SELECT FROM ${quote(name)} LIMIT 1`);
      // A server that was only started has made a signing key.
      if (rowCount !== 0 && name !== 'signing_keys') return false;
    }
    return true;
  });
}

async function hasBooks(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query(`SELECT to_regclass('public._prisma_migrations') AS books`);
  return rows[0].books !== null;
}

async function findTables(client: pg.Client): Promise<BackedUpTable[]> {
  const { rows } = await client.query<BackedUpTable & { needs: string[] }>(tablesSql);
  const ordered: BackedUpTable[] = [];
  const isThere = (name: string) => ordered.some((each) => each.name === name);
  while (ordered.length < rows.length) {
    const next = rows.find(({ name, needs }) => !isThere(name) && needs.every(isThere));
    if (!next) throw new Error('Tables point at each other, so that none can be filled first.');
    ordered.push({ name: next.name, columns: next.columns });
  }
  return ordered;
}

const quote = (name: string) => pg.escapeIdentifier(name);
const place = ({ name, columns }: BackedUpTable) => `${quote(name)} (${columns.map(quote).join()})`;

async function withClient<Result>(
  url: string,
  name: string,
  run: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString: url, application_name: name });
  // A connection that breaks also fails the statement that waits on it.
  client.on('error', () => {});
  await client.connect();
  try {
    return await run(client);
  } finally {
    await client.end().catch(() => {});
  }
}
