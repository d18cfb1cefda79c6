import type { Db } from '../../platform/db.ts';

/** How the queue of webhooks stands, in all processes together. */
export interface QueueFigures {
  /** Deliveries that are due and wait to be sent; of each endpoint 1,000 are counted at most. */
  due: number;
  /** For how long the first of them has waited, in seconds; 0 where there is none. */
  oldestDueSeconds: number;
  /** Events that have no deliveries yet; 1,000 at most. */
  eventsWaiting: number;
}

const countedMax = 1_000;

/**
 * Reads the first entries of an index for each endpoint and no more, so that a queue of millions costs
 * what a queue of a thousand does. What a disabled endpoint misses is not due.
 */
const text = `
SELECT coalesce(sum(waiting.count), 0)::int AS due,
  coalesce(greatest(extract(epoch FROM now() - min(waiting.since)), 0), 0)::float8 AS "oldestDueSeconds",
  (SELECT count(*)::int FROM (SELECT FROM outbox_events WHERE fanned_out_at IS NULL
    LIMIT ${countedMax}) events) AS "eventsWaiting"
FROM webhook_endpoints w CROSS JOIN LATERAL (
  SELECT count(*) AS count, min(next_attempt_at) AS since FROM (
    (SELECT d.next_attempt_at FROM webhook_deliveries d
      WHERE d.endpoint_id = w.id AND d.status = 'PENDING' AND NOT d.queued AND d.next_attempt_at <= now()
      ORDER BY d.next_attempt_at, d.id LIMIT ${countedMax})
    UNION ALL
    (SELECT d.next_attempt_at FROM webhook_deliveries d
      WHERE d.endpoint_id = w.id AND d.status = 'PENDING' AND d.queued
      ORDER BY d.created_at, d.id LIMIT ${countedMax})
  ) first
) waiting
WHERE w.active`;

/** @throws the database's error, where it cannot be asked */
export async function readQueueFigures(db: Db): Promise<QueueFigures> {
  const { rows } = await db.$pool.query<QueueFigures>({ name: 'webhook-queue-figures', text });
  return rows[0]!;
}
