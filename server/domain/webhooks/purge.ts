/**
 * Removes deliveries, and events with the last of their deliveries, in small batches.
 *
 * Under a lock of its own, so that never two at once each take one of an event's last two deliveries
 * and both leave the event.
 */
import type { Db, Tx } from '../../platform/db.ts';

/** Of what was not delivered at least so much is kept, so that a replay after a long failure finds it. */
const missedDaysMin = 14;
const advisoryLock = 7_236_114_002;

const remove = (ids: string) => `
WITH gone AS (
  DELETE FROM webhook_deliveries WHERE id = ANY (ARRAY(${ids})) RETURNING id, event_id
),
events AS (
  DELETE FROM outbox_events o WHERE o.id = ANY (ARRAY(SELECT DISTINCT event_id FROM gone))
    AND NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.event_id = o.id AND d.id NOT IN (SELECT id FROM gone))
)
SELECT count(*)::int AS count FROM gone`;

const ofEndpoint = (batch: number) =>
  `SELECT id FROM webhook_deliveries WHERE endpoint_id = $1 LIMIT ${batch}`;

const over = (status: string, days: string, batch: number) => `
  (SELECT d.id FROM webhook_deliveries d WHERE d.endpoint_id = w.id AND d.status = '${status}'
    AND d.created_at < now() - make_interval(days => ${days}) ORDER BY d.created_at LIMIT ${batch})`;

const retained = (batch: number) => `
  SELECT d.id FROM webhook_endpoints w JOIN environments e ON e.id = w.environment_id
    JOIN projects p ON p.id = e.project_id JOIN workspaces s ON s.id = p.workspace_id
    CROSS JOIN LATERAL (
      ${over('DELIVERED', 's.log_retention_days', batch)}
      UNION ALL
      ${over('FAILED', `greatest(s.log_retention_days, ${missedDaysMin})`, batch)}
    ) d LIMIT ${batch}`;

const batchSize = 1_000;

/** Removes a batch of the deliveries of an endpoint that is gone. @returns how many went */
export function removeDeliveriesOf(db: Db, endpointId: string): Promise<number> {
  return removeBatch(db, ofEndpoint(batchSize), endpointId);
}

/**
 * Removes what is older than its workspace keeps logs. What still waits stays; what was not delivered
 * stays for two weeks at least.
 */
export async function purgeOldDeliveries(db: Db): Promise<void> {
  while ((await removeBatch(db, retained(batchSize))) > 0);
}

async function removeBatch(db: Db, ids: string, ...values: string[]): Promise<number> {
  return db.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(${advisoryLock})`;
    const [{ count }] = await tx.$queryRawUnsafe<[{ count: number }]>(remove(ids), ...values);
    return count;
  });
}

/**
 * Has the deliveries of these environments' endpoints removed: to be called before the endpoints go with
 * them. Holds the environments, so that no endpoint comes any more, and the endpoints in the order in
 * which whoever changes one does.
 */
export async function purgeWebhooksLater(tx: Tx, environmentIds: string[]): Promise<void> {
  await tx.$queryRaw`SELECT id FROM environments WHERE id = ANY (${environmentIds})
    ORDER BY id FOR UPDATE`;
  await tx.$queryRaw`
    SELECT h.endpoint_id FROM webhook_health h JOIN webhook_endpoints w ON w.id = h.endpoint_id
    WHERE w.environment_id = ANY (${environmentIds}) ORDER BY h.endpoint_id FOR UPDATE OF h`;
  await tx.$executeRaw`INSERT INTO purge_tasks (scope_id)
    SELECT id FROM webhook_endpoints WHERE environment_id = ANY (${environmentIds})`;
}
