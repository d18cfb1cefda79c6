/**
 * Applies migrations when the server starts, without Prisma's command line tool.
 *
 * It keeps the same books as `prisma migrate deploy` (the table `_prisma_migrations`, checksums,
 * the advisory lock), so the two can take turns on one database.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** The oldest PostgreSQL that we test with, as `server_version_num` counts. */
const SERVER_VERSION_MIN = 150_000;

/** The lock that Prisma takes (`schema-engine`, `acquire_lock`), so that we wait for each other. */
const ADVISORY_LOCK = 72_707_369;

const CREATE_BOOKS = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id varchar(36) PRIMARY KEY NOT NULL,
    checksum varchar(64) NOT NULL,
    finished_at timestamptz,
    migration_name varchar(255) NOT NULL,
    logs text,
    rolled_back_at timestamptz,
    started_at timestamptz NOT NULL DEFAULT now(),
    applied_steps_count integer NOT NULL DEFAULT 0
  )`;

interface Migration {
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, in hexadecimal. */
  readonly checksum: string;
}

interface Applied {
  readonly checksum: string;
  /** Null: begun, but not known to have finished. */
  readonly finishedAt: Date | null;
}

/** The database and the migrations do not fit together; the message says what to do. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/**
 * Applies the migrations in `dir` that the database lacks, in the order of their names, each in
 * a transaction of its own. Processes that start at once wait for each other.
 *
 * @param dir the folder with one subfolder per migration; those of Latchkey unless given
 * @param only those of a backup: no others are applied, and all of them must be known
 * @returns the names of those it applied
 * @throws {MigrationError} `dir` is missing, the server is too old, the database is newer than
 *   `dir`, a migration was edited after it was applied, or one failed now or earlier
 */
export async function migrate(
  connectionString: string,
  dir = findMigrations(),
  only?: readonly Pick<Migration, 'name' | 'checksum'>[],
): Promise<string[]> {
  const db = new pg.Client({ connectionString, application_name: 'latchkey migrate' });
  // A connection that breaks also fails the statement that waits on it.
  db.on('error', () => {});
  await db.connect();
  try {
    await refuseOldServer(db);
    const known = await readMigrations(dir);
    const migrations = only ? pick(known, only) : known;
    await lock(db);
    await db.query(CREATE_BOOKS);
    const applied = await readApplied(db);
    if (migrations.some(({ name }) => !applied.get(name)?.finishedAt)) {
      // The limits of the role that requests have too; an index takes as long as it takes.
      await db.query('SET statement_timeout = 0; SET lock_timeout = 0');
    }
    await undoUnfinished(db, migrations, applied);
    checkHistory(migrations, applied);
    const missing = migrations.filter(({ name }) => !applied.has(name));
    for (const migration of missing) await apply(db, migration);
    return missing.map(({ name }) => name);
  } finally {
    await db.end();
  }
}

function pick(known: Migration[], only: readonly Pick<Migration, 'name' | 'checksum'>[]) {
  return only.map(({ name, checksum }) => {
    const migration = known.find((each) => each.name === name && each.checksum === checksum);
    if (migration) return migration;
    throw new MigrationError(
      `The backup has the migration ${name}, which this version of Latchkey does not know. ` +
        'Restore with the version that wrote it, or a later one.',
    );
  });
}

async function refuseOldServer(db: pg.Client): Promise<void> {
  const { rows } = await db.query<{ number: number; version: string }>(
    `SELECT current_setting('server_version_num')::int AS number,
            current_setting('server_version') AS version`,
  );
  const [server] = rows;
  if (server && server.number < SERVER_VERSION_MIN) {
    throw new MigrationError(
      `Latchkey needs PostgreSQL 15 or later, and this server is ${server.version}.`,
    );
  }
}

/**
 * Asks again instead of waiting in one statement: that would hold a snapshot, for which a
 * CREATE INDEX CONCURRENTLY under the lock would wait in turn, a deadlock.
 */
async function lock(db: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await db.query<{ locked: boolean }>(
      'SELECT pg_try_advisory_lock($1) AS locked',
      [ADVISORY_LOCK],
    );
    if (rows[0]?.locked) return;
    await sleep(50);
  }
}

/**
 * The folder `prisma/migrations` beside or above this file: `dist` and `server/platform` lie at
 * different depths, and the working directory may be any.
 */
function findMigrations(): string {
  for (let dir = import.meta.dirname; ; dir = dirname(dir)) {
    const migrations = join(dir, 'prisma', 'migrations');
    if (existsSync(migrations)) return migrations;
    if (dir === dirname(dir)) {
      throw new MigrationError(
        `Latchkey finds no folder prisma/migrations in ${import.meta.dirname} or above it. ` +
          'It comes with Latchkey: keep it beside dist.',
      );
    }
  }
}

async function readMigrations(dir: string): Promise<Migration[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(
    (cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'ENOENT') throw cause;
      throw new MigrationError(`There is no folder of migrations at ${dir}.`, { cause });
    },
  );
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(join(dir, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/** SQL: the `name` of the migration that was applied last. */
export const latestMigrationSql =
  'SELECT max(migration_name) AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL';

async function readApplied(db: pg.Client): Promise<Map<string, Applied>> {
  const { rows } = await db.query<Applied & { name: string }>(
    `SELECT migration_name AS name, checksum, finished_at AS "finishedAt"
     FROM _prisma_migrations WHERE rolled_back_at IS NULL`,
  );
  return new Map(rows.map((row) => [row.name, row]));
}

function checkHistory(migrations: Migration[], applied: Map<string, Applied>): void {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const [name, { checksum, finishedAt }] of applied) {
    const migration = known.get(name);
    if (!migration) {
      throw new MigrationError(
        `The database has the migration ${name}, which this version of Latchkey does not know. ` +
          'Run the version that applied it, or a later one.',
      );
    }
    if (!finishedAt) {
      throw new MigrationError(
        `The migration ${name} began earlier and did not finish. Undo what it left behind, then: ` +
          `UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name = '${name}' AND finished_at IS NULL`,
      );
    }
    if (migration.checksum !== checksum) {
      throw new MigrationError(`The migration ${name} was edited after it was applied.`);
    }
  }
}

/**
 * A CREATE INDEX CONCURRENTLY that was killed, or failed, leaves an index that is invalid, and stands in the
 * books as begun. We hold the lock, so nobody is making it: it is dropped, and made again.
 */
async function undoUnfinished(
  db: pg.Client,
  migrations: Migration[],
  applied: Map<string, Applied>,
): Promise<void> {
  for (const { name, sql } of migrations) {
    const index = indexMadeAlone(sql);
    if (index === null || applied.get(name)?.finishedAt !== null) continue;
    await db.query(`DROP INDEX CONCURRENTLY IF EXISTS ${index}`);
    await db.query(
      `UPDATE _prisma_migrations SET rolled_back_at = clock_timestamp()
       WHERE migration_name = $1 AND finished_at IS NULL AND rolled_back_at IS NULL`,
      [name],
    );
    applied.delete(name);
  }
}

async function apply(db: pg.Client, migration: Migration): Promise<void> {
  try {
    if (standsAlone(migration.sql)) await applyAlone(db, migration);
    else await applyInTransaction(db, migration);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new MigrationError(`The migration ${migration.name} failed: ${reason}`, { cause });
  }
}

async function applyInTransaction(db: pg.Client, migration: Migration): Promise<void> {
  await db.query('BEGIN');
  try {
    await db.query(migration.sql);
    await record(db, migration);
    await finish(db, migration);
    await db.query('COMMIT');
  } catch (error) {
    // If the connection is gone, so is the transaction.
    await db.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

/** The book keeps the beginning too: a crash half-way would otherwise go unseen. */
async function applyAlone(db: pg.Client, migration: Migration): Promise<void> {
  await record(db, migration);
  await db.query(migration.sql);
  await finish(db, migration);
}

async function record(db: pg.Client, { name, checksum }: Migration): Promise<void> {
  await db.query(
    'INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ($1, $2, $3)',
    [randomUUID(), checksum, name],
  );
}

async function finish(db: pg.Client, { name }: Migration): Promise<void> {
  await db.query(
    `UPDATE _prisma_migrations SET finished_at = clock_timestamp(), applied_steps_count = 1
     WHERE migration_name = $1 AND rolled_back_at IS NULL`,
    [name],
  );
}

/** PostgreSQL runs `CREATE INDEX CONCURRENTLY` and its like only outside a transaction. */
function standsAlone(sql: string): boolean {
  return /^\s*(CREATE|DROP|REINDEX)\b[^;]*\bCONCURRENTLY\b/i.test(withoutComments(sql));
}

/** The name of the index that a migration of one statement makes CONCURRENTLY, as it is written there. */
function indexMadeAlone(sql: string): string | null {
  const pattern =
    /^\s*CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?:IF\s+NOT\s+EXISTS\s+)?("[^"]+"|\w+)\s+ON\b/i;
  return pattern.exec(withoutComments(sql))?.[1] ?? null;
}

function withoutComments(sql: string): string {
  return sql.replace(/--.*$/gm, '').replace(/\/\*[\s\S]*?\*\//g, '');
}
