/**
 * Folds the rollups of days that are over into one row for each environment and day.
 *
 * Invariant: a count is the sum of rollups and days; histograms of months are the sums of those of their
 * days. Rows move from one to the other in one statement, so every other statement sees them in exactly
 * one place, whether or not this job ever ran. A session
 * that changes late (a sweep that comes after a standstill) is counted in the rollups again, and folded
 * by a later run.
 */
import type { Db } from '../../platform/db.ts';
import { counterColumns, eachCounter } from '../auth-sessions/effects.ts';
import type { Call } from '../call.ts';

/** A session lives for an hour at most and is exchanged soon after: a day that is over stays as it is. */
const settledAfter = '2 hours';
const batchSize = 10_000;

/**
 * Takes a batch, oldest first, one environment after the other, along the index. Rows that somebody
 * holds are left to a later run: who waits for nobody is in no deadlock. Those of deleted environments
 * are the purge's.
 */
const taken = (table: string, key: string) => `
due AS (
  SELECT r.* FROM (SELECT id FROM environments WHERE id >= $1 ORDER BY id) e CROSS JOIN LATERAL (
    SELECT ${key} FROM ${table}
    WHERE environment_id = e.id AND quarter_at < date_trunc('day', now() - interval '${settledAfter}', 'UTC')
    ORDER BY ${key} LIMIT ${batchSize} FOR UPDATE SKIP LOCKED) r
  LIMIT ${batchSize}
),
gone AS (
  DELETE FROM ${table} r WHERE (${key}) IN (SELECT ${key} FROM due)
  RETURNING r.*, (r.quarter_at AT TIME ZONE 'UTC')::date AS day,
    extract(epoch FROM r.quarter_at)::bigint / 900 % 96 AS quarter
)`;

/** The month (UTC) of a day, by its first day. */
export const monthSql = (day: string) => `date_trunc('month', ${day}::timestamp)::date`;

const place = 'environment_id, day, project_id, workspace_id';

const foldSessions = `
WITH ${taken('session_rollups', 'environment_id, quarter_at, slot')},
counted AS (
  SELECT ${place}, quarter, ${eachCounter((name) => `sum(${name}) AS ${name}`)} FROM gone GROUP BY ${place}, quarter
),
running AS (
  SELECT ${place}, quarter, ${eachCounter((name) => `coalesce(sum(${name}) OVER until, 0)::int AS ${name}`)}
  FROM (SELECT DISTINCT ${place} FROM counted) d CROSS JOIN generate_series(0, 95) AS quarter
    LEFT JOIN counted USING (${place}, quarter)
  WINDOW until AS (PARTITION BY environment_id, day ORDER BY quarter)
),
folded AS (
  INSERT INTO session_days (${place}, ${counterColumns})
  SELECT ${place}, ${eachCounter((name) => `array_agg(${name} ORDER BY quarter)`)}
  FROM running GROUP BY ${place} ORDER BY environment_id, day
  ON CONFLICT (environment_id, day) DO UPDATE SET ${eachCounter(
    (name) => `${name} = ARRAY(SELECT a + b
      FROM unnest(session_days.${name}, EXCLUDED.${name}) WITH ORDINALITY AS u(a, b, n) ORDER BY n)`,
  )}
)
SELECT count(*)::int AS count, max(environment_id) AS last FROM gone`;

const foldConfirmTimes = `
WITH ${taken('confirm_time_rollups', 'environment_id, quarter_at, slot, bucket')},
counted AS (
  SELECT ${place}, quarter, bucket, sum(count)::int AS count FROM gone GROUP BY ${place}, quarter, bucket
),
whole AS (
  SELECT environment_id, day, array_agg(bucket ORDER BY bucket) AS buckets,
    array_agg(count ORDER BY bucket) AS counts
  FROM (SELECT environment_id, day, bucket, sum(count)::int AS count FROM counted GROUP BY 1, 2, 3) c
  GROUP BY environment_id, day
),
parts AS (
  SELECT ${place}, array_agg((256 * quarter + bucket)::smallint ORDER BY quarter, bucket) AS places,
    array_agg(count ORDER BY quarter, bucket) AS place_counts
  FROM counted GROUP BY ${place}
),
folded AS (
  INSERT INTO confirm_time_days AS d (${place}, buckets, counts, places, place_counts)
  SELECT ${place}, buckets, counts, places, place_counts
  FROM parts JOIN whole USING (environment_id, day) ORDER BY environment_id, day
  ON CONFLICT (environment_id, day) DO UPDATE SET buckets = d.buckets || EXCLUDED.buckets,
    counts = d.counts || EXCLUDED.counts, places = d.places || EXCLUDED.places,
    place_counts = d.place_counts || EXCLUDED.place_counts
),
added AS (
  INSERT INTO confirm_time_months AS m (environment_id, month, project_id, workspace_id, buckets, counts)
  SELECT environment_id, month, project_id, workspace_id, array_agg(bucket ORDER BY bucket),
    array_agg(count ORDER BY bucket)
  FROM (SELECT environment_id, ${monthSql('day')} AS month, project_id, workspace_id, bucket,
      sum(count)::int AS count FROM counted GROUP BY 1, 2, 3, 4, 5) c
  GROUP BY 1, 2, 3, 4 ORDER BY 1, 2
  ON CONFLICT (environment_id, month) DO UPDATE SET (buckets, counts) = (
    SELECT array_agg(bucket ORDER BY bucket), array_agg(count ORDER BY bucket)
    FROM (SELECT bucket, sum(count)::int AS count
      FROM unnest(m.buckets || EXCLUDED.buckets, m.counts || EXCLUDED.counts) AS u(bucket, count)
      GROUP BY 1) c)
)
SELECT count(*)::int AS count, max(environment_id) AS last FROM gone`;

/**
 * Safe to run in several processes at once, and to be killed: a batch is one statement.
 *
 * @returns how many rows of rollups went into days
 */
export async function foldRollups({ db }: Pick<Call, 'db'>): Promise<number> {
  return (await foldAll(db, foldSessions)) + (await foldAll(db, foldConfirmTimes));
}

async function foldAll({ $pool }: Db, text: string): Promise<number> {
  let folded = 0;
  // Each batch begins where the one before ended, and does not walk past what that left behind.
  for (let from = ''; ; ) {
    const { rows } = await $pool.query<{ count: number; last: string }>(text, [from]);
    const { count, last } = rows[0]!;
    folded += count;
    if (count < batchSize) return folded;
    from = last;
  }
}
