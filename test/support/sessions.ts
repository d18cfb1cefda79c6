import { expect } from 'vitest';
import { bucketSql } from '../../server/domain/confirm-times.ts';
import type { Db } from '../../server/platform/db.ts';

/** Puts the deadline of a pending session a second into the past, as if its lifetime had gone by. */
export async function passDeadline(db: Db, sessionId: string): Promise<void> {
  await db.$executeRaw`UPDATE auth_sessions SET expires_at = now() - interval '1 second'
    WHERE id = ${sessionId} AND status = 'PENDING'`;
}

/**
 * Moves what became of a session into the past; it still counts where it started, and as confirmed as
 * fast as it was.
 */
export async function ageSession(db: Db, sessionId: string, seconds: number): Promise<void> {
  const columns = ['exchangeable_until', 'cancelled_at', 'expired_at', 'used_at'];
  const aged = columns.map((column) => `${column} = ${column} - make_interval(secs => $2)`);
  await db.$pool.query(`UPDATE auth_sessions SET ${aged.join(', ')} WHERE id = $1`, [
    sessionId,
    seconds,
  ]);
}

/** Moves the start of a session into the past, out of the quarter hour that it was counted in. */
export async function ageStart(db: Db, sessionId: string, seconds: number): Promise<void> {
  await db.$pool.query(
    'UPDATE auth_sessions SET created_at = created_at - make_interval(secs => $2) WHERE id = $1',
    [sessionId, seconds],
  );
}

const counters = `count(*) AS started,
  count(*) FILTER (WHERE status IN ('CONFIRMED', 'USED')) AS confirmed,
  count(*) FILTER (WHERE status = 'CANCELLED') AS cancelled,
  count(*) FILTER (WHERE status = 'EXPIRED') AS expired,
  count(*) FILTER (WHERE status = 'USED') AS used`;
const sums = ['started', 'confirmed', 'cancelled', 'expired', 'used']
  .map((name) => `sum(${name})::bigint AS ${name}`)
  .join(', ');

/** Fails unless rollups, histograms, totals and the log say exactly what the sessions themselves say. */
export async function expectCountsToMatchRows(db: Db): Promise<void> {
  const read = async (text: string) => (await db.$pool.query(text)).rows;
  const quarter = `date_bin('15 minutes', created_at, TIMESTAMPTZ '2000-01-01Z')`;
  expect(
    await read(
      `SELECT environment_id, quarter_at, ${sums} FROM session_rollups GROUP BY 1, 2 ORDER BY 1, 2`,
    ),
    'rollups',
  ).toEqual(
    await read(
      `SELECT environment_id, ${quarter} AS quarter_at, ${counters} FROM auth_sessions GROUP BY 1, 2 ORDER BY 1, 2`,
    ),
  );
  expect(
    await read(
      `SELECT environment_id, quarter_at, bucket, sum(count)::bigint AS count
       FROM confirm_time_rollups GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
    ),
    'times to confirm',
  ).toEqual(
    await read(
      `SELECT environment_id, ${quarter} AS quarter_at, ${bucketSql('auth_sessions')} AS bucket, count(*)
       FROM auth_sessions WHERE status IN ('CONFIRMED', 'USED') GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
    ),
  );
  expect(
    await read(`SELECT environment_id, ${sums} FROM session_totals GROUP BY 1 ORDER BY 1`),
    'totals',
  ).toEqual(
    await read(`SELECT environment_id, ${counters} FROM auth_sessions GROUP BY 1 ORDER BY 1`),
  );
  await expectLogToMatchRows(db);
}

/** Fails unless the log has of each session exactly what became of it. */
export async function expectLogToMatchRows(db: Db): Promise<void> {
  const read = async (text: string) => (await db.$pool.query(text)).rows;
  expect(
    await read(
      `SELECT session_id, array_agg(type ORDER BY type) AS types FROM log_entries
       WHERE session_id IS NOT NULL AND type <> 'session.refused' GROUP BY 1 ORDER BY 1`,
    ),
    'log entries',
  ).toEqual(
    await read(
      `SELECT id AS session_id, array_remove(ARRAY[
         CASE WHEN status = 'CANCELLED' THEN 'session.cancelled' END,
         CASE WHEN status IN ('CONFIRMED', 'USED') THEN 'session.confirmed' END,
         CASE WHEN status = 'EXPIRED' THEN 'session.expired' END,
         'session.started',
         CASE WHEN status = 'USED' THEN 'session.used' END], NULL) AS types
       FROM auth_sessions ORDER BY 1`,
    ),
  );
}
