import type { Db } from '../../platform/db.ts';
import { failuresUntilPaced, isFreeSql, isHeldBackSql, leaseSeconds } from './delivery.ts';
import { withoutPersonSql } from './erase.ts';
import type { SealedSecret, StoredEvent } from './message.ts';

/** A delivery whose lease is ours, with all that an attempt takes. */
export interface ClaimedDelivery {
  id: string;
  endpointId: string;
  /** The number of the lease. */
  lease: number;
  /** Attempts made since the schedule began. */
  tries: number;
  url: string;
  event: StoredEvent;
  secrets: SealedSecret[];
  /** Now, by the database's clock. */
  at: Date;
}

const due = `d.status = 'PENDING' AND NOT d.queued AND d.next_attempt_at <= now()`;
const queued = `d.status = 'PENDING' AND d.queued`;

/** By one look into an index for each endpoint. */
const lookSql = `
SELECT w.id, due.here IS NOT NULL AS due, h.consecutive_failures >= ${failuresUntilPaced} AS paced
FROM webhook_endpoints w JOIN webhook_health h ON h.endpoint_id = w.id
LEFT JOIN LATERAL (
  (SELECT true AS here FROM webhook_deliveries d WHERE d.endpoint_id = w.id AND ${due} LIMIT 1)
  UNION ALL (SELECT true FROM webhook_deliveries d WHERE d.endpoint_id = w.id AND ${queued} LIMIT 1)
  LIMIT 1) due ON true
WHERE w.active AND (due.here OR h.consecutive_failures >= ${failuresUntilPaced})`;

/**
 * Each endpoint is looked at by itself, so none can crowd out another, and what it waits for costs
 * nothing. Of a replay only the first is taken, and only if nobody sends it already: one after the
 * other, in the order of the events, beside what is new. Instants do not order what a session did within
 * a millisecond, or while the clock was set back: there what holds back decides who is first.
 *
 * Who finds the same as another waits for the other's claim, looks at the row again, and leaves it. All
 * lock in the order of the ids, in which the index gives them. Who waited while the end user was erased
 * reads the event as it was before, and the mark on the delivery. Events are looked up by their ids through
 * the index (OFFSET 0), however many rows PostgreSQL expects.
 */
const claimSql = `
WITH endpoints AS MATERIALIZED (
  SELECT w.id, w.url, a.room,
    (SELECT json_agg(json_build_object('id', s.id, 'masterKeyId', s.master_key_id, 'bytes',
        encode(s.secret, 'hex')) ORDER BY s.ends_at DESC NULLS FIRST)
      FROM webhook_secrets s WHERE s.endpoint_id = w.id AND (s.ends_at IS NULL OR s.ends_at > now())) AS secrets
  FROM unnest($1::text[], $2::int[]) AS a(endpoint_id, room) JOIN webhook_endpoints w ON w.id = a.endpoint_id
  WHERE w.active
),
found AS MATERIALIZED (
  SELECT next.id FROM endpoints w
  CROSS JOIN LATERAL (
    (SELECT d.id FROM webhook_deliveries d
      WHERE d.endpoint_id = w.id AND ${due} AND ${isFreeSql('d')} AND NOT ${isHeldBackSql('d')}
      ORDER BY d.next_attempt_at, d.id LIMIT w.room)
    UNION ALL
    (SELECT first.id FROM (SELECT * FROM webhook_deliveries d
      WHERE d.endpoint_id = w.id AND ${queued} AND NOT ${isHeldBackSql('d')}
      ORDER BY d.created_at, d.id LIMIT 1) first WHERE ${isFreeSql('first')})
  ) next
),
claimed AS (
  UPDATE webhook_deliveries d SET lease = d.lease + 1,
    locked_until = now() + interval '${leaseSeconds} seconds'
  WHERE d.id = ANY (ARRAY(SELECT id FROM found)) AND d.status = 'PENDING' AND ${isFreeSql('d')}
  RETURNING d.id, d.endpoint_id, d.event_id, d.lease, d.tries, d.erased, d.next_attempt_at
)
SELECT c.id, c.endpoint_id, c.lease, c.tries, w.url, e.id AS event_id, e.type, e.created_at,
  CASE WHEN c.erased THEN ${withoutPersonSql('e.data')} ELSE e.data END AS data, now() AS at, w.secrets
FROM claimed c JOIN endpoints w ON w.id = c.endpoint_id
CROSS JOIN LATERAL (SELECT * FROM outbox_events x WHERE x.id = c.event_id OFFSET 0) e
ORDER BY c.next_attempt_at, c.id`;

export interface Look {
  /** The ids of endpoints that have something to be told now. */
  due: string[];
  /** Of those that do nothing but fail, whether something is due or not. */
  paced: string[];
}

/** Looks at all active endpoints. */
export async function lookAtEndpoints(db: Db): Promise<Look> {
  const { rows } = await db.$pool.query<{ id: string; due: boolean; paced: boolean }>({
    name: 'webhooks-look',
    text: lookSql,
  });
  const idsOf = (some: typeof rows) => some.map(({ id }) => id);
  return {
    due: idsOf(rows.filter(({ due }) => due)),
    paced: idsOf(rows.filter(({ paced }) => paced)),
  };
}

/**
 * Takes the lease of what these endpoints are to be told next.
 *
 * @param rooms how many deliveries each may get; of a replay it may get one more
 */
export async function claimDeliveries(
  db: Db,
  rooms: ReadonlyMap<string, number>,
): Promise<ClaimedDelivery[]> {
  const { rows } = await db.$pool.query({
    name: 'webhooks-claim',
    text: claimSql,
    values: [[...rooms.keys()], [...rooms.values()]],
  });
  return rows.map((row) => ({
    id: row.id,
    endpointId: row.endpoint_id,
    lease: row.lease,
    tries: row.tries,
    url: row.url,
    event: { id: row.event_id, type: row.type, createdAt: row.created_at, data: row.data },
    secrets: (row.secrets ?? []).map(
      (secret: { id: string; masterKeyId: string; bytes: string }) => ({
        ...secret,
        bytes: Buffer.from(secret.bytes, 'hex'),
      }),
    ),
    at: row.at,
  }));
}
