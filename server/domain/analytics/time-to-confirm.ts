import { percentileMs } from '../confirm-times.ts';
import { together } from '../load.ts';
import { type Cohort, quarterOf } from './cohort.ts';

export interface Percentiles {
  p50Ms: number;
  p95Ms: number;
}

/**
 * Whole months and whole days by their own histograms, the rest of the first and the last day by its
 * quarter hours, and what is not folded yet by the rollups.
 *
 * In the select list buckets take half of the time that they take in FROM, where each row's are put aside
 * first (PostgreSQL 18, November 2026).
 */
const text = `
SELECT c.n::int AS cohort, h.bucket::int, h.count::float8
FROM ROWS FROM (jsonb_to_recordset($1) AS (environment_ids text[], since int, till int, months date[],
    days_from date[], days_till date[]))
  WITH ORDINALITY AS c(environment_ids, since, till, months, days_from, days_till, n)
CROSS JOIN LATERAL (
  SELECT bucket, sum(count) AS count FROM (
    SELECT unnest(m.buckets) AS bucket, unnest(m.counts) AS count FROM confirm_time_months m
    WHERE m.environment_id = ANY (c.environment_ids) AND m.month >= c.months[1] AND m.month < c.months[2]
    UNION ALL
    SELECT unnest(d.buckets), unnest(d.counts)
    FROM unnest(c.days_from, c.days_till) AS r(since, till)
      JOIN confirm_time_days d ON d.day >= r.since AND d.day < r.till
    WHERE d.environment_id = ANY (c.environment_ids)
    UNION ALL
    SELECT u.place % 256, u.count
    FROM confirm_time_days d CROSS JOIN LATERAL unnest(d.places, d.place_counts) AS u(place, count)
    WHERE d.environment_id = ANY (c.environment_ids)
      AND d.day = ANY (ARRAY(SELECT DATE '1970-01-01' + edge / 96 FROM unnest(ARRAY[c.since, c.till]) AS edge
        WHERE edge % 96 <> 0))
      AND 96 * (d.day - DATE '1970-01-01') + u.place / 256 >= c.since
      AND 96 * (d.day - DATE '1970-01-01') + u.place / 256 < c.till
    UNION ALL
    SELECT r.bucket, r.count::int FROM confirm_time_rollups r
    WHERE r.environment_id = ANY (c.environment_ids)
      AND r.quarter_at >= to_timestamp(900::float8 * c.since) AND r.quarter_at < to_timestamp(900::float8 * c.till)
  ) counts GROUP BY bucket
) h
WHERE h.count > 0 ORDER BY cohort, bucket`;

/** How long confirming took, between the first and the last edge; null where nobody confirmed. */
export const findTimeToConfirm = together<Cohort, Percentiles | null>(async ({ db }, cohorts) => {
  const asked = cohorts.map(({ environmentIds, edges }) => {
    const [since, till] = [quarterOf(edges[0]!), quarterOf(edges.at(-1)!)];
    return { environment_ids: environmentIds, since, till, ...spansOf(since, till) };
  });
  const { rows } = await db.$pool.query<{ cohort: number; bucket: number; count: number }>(text, [
    JSON.stringify(asked),
  ]);
  return cohorts.map((_, index) => {
    const histogram = rows.filter(({ cohort }) => cohort === index + 1);
    if (histogram.length === 0) return null;
    return { p50Ms: percentileMs(histogram, 0.5), p95Ms: percentileMs(histogram, 0.95) };
  });
});

const quartersOfDay = 96;
const dayMs = 86_400_000;

/**
 * The whole months (UTC) between two quarter hours, and the whole days before and after those. A span
 * ends before its second day, and is empty where that is not later than its first.
 */
function spansOf(since: number, till: number) {
  const [first, last] = [Math.ceil(since / quartersOfDay), Math.floor(till / quartersOfDay)];
  const firstMonth = monthOf(first, 0) === first ? first : monthOf(first, 1);
  const lastMonth = monthOf(last, 0);
  const hasMonths = firstMonth < lastMonth;
  const text = (day: number) => new Date(day * dayMs).toISOString().slice(0, 10);
  return {
    months: [firstMonth, hasMonths ? lastMonth : firstMonth].map(text),
    days_from: [first, hasMonths ? lastMonth : last].map(text),
    days_till: [hasMonths ? firstMonth : last, last].map(text),
  };
}

/** The first day of the month of a day, or of so many months later; days are counted since 1970. */
function monthOf(day: number, monthsLater: number): number {
  const at = new Date(day * dayMs);
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + monthsLater, 1) / dayMs;
}
