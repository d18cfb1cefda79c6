import type { Tx } from '../../platform/db.ts';
import type { Call } from '../call.ts';
import { purgeLater } from '../deletion.ts';
import {
  changeEndpoint,
  findManagedEndpoint,
  type LockedEndpoint,
  type ManagedEndpoint,
} from './managing.ts';
import { urlForLog } from './rules.ts';

export interface DeleteWebhookEndpointInput {
  id: string;
  version?: number | null;
}

/**
 * Deletes an endpoint for ever: nothing more is sent to it. Its deliveries are unreachable at once, and
 * removed by a job.
 *
 * @throws {UnauthenticatedError} @throws {NotFoundError} @throws {ForbiddenError}
 * @throws {ConflictError} with the current version, when it is not the given one
 */
export async function deleteWebhookEndpoint(
  call: Call,
  { id, version }: DeleteWebhookEndpointInput,
): Promise<{ deletedId: string }> {
  const managed = await findManagedEndpoint(call, id);
  await changeEndpoint(call, managed, version, (tx, locked) => removeEndpoint(tx, managed, locked));
  return { deletedId: id };
}

/** Deletes a locked endpoint, in the caller's transaction, and logs it. */
export async function removeEndpoint(
  tx: Tx,
  { id }: ManagedEndpoint,
  { endpoint, record }: LockedEndpoint,
): Promise<void> {
  await tx.webhookEndpoint.delete({ where: { id }, select: { id: true } });
  await purgeLater(tx, [id]);
  const { url, eventTypes, active } = endpoint;
  await record({
    type: 'webhook.deleted',
    message: 'Webhook endpoint deleted.',
    data: { before: { url: urlForLog(url), eventTypes, active } },
  });
}
