import type { Db } from '../../server/platform/db.ts';

/** Runs something while another process has changed a row and not committed yet. */
export async function inOpenTransaction(
  db: Db,
  statement: string,
  run: (commit: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const other = await db.$pool.connect();
  try {
    await other.query('BEGIN');
    await other.query(statement);
    await run(() => other.query('COMMIT'));
  } finally {
    await other.query('ROLLBACK');
    other.release();
  }
}

/** How many statements on this database wait for a lock. */
export async function countWaiting(db: Db): Promise<number> {
  const { rows } = await db.$pool.query(
    `SELECT count(*)::int AS waiting FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return rows[0].waiting;
}
