import type { Db } from '../../platform/db.ts';
import { newId } from '../ids.ts';
import { wantsEventsSql } from './event-sql.ts';

/** Events that are taken together. */
const eventsMax = 250;

/**
 * No need to look no further than what is surely committed (`xid`), as a tail of the log must: that is
 * for who remembers how far they have read. Here each event says for itself whether it has deliveries.
 * And whoever sees the second event of a session sees the first: it was committed before.
 */
const pendingSql = `
SELECT o.id AS "eventId", w.id AS "endpointId"
FROM (SELECT id, environment_id, type, created_at FROM outbox_events WHERE fanned_out_at IS NULL
  ORDER BY created_at, id LIMIT ${eventsMax}) o
LEFT JOIN webhook_endpoints w ON w.environment_id = o.environment_id AND ${wantsEventsSql('w')}
  AND o.type = ANY (w.event_types)
ORDER BY o.created_at, o.id, w.created_at, w.id`;

/**
 * An event is marked by who makes its deliveries, so of several who fan out at once the first does, and
 * the others wait and find nothing to do; none is done with the later events of a session before its
 * earlier ones have their deliveries too. What nobody wants any more goes.
 *
 * Endpoints are looked at again, because since the first look one may have been deleted and all of it
 * removed. What is made for one that is deleted while this statement runs goes with its purge task,
 * which outlives every statement that began before the deletion.
 */
const makeSql = `
WITH wanted AS MATERIALIZED (
  SELECT i.*, w.active FROM jsonb_to_recordset($2) AS i("eventId" text, "endpointId" text, id text)
  JOIN webhook_endpoints w ON w.id = i."endpointId"
),
marked AS (
  UPDATE outbox_events SET fanned_out_at = now()
  WHERE id = ANY (ARRAY(SELECT "eventId" FROM wanted)) AND fanned_out_at IS NULL
  RETURNING id, workspace_id, project_id, environment_id, session_id, type, created_at
),
unwanted AS (
  DELETE FROM outbox_events
  WHERE id = ANY ($1) AND id <> ALL (ARRAY(SELECT "eventId" FROM wanted)) AND fanned_out_at IS NULL
),
made AS (
  INSERT INTO webhook_deliveries (id, event_id, endpoint_id, workspace_id, project_id, environment_id,
    session_id, event_type, status, next_attempt_at, created_at)
  SELECT i.id, o.id, i."endpointId", o.workspace_id, o.project_id, o.environment_id, o.session_id, o.type,
    (CASE WHEN i.active THEN 'PENDING' ELSE 'FAILED' END)::delivery_status,
    CASE WHEN i.active THEN o.created_at END, o.created_at
  FROM marked o JOIN wanted i ON i."eventId" = o.id
  ON CONFLICT (event_id, endpoint_id) DO NOTHING
  RETURNING endpoint_id, status
)
SELECT DISTINCT endpoint_id AS "endpointId" FROM made WHERE status = 'PENDING'`;

export interface FannedOut {
  /** Endpoints that have something new to be told. */
  endpointIds: string[];
  /** Whether there may be more events to look at. */
  more: boolean;
}

/**
 * Makes the deliveries of the oldest events that have none yet. For an endpoint that was disabled by
 * itself they are FAILED from the start: missed, and there for a replay.
 */
export async function fanOut(db: Db): Promise<FannedOut> {
  const { rows } = await db.$pool.query<{ eventId: string; endpointId: string | null }>({
    name: 'webhooks-pending',
    text: pendingSql,
  });
  if (rows.length === 0) return { endpointIds: [], more: false };
  const eventIds = [...new Set(rows.map(({ eventId }) => eventId))];
  const pairs = rows
    .filter(({ endpointId }) => endpointId !== null)
    .map((pair) => ({ ...pair, id: newId('webhookDelivery') }));
  const made = await db.$pool.query<{ endpointId: string }>({
    name: 'webhooks-fan-out',
    text: makeSql,
    values: [eventIds, JSON.stringify(pairs)],
  });
  return {
    endpointIds: made.rows.map(({ endpointId }) => endpointId),
    more: eventIds.length === eventsMax,
  };
}
