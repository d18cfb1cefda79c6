/**
 * What the sessions of an environment say, and what was counted, cell by cell: a cell is a quarter hour
 * and what is counted of it, one of the counters or a bucket of the time to confirm.
 *
 * Every change of a session is one statement that counts it too, so in any snapshot the two differ by
 * nothing but errors, whatever is going on. What mends them is therefore a difference to be added, and
 * not a number to be set.
 *
 * Parameters: $1 the environment, $2 the first instant, $3 the instant after the last.
 */
import {
  addCounters,
  counterColumns,
  type counters,
  eachCounter,
  quarterSql,
} from '../auth-sessions/effects.ts';
import { bucketSql } from '../confirm-times.ts';
import { monthSql } from './fold-rollups.ts';

const bucketName = (sql: string) => `'bucket ' || ${sql}`;

/** A row of counters as cells. */
const unpivot = (value: (name: string) => string) =>
  `CROSS JOIN LATERAL (VALUES ${eachCounter((name) => `('${name}', (${value(name)})::bigint)`)}) AS v(what, count)`;

const reached: Record<(typeof counters)[number], string> = {
  started: 'true',
  confirmed: "status IN ('CONFIRMED', 'USED')",
  cancelled: "status = 'CANCELLED'",
  expired: "status = 'EXPIRED'", // as written: whoever reads counts the overdue on top
  used: "status = 'USED'",
};

const ofSessions = `
SELECT s.quarter_at, v.what, v.count
FROM (
  SELECT ${quarterSql('created_at')} AS quarter_at,
    ${eachCounter((name) => `count(*) FILTER (WHERE ${reached[name]}) AS ${name}`)}
  FROM auth_sessions WHERE environment_id = $1 AND created_at >= $2 AND created_at < $3 GROUP BY 1
) s ${unpivot((name) => `s.${name}`)}
UNION ALL
SELECT ${quarterSql('a.created_at')}, ${bucketName(bucketSql('a'))}, count(*)
FROM auth_sessions a
WHERE environment_id = $1 AND created_at >= $2 AND created_at < $3 AND confirmed_at IS NOT NULL
GROUP BY 1, 2`;

const quarterOfDay = (quarter: string) =>
  `(d.day + (${quarter}) * interval '15 minutes') AT TIME ZONE 'UTC'`;
const daysInRange = `d.environment_id = $1
  AND d.day >= ($2::timestamptz AT TIME ZONE 'UTC')::date AND d.day <= ($3::timestamptz AT TIME ZONE 'UTC')::date`;

const ofCounts = `
SELECT quarter_at, what, sum(count) AS count FROM (
  SELECT r.quarter_at, v.what, v.count
  FROM session_rollups r ${unpivot((name) => `r.${name}`)} WHERE r.environment_id = $1
  UNION ALL
  SELECT ${quarterOfDay('n - 1')}, v.what, v.count
  FROM session_days d CROSS JOIN generate_series(1, 96) AS n
    ${unpivot((name) => `d.${name}[n] - coalesce(d.${name}[n - 1], 0)`)} WHERE ${daysInRange}
  UNION ALL
  SELECT r.quarter_at, ${bucketName('r.bucket')}, r.count
  FROM confirm_time_rollups r WHERE r.environment_id = $1
  UNION ALL
  SELECT ${quarterOfDay('u.place / 256')}, ${bucketName('u.place % 256')}, u.count
  FROM confirm_time_days d CROSS JOIN LATERAL unnest(d.places, d.place_counts) AS u(place, count)
  WHERE ${daysInRange}
) c WHERE quarter_at >= $2 AND quarter_at < $3 GROUP BY 1, 2`;

/** The cells in which the two differ. */
export const differencesSql = `
SELECT quarter_at, what, coalesce(s.count, 0) AS sessions, coalesce(c.count, 0) AS counted
FROM (${ofSessions}) s FULL JOIN (${ofCounts}) c USING (quarter_at, what)
WHERE coalesce(s.count, 0) <> coalesce(c.count, 0)`;

const place = (condition = 'true') => `(SELECT e.id AS environment_id, e.project_id, p.workspace_id
  FROM environments e JOIN projects p ON p.id = e.project_id WHERE e.id = $1 AND ${condition}) e`;
/** False from the statement on that removed sessions of the range: without them nothing can be said. */
const isKept = "$2 >= coalesce(e.sessions_purged_before, '-infinity')";
const missing = (name: string) =>
  `coalesce(sum(sessions - counted) FILTER (WHERE what = '${name}'), 0) AS ${name}`;

/** Adds to the rollups what they lack, or have too much. */
export const mendRollupsSql = `
WITH difference AS (${differencesSql}),
mended AS (
  INSERT INTO session_rollups (environment_id, quarter_at, slot, project_id, workspace_id, ${counterColumns})
  SELECT environment_id, quarter_at, 0, project_id, workspace_id, ${eachCounter(missing)}
  FROM difference CROSS JOIN ${place(isKept)} WHERE what NOT LIKE 'bucket %' GROUP BY 1, 2, 4, 5 ORDER BY 2
  ON CONFLICT (environment_id, quarter_at, slot) DO ${addCounters('session_rollups')}
)
INSERT INTO confirm_time_rollups (environment_id, quarter_at, slot, bucket, project_id, workspace_id, count)
SELECT environment_id, quarter_at, 0, substr(what, 8)::smallint, project_id, workspace_id, sessions - counted
FROM difference CROSS JOIN ${place(isKept)} WHERE what LIKE 'bucket %' ORDER BY 2, 4
ON CONFLICT (environment_id, quarter_at, slot, bucket)
  DO UPDATE SET count = confirm_time_rollups.count + EXCLUDED.count`;

/** What an environment's rollups of all time add up to, and its totals. Parameter: $1 the environment. */
export const totalsSql = `
SELECT what, sum(counted) AS counted, sum(total) AS total FROM (
  SELECT v.what, v.count AS counted, 0 AS total
  FROM session_rollups r ${unpivot((name) => `r.${name}`)} WHERE r.environment_id = $1
  UNION ALL
  SELECT v.what, v.count, 0
  FROM session_days d ${unpivot((name) => `d.${name}[96]`)} WHERE d.environment_id = $1
  UNION ALL
  SELECT v.what, 0, v.count
  FROM session_totals t ${unpivot((name) => `t.${name}`)} WHERE t.environment_id = $1
) c GROUP BY what`;

export const mendTotalsSql = `
WITH sum AS (${totalsSql})
INSERT INTO session_totals (environment_id, slot, project_id, workspace_id, ${counterColumns})
SELECT environment_id, 0, project_id, workspace_id,
  ${eachCounter((name) => `sum(counted - total) FILTER (WHERE what = '${name}')`)}
FROM sum CROSS JOIN ${place()} GROUP BY 1, 3, 4
ON CONFLICT (environment_id, slot) DO ${addCounters('session_totals')}`;

/** Days whose histogram is not what their quarter hours add up to. Parameter: $1 the environment. */
export const wholeDaysSql = `
SELECT d.day AT TIME ZONE 'UTC' AS quarter_at, 'bucket ' || bucket || ' of the whole day' AS what,
  sum(part) AS sessions, sum(whole) AS counted
FROM confirm_time_days d CROSS JOIN LATERAL (
  SELECT u.place % 256 AS bucket, u.count AS part, 0 AS whole FROM unnest(d.places, d.place_counts) AS u(place, count)
  UNION ALL
  SELECT u.bucket, 0, u.count FROM unnest(d.buckets, d.counts) AS u(bucket, count)
) c WHERE d.environment_id = $1 GROUP BY d.day, bucket HAVING sum(part) <> sum(whole)`;

export const mendWholeDaySql = `
UPDATE confirm_time_days SET (buckets, counts) = (
  SELECT coalesce(array_agg(bucket::smallint), '{}'), coalesce(array_agg(count::int), '{}')
  FROM (SELECT place % 256 AS bucket, sum(count) AS count
    FROM unnest(places, place_counts) AS u(place, count) GROUP BY 1) c
) WHERE environment_id = $1 AND day = ($2::timestamptz AT TIME ZONE 'UTC')::date`;

/** Months whose histogram is not what the quarter hours of their days add up to. Parameter: $1 the environment. */
export const monthsSql = `
SELECT month AT TIME ZONE 'UTC' AS quarter_at, 'bucket ' || bucket || ' of the month' AS what,
  sum(part) AS sessions, sum(whole) AS counted
FROM (
  SELECT ${monthSql('d.day')} AS month, u.place % 256 AS bucket, u.count AS part, 0 AS whole
  FROM confirm_time_days d CROSS JOIN LATERAL unnest(d.places, d.place_counts) AS u(place, count)
  WHERE d.environment_id = $1
  UNION ALL
  SELECT m.month, u.bucket, 0, u.count
  FROM confirm_time_months m CROSS JOIN LATERAL unnest(m.buckets, m.counts) AS u(bucket, count)
  WHERE m.environment_id = $1
) c GROUP BY month, bucket HAVING sum(part) <> sum(whole)`;

/** Parameter: $2 the first day of the month. */
export const mendMonthSql = `
WITH days AS (
  SELECT u.place % 256 AS bucket, sum(u.count)::int AS count
  FROM confirm_time_days d CROSS JOIN LATERAL unnest(d.places, d.place_counts) AS u(place, count)
  WHERE d.environment_id = $1 AND ${monthSql('d.day')} = ($2::timestamptz AT TIME ZONE 'UTC')::date GROUP BY 1
)
INSERT INTO confirm_time_months (environment_id, month, project_id, workspace_id, buckets, counts)
SELECT environment_id, ($2::timestamptz AT TIME ZONE 'UTC')::date, project_id, workspace_id,
  ARRAY(SELECT bucket FROM days ORDER BY bucket), ARRAY(SELECT count FROM days ORDER BY bucket)
FROM ${place()}
ON CONFLICT (environment_id, month) DO UPDATE SET buckets = EXCLUDED.buckets, counts = EXCLUDED.counts`;
