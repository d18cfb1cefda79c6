import type { Call } from '../call.ts';
import { newId } from '../ids.ts';
import { placeSql } from './event-sql.ts';
import { webhookTestType } from './events.ts';
import { changeEndpoint, demandActive, findManagedEndpoint } from './managing.ts';

const text = `
WITH event AS (
  INSERT INTO outbox_events (id, type, workspace_id, project_id, environment_id, data, fanned_out_at)
  VALUES ($1, '${webhookTestType}', $4, $5, $6, ${placeSql('$5', '$6')}, now())
  RETURNING *
)
INSERT INTO webhook_deliveries (id, event_id, endpoint_id, workspace_id, project_id, environment_id, event_type,
  next_attempt_at, created_at)
SELECT $2, id, $3, workspace_id, project_id, environment_id, type, created_at, created_at FROM event`;

/**
 * Sends an event that says nothing happened, to this endpoint alone.
 *
 * @returns the delivery's id; its outcome shows in a moment
 * @throws {UnauthenticatedError} @throws {NotFoundError} @throws {ForbiddenError}
 * @throws {ValidationError} the endpoint is off
 */
export async function sendTestWebhook(call: Call, { id }: { id: string }): Promise<{ id: string }> {
  const managed = await findManagedEndpoint(call, id);
  const { workspaceId, projectId, environmentId } = managed;
  const [eventId, deliveryId] = [newId('outboxEvent'), newId('webhookDelivery')];
  await changeEndpoint(call, managed, null, async (tx, { endpoint, record }) => {
    demandActive(endpoint);
    const place = [workspaceId, projectId, environmentId];
    await tx.$executeRawUnsafe(text, eventId, deliveryId, id, ...place);
    await record({
      type: 'webhook.tested',
      message: 'Test sent to a webhook endpoint.',
      data: { deliveryId },
    });
  });
  call.webhookHint.give();
  return { id: deliveryId };
}
