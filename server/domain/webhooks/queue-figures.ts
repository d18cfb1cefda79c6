import type { Db } from '../../platform/db.ts';
import { failuresUntilPaced } from './delivery.ts';

/** How the queue of webhooks stands, in all processes together. */
export interface QueueFigures {
  /** Deliveries that are due and wait to be sent; of each endpoint 1,000 are counted at most. */
  due: number;
  /**
   * For how long the first of them has waited, in seconds; 0 where there is none. Not those to endpoints
   * that fail all the time, which are tried slowly, nor replays, which go one after the other: however old
   * they are, nobody is too slow.
   */
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
FROM webhook_endpoints w JOIN webhook_health h ON h.endpoint_id = w.id
CROSS JOIN LATERAL (
  SELECT count(*) AS count, min(next_attempt_at) AS since FROM (
    (SELECT CASE WHEN h.consecutive_failures < ${failuresUntilPaced} THEN d.next_attempt_at END AS next_attempt_at
      FROM webhook_deliveries d
      WHERE d.endpoint_id = w.id AND d.status = 'PENDING' AND NOT d.queued AND d.next_attempt_at <= now()
      ORDER BY d.next_attempt_at, d.id LIMIT ${countedMax})
    UNION ALL
    (SELECT NULL FROM webhook_deliveries d
      WHERE d.endpoint_id = w.id AND d.status = 'PENDING' AND d.queued
      ORDER BY d.created_at, d.id LIMIT ${countedMax})
  ) first
) waiting
WHERE w.active`;

/**
 * @param limits in milliseconds, how long it may take
 * @throws the database's error, where it cannot be asked, or not in time
 */
export async function readQueueFigures(
  db: Db,
  limits: { query_timeout: number },
): Promise<QueueFigures> {
  const name = 'webhook-queue-figures';
  const { rows } = await db.$pool.query<QueueFigures>({ name, text, ...limits });
  return rows[0]!;
}
