import { requireUser } from '../access.ts';
import type { Call } from '../call.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { loadDelivery } from './deliveries.ts';
import { isFreeSql } from './delivery.ts';
import { changeEndpoint, demandActive, findManagedEndpoint } from './managing.ts';

/** A new beginning of its schedule, whatever became of it. Not while somebody sends it. */
const text = `
UPDATE webhook_deliveries d SET status = 'PENDING', tries = 0, queued = false, next_attempt_at = now()
WHERE d.id = $1 AND ${isFreeSql('d')}`;

/**
 * Sends one delivery again, under the same `webhook-id`, with a schedule of its own if it fails.
 *
 * @throws {UnauthenticatedError} @throws {NotFoundError} @throws {ForbiddenError}
 * @throws {ValidationError} its endpoint is off
 * @throws {ConflictError} an attempt is under way
 */
export async function redeliverWebhook(
  call: Call,
  { id }: { id: string },
): Promise<{ id: string }> {
  requireUser(call);
  const delivery = await loadDelivery(call, id);
  if (!delivery) throw new NotFoundError('The webhook delivery');
  const managed = await findManagedEndpoint(call, delivery.endpointId);
  await changeEndpoint(call, managed, null, async (tx, { endpoint, record }) => {
    demandActive(endpoint);
    if ((await tx.$executeRawUnsafe(text, id)) === 0) {
      throw new ConflictError('An attempt is under way. Wait for its outcome.');
    }
    const { eventId } = delivery;
    await record({
      type: 'webhook.redelivered',
      message: 'Webhook delivery sent again.',
      data: { deliveryId: id, eventId },
    });
  });
  call.webhookHint.give();
  return { id };
}
