import { counterColumns, eachCounter } from '../auth-sessions/effects.ts';
import { overdueSql } from '../auth-sessions/record.ts';
import { together } from '../load.ts';
import type { SessionTotals } from '../session-counts.ts';
import { type Cohort, quarterOf } from './cohort.ts';

/**
 * The segments between edges that follow each other, in quarter hours since 1970, and what each takes of
 * a day (UTC): the quarter hours after the first `skipped`, up to the first `upto`. Folded days answer
 * that by one subtraction, so the cost follows the days. What is not folded yet, of the last day or two,
 * is looked up by its edges; so are the few sessions that nobody moved since their lifetime ended: they
 * count as expired.
 */
const text = `
SELECT c.n::int AS cohort, s.n AS segment, ${eachCounter((name) => `s.${name}::float8 AS ${name}`)}
FROM ROWS FROM (jsonb_to_recordset($1) AS (environment_ids text[], edges int[]))
  WITH ORDINALITY AS c(environment_ids, edges, n)
CROSS JOIN LATERAL (
  WITH segment AS (
    SELECT n::int, since, lead(since) OVER (ORDER BY n) AS till
    FROM unnest(c.edges) WITH ORDINALITY AS e(since, n)
  ),
  piece AS MATERIALIZED (
    SELECT n, DATE '1970-01-01' + day AS day, greatest(since - 96 * day, 0) AS skipped,
      least(till - 96 * day, 96) AS upto
    FROM segment CROSS JOIN LATERAL generate_series(since / 96, (till - 1) / 96) AS day
  ),
  part AS (
    SELECT n, ${eachCounter((name) => `coalesce(d.${name}[upto], 0) - coalesce(d.${name}[skipped], 0) AS ${name}`)}
    FROM piece JOIN session_days d USING (day) WHERE d.environment_id = ANY (c.environment_ids)
      AND d.day BETWEEN DATE '1970-01-01' + c.edges[1] / 96 AND DATE '1970-01-01' + c.edges[cardinality(c.edges)] / 96
    UNION ALL
    SELECT width_bucket((extract(epoch FROM quarter_at) / 900)::int, c.edges), ${counterColumns}
    FROM session_rollups
    WHERE environment_id = ANY (c.environment_ids)
      AND quarter_at >= to_timestamp(900::float8 * c.edges[1])
      AND quarter_at < to_timestamp(900::float8 * c.edges[cardinality(c.edges)])
    UNION ALL
    SELECT width_bucket(floor(extract(epoch FROM created_at) / 900)::int, c.edges), 0, 0, 0, 1, 0
    FROM auth_sessions a
    WHERE environment_id = ANY (c.environment_ids) AND ${overdueSql('a')}
      AND created_at >= to_timestamp(900::float8 * c.edges[1])
      AND created_at < to_timestamp(900::float8 * c.edges[cardinality(c.edges)])
  )
  SELECT n, ${eachCounter((name) => `sum(${name}) AS ${name}`)} FROM part GROUP BY n
) s`;

/**
 * What became of the sessions that started in each segment between the edges of a cohort.
 *
 * All that one request asks for take one statement, which reads days and no sessions but the overdue.
 */
export const countSessions = together<Cohort, SessionTotals[]>(async ({ db }, cohorts) => {
  const asked = cohorts.map(({ environmentIds, edges }) => ({
    environment_ids: environmentIds,
    edges: edges.map(quarterOf),
  }));
  const { rows } = await db.$pool.query<SessionTotals & { cohort: number; segment: number }>(text, [
    JSON.stringify(asked),
  ]);
  const all = cohorts.map(({ edges }) => edges.slice(1).map(noSessions));
  for (const { cohort, segment, ...totals } of rows) all[cohort - 1]![segment - 1] = totals;
  return all;
});

const noSessions = (): SessionTotals => ({
  started: 0,
  confirmed: 0,
  cancelled: 0,
  expired: 0,
  used: 0,
});
