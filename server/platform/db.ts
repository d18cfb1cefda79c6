import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient } from '../../prisma/generated/client.ts';

/**
 * The database: Prisma for what GraphQL selects and for ordinary writes, and the same pool beneath
 * it for the few statements that Prisma cannot say (`db.$pool.query`).
 */
export type Db = PrismaClient & {
  readonly $pool: pg.Pool;
  /** A connection beside the pool, for what must not wait until requests leave one free. */
  readonly $urgent: pg.Pool;
};

/** Inside a Prisma transaction. */
export type Tx = Parameters<Parameters<PrismaClient['$transaction']>[0]>[0];

export interface DbOptions {
  url: string;
  /** Connections at most, and one more for what is urgent. */
  poolMax: number;
  /** Told of connections that broke while idle; the pool replaces them by itself. */
  onError?: (error: Error) => void;
}

/** No statement runs longer. */
export const statementTimeoutMs = 30_000;
/** A row that somebody holds for longer is not waited for: others stand behind. */
export const lockTimeoutMs = 5_000;

/**
 * For statements that others wait behind: one without an answer fails after so long, and its connection
 * is given up, for one that was cut without a word answers never. Of pg, whose types do not know that a
 * single statement takes it, too.
 */
export const promptly = { query_timeout: 5_000 };

/**
 * The same for writes. What a write has done is unknown once it is given up, so it is given up only after
 * PostgreSQL would have ended it itself: then there is nobody left to say.
 */
export const answered = { query_timeout: statementTimeoutMs + 5_000 };

/**
 * One write that others wait behind, in a transaction of its own.
 *
 * @throws the database's error; "Query read timeout", where it said nothing: the write may have been
 * committed, so whoever repeats it must find what it wrote
 */
export async function writeInTurn<Row extends pg.QueryResultRow>(
  { $pool }: Db,
  query: pg.QueryConfig,
): Promise<pg.QueryResult<Row>> {
  try {
    return await $pool.query<Row>({ ...query, ...answered });
  } catch (error) {
    giveUpIdle($pool, error);
    throw error;
  }
}

/**
 * After one connection turned out to be cut, those that are idle are not handed out any more: the next
 * would wait just as long for each of them.
 */
export function giveUpIdle(pool: pg.Pool, error: unknown): void {
  if (!isSilence(error)) return;
  for (let idle = pool.idleCount; idle > 0; idle -= 1) {
    pool.connect().then(
      (client) => client.release(true),
      () => {}, // gone already
    );
  }
}

function isSilence(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout';
}

const limitsSql = `SET statement_timeout = ${statementTimeoutMs}; SET lock_timeout = ${lockTimeoutMs};
  SET idle_in_transaction_session_timeout = ${statementTimeoutMs}`;

/**
 * What pages read is mostly in memory, or on a disk without a head. PostgreSQL's 4.0 is of disks with
 * one: by it, it would rather collect all 47,000 sessions of a key and sort them than read the newest
 * twenty off an index that has them in order (219 ms against 2, November 2026).
 *
 * And nothing is compiled: for what comes in as JSON PostgreSQL takes a hundred rows where there is one,
 * so that it would compile statements of a few milliseconds, which takes longer than they do.
 */
const plannerSql = 'SET random_page_cost = 1.1; SET jit = off';

const setUp = { text: `${limitsSql}; ${plannerSql}`, ...promptly };

/** Of pg-pool since 3.10; its types do not know it yet. Awaited before a connection is handed out. */
type PoolOptions = pg.PoolConfig & { onConnect(client: pg.PoolClient): Promise<void> };

/** Opens no connection before the first statement. */
export function openDb({ url, poolMax, onError }: DbOptions): Db {
  const options: PoolOptions = {
    connectionString: url,
    max: poolMax,
    connectionTimeoutMillis: 5_000, // without it a request waits for a free connection for ever
    idleTimeoutMillis: 60_000,
    application_name: 'latchkey',
    // One that was cut without a word is noticed, here after twenty seconds, unless something is on its way
    // to it: the kernel goes on sending that for a quarter of an hour.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // Not as start-up parameters, which poolers refuse.
    onConnect: (client) => client.query(setUp).then(() => {}),
  };
  const pool = new pg.Pool(options);
  const urgent = new pg.Pool({ ...options, max: 1 });
  for (const each of [pool, urgent]) {
    each.on('error', (error) => onError?.(error));
    // The pool listens to those that are idle alone. Who uses one hears from its statements that it broke;
    // unheard, the event would end the process.
    each.on('connect', (client) => client.on('error', () => {}));
  }
  const prisma = new PrismaClient({
    adapter: new PrismaPg(pool),
    transactionOptions: { maxWait: 5_000, timeout: statementTimeoutMs },
  });
  return Object.assign(prisma, { $pool: pool, $urgent: urgent });
}

/** Ends every connection, after the statements that still run. */
export async function closeDb(db: Db): Promise<void> {
  await db.$disconnect();
  await Promise.all([db.$pool.end(), db.$urgent.end()]);
}

const unavailableWords = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN', // nobody answers for the name
  'P1001', // Prisma: can't reach the server
  'P1002', // Prisma: timed out
  'P1008', // Prisma: operation timed out
  'P1017', // Prisma: the server closed the connection
  'P2024', // Prisma: no connection from the pool in time
  'P2028', // Prisma: a transaction could not begin, or took too long
  'P2034', // Prisma: deadlock, or could not be serialised
  'P2037', // Prisma: too many connections
  'ConnectionClosed', // of Prisma's adapter, under another code of Prisma
  'DatabaseNotReachable',
  'SocketTimeout',
  '25P03', // SQLSTATE: a transaction was idle for too long
  '40001', // SQLSTATE: could not be serialised
  '40P01', // SQLSTATE: deadlock
  '57014', // SQLSTATE: the statement took too long
  '55P03', // SQLSTATE: a lock was not to be had in time
]);

/** Whether the error says that the database is away, full or restarting, rather than that we erred. */
export function isDatabaseUnavailable(error: unknown): boolean {
  let at = error as DatabaseError | null | undefined;
  for (let depth = 0; typeof at === 'object' && at !== null && depth < 6; depth += 1) {
    for (const word of [at.code, at.errorCode, at.originalCode, at.kind]) {
      if (typeof word !== 'string') continue;
      // SQLSTATE 08 connection, 53 resources, 57P shutdown
      if (unavailableWords.has(word) || /^(08...|53...|57P0[1-5])$/.test(word)) return true;
    }
    if (
      /Connection terminated|is not queryable|timeout exceeded when trying to connect|Query read timeout|Can't reach database/.test(
        String(at.message),
      )
    ) {
      return true;
    }
    at = at.meta?.driverAdapterError ?? at.cause;
  }
  return false;
}

/** What errors of Node, pg and Prisma may hold. Prisma keeps what its adapter was told in `meta`. */
interface DatabaseError {
  code?: unknown;
  errorCode?: unknown;
  message?: unknown;
  cause?: DatabaseError | null;
  meta?: { driverAdapterError?: DatabaseError };
  /** Of the adapter: the SQLSTATE, where PostgreSQL said one. */
  originalCode?: unknown;
  /** Of the adapter: its own word. */
  kind?: unknown;
}
