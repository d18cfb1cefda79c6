import type pg from 'pg';
import type { Db } from '../../server/platform/db.ts';

/** One statement as it went to PostgreSQL. */
export interface Statement {
  text: string;
  /** Of a prepared statement of ours; null for Prisma's and other plain ones. */
  name: string | null;
  /** Of its parameters. */
  values: unknown[];
}

export interface StatementWatch {
  /**
   * The statements that ran while `act` did, on every connection, in order. BEGIN, COMMIT and the
   * like are left out: they bound work and are none. So is what is told and looked up for live connections.
   *
   * @throws {Error} another call has not ended, so that it could not be told whose statements they are
   */
  during<Result>(act: () => Promise<Result>): Promise<{ result: Result; statements: Statement[] }>;
}

const isBoundary = /^\s*(BEGIN|START TRANSACTION|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET )/i;

/**
 * Sees every statement of a database: what Prisma makes and what we write goes through one pool.
 *
 * @throws {Error} the pool has connections already, which could not be seen
 */
export function watchStatements(db: Db): StatementWatch {
  if (db.$pool.totalCount > 0) throw new Error('Watch statements before the first one runs.');
  let seen: Statement[] | null = null;

  db.$pool.on('connect', (client: pg.PoolClient) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    client.query = ((...args: unknown[]) => {
      const statement = readStatement(args);
      // What live connections ask by themselves belongs to no act.
      const isLive = statement.name?.startsWith('live-') ?? false;
      if (!isLive && !isBoundary.test(statement.text)) seen?.push(statement);
      return query(...args);
    }) as typeof client.query;
  });

  return {
    async during(act) {
      if (seen) throw new Error('Statements are counted for one act at a time.');
      const statements: Statement[] = [];
      seen = statements;
      try {
        return { result: await act(), statements };
      } finally {
        seen = null;
      }
    },
  };
}

/** What `client.query` takes: text and values, or an object with both. */
function readStatement([query, more]: unknown[]): Statement {
  const given = typeof query === 'string' ? { text: query } : (query as Partial<Statement>);
  const values = given.values ?? (Array.isArray(more) ? more : []);
  return { text: given.text!, name: given.name ?? null, values };
}
