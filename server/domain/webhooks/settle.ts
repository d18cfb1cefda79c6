import type { Db, Tx } from '../../platform/db.ts';
import { isFreeSql } from './delivery.ts';

const batchSize = 1_000;

/** What nobody sends at this moment; those of a running attempt are settled by its outcome. */
const pending = (endpoint: string) => `
  SELECT d.id FROM webhook_deliveries d
  WHERE d.endpoint_id = ${endpoint} AND d.status = 'PENDING' AND ${isFreeSql('d')}
  LIMIT ${batchSize} FOR UPDATE SKIP LOCKED`;

const giveUp = (ids: string) => `
  UPDATE webhook_deliveries SET status = 'FAILED', next_attempt_at = NULL, queued = false
  WHERE id = ANY (ARRAY(${ids}))`;

/**
 * Gives up what still waits for endpoints that are not active: it was missed. From the moment that an
 * endpoint is off nothing of it is claimed, so this only makes the log of deliveries say so, and keeps
 * what was missed apart from what is new when the endpoint is switched on again.
 *
 * @returns how many deliveries this run gave up
 */
export async function settleInactive(db: Db): Promise<number> {
  for (let settled = 0; ; ) {
    const { rowCount } = await db.$pool.query({
      name: 'webhooks-settle',
      text: giveUp(`SELECT next.id FROM webhook_endpoints w CROSS JOIN LATERAL (${pending('w.id')}) next
        WHERE NOT w.active`),
    });
    settled += rowCount ?? 0;
    if (!rowCount) return settled;
  }
}

/** The same of one endpoint, if it is not active. In small batches where it is not within a transaction. */
export async function settleEndpoint(db: Db | Tx, id: string): Promise<void> {
  const one = `(SELECT w.id FROM webhook_endpoints w WHERE w.id = $1 AND NOT w.active)`;
  while ((await db.$executeRawUnsafe(giveUp(pending(one)), id)) > 0);
}
