import type { DeliveryStatus } from '../../../prisma/generated/enums.ts';
import { mayReadWebhooks } from '../access.ts';
import type { Call } from '../call.ts';
import { kindOfId } from '../ids.ts';
import type { Connection, PageInput } from '../keyset.ts';
import { gathered } from '../load.ts';
import { type PagedList, readPage } from '../read-page.ts';
import type { DeliveryAttempt } from './delivery.ts';
import type { WebhookEvent } from './events.ts';
import { payloadOf } from './message.ts';

/** A delivery as lists show it. Its payload and its attempts are read where they are asked for. */
export interface DeliveryRecord {
  id: string;
  eventId: string;
  endpointId: string;
  eventType: string;
  status: DeliveryStatus;
  nextAttemptAt: Date | null;
  createdAt: Date;
}

const columns = `d.id, d.event_id AS "eventId", d.endpoint_id AS "endpointId", d.event_type AS "eventType",
  d.status, d.next_attempt_at AS "nextAttemptAt", d.created_at AS "createdAt"`;

const everyStatus = ['PENDING', 'DELIVERED', 'FAILED'] as const satisfies DeliveryStatus[];

/**
 * The deliveries of an endpoint that was found to be readable, newest first.
 *
 * @throws {ValidationError} a cursor or a page size is not one
 */
export async function listDeliveries(
  call: Call,
  endpointId: string,
  page: PageInput,
  status?: DeliveryStatus | null,
): Promise<Connection<DeliveryRecord>> {
  const statuses = status == null ? everyStatus : [status];
  const list: PagedList<DeliveryRecord> = {
    kind: 'webhookDelivery',
    table: 'webhook_deliveries d',
    row: 'd',
    instant: 'd.created_at',
    id: 'd.id',
    // One index serves the whole list and each part of it.
    select: (bind) => ({
      columns: () => columns,
      sources: statuses.map((one) => ({
        each: `SELECT ${bind(endpointId)}::text AS id`,
        from: 'webhook_deliveries d',
        where: `d.endpoint_id = e.id AND d.status = '${one}'`,
        residual: null,
      })),
    }),
  };
  return readPage(call.db, list, page);
}

/** One delivery that the actor may see, or null. Many in one statement. */
export const loadDelivery = gathered<DeliveryRecord>(
  async (call, ids) => {
    const { rows } = await call.db.$pool.query(
      `SELECT ${columns}, d.environment_id AS "environmentId", d.workspace_id AS "workspaceId"
       FROM webhook_deliveries d JOIN webhook_endpoints w ON w.id = d.endpoint_id
       WHERE d.id = ANY ($1)`,
      [ids.filter((id) => kindOfId(id) === 'webhookDelivery')],
    );
    return rows.filter((delivery) => mayReadWebhooks(call, delivery));
  },
  ({ id }) => id,
);

export interface DeliveryDetails {
  id: string;
  attempts: DeliveryAttempt[];
  payload: WebhookEvent;
}

/** What was sent, and what came of it, of deliveries that were found to be readable. */
export const loadDeliveryDetails = gathered<DeliveryDetails>(
  async (call, ids) => {
    const { rows } = await call.db.$pool.query(
      `SELECT d.id, d.attempts, o.type, o.created_at AS "createdAt", o.data
       FROM webhook_deliveries d JOIN outbox_events o ON o.id = d.event_id WHERE d.id = ANY ($1)`,
      [ids],
    );
    return rows.map(({ id, attempts, ...event }) => ({ id, attempts, payload: payloadOf(event) }));
  },
  ({ id }) => id,
);
