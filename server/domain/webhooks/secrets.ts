import type { MasterKeys } from '../../platform/master-keys.ts';
import type { Call } from '../call.ts';
import { UnavailableError } from '../errors.ts';
import { newId } from '../ids.ts';
import { overlapOf } from '../overlap.ts';
import { changeEndpoint, findManagedEndpoint } from './managing.ts';
import { newWebhookSecret, openWebhookSecret, type SealedSecret, secretText } from './message.ts';

/**
 * The current secret of an endpoint, for who may manage it. The log says that it was looked at.
 *
 * @throws {UnauthenticatedError} @throws {NotFoundError} @throws {ForbiddenError}
 * @throws {UnavailableError} the entry of the master key that encrypted it is missing
 */
export async function revealWebhookSecret(
  call: Call,
  { id }: { id: string },
): Promise<{ id: string; secret: string }> {
  const managed = await findManagedEndpoint(call, id);
  return changeEndpoint(call, managed, null, async (tx, { record }) => {
    const row = await tx.webhookSecret.findFirstOrThrow({
      where: { endpointId: id, endsAt: null },
    });
    const sealed = { ...row, bytes: Buffer.from(row.secret) };
    await record({ type: 'webhook.revealed', message: 'Secret of a webhook endpoint revealed.' });
    return { id, secret: secretText(openAgain(call.masterKeys, id, sealed)) };
  });
}

function openAgain(masterKeys: MasterKeys, endpointId: string, sealed: SealedSecret): Buffer {
  try {
    return openWebhookSecret(masterKeys, sealed);
  } catch (error) {
    throw new UnavailableError(
      new Error(`The secret of the webhook endpoint ${endpointId} cannot be decrypted`, {
        cause: error,
      }),
      'The secret cannot be decrypted, because the entry of the master key that encrypted it is missing. Put the entry back, or regenerate the secret.',
    );
  }
}

export interface RegenerateWebhookSecretInput {
  id: string;
  /** How long messages are signed with both; null or left out: the old one stops at once. */
  overlapSeconds?: number | null;
  version?: number | null;
}

/**
 * Replaces the secret of an endpoint. For the overlap each message carries two signatures, so that the
 * receiver can change over at any moment of it; an overlap that still went on ends at once.
 *
 * @throws {UnauthenticatedError} @throws {NotFoundError} @throws {ForbiddenError}
 * @throws {ValidationError} @throws {ConflictError} with the current version, when it is another
 */
export async function regenerateWebhookSecret(
  call: Call,
  input: RegenerateWebhookSecretInput,
): Promise<{ id: string; secret: string }> {
  const { id, version } = input;
  const managed = await findManagedEndpoint(call, id);
  const overlapSeconds = overlapOf(input);
  return changeEndpoint(call, managed, version, async (tx, { now, record }) => {
    const previousEndsAt = new Date(now.getTime() + overlapSeconds * 1000);
    await tx.webhookSecret.deleteMany({ where: { endpointId: id, endsAt: { not: null } } });
    await tx.webhookSecret.updateMany({
      where: { endpointId: id },
      data: { endsAt: previousEndsAt },
    });
    const secretId = newId('webhookSecret');
    const { value, ...sealed } = newWebhookSecret(call.masterKeys, secretId);
    await tx.webhookSecret.create({
      data: { id: secretId, endpointId: id, ...sealed },
      select: { id: true },
    });
    await tx.webhookEndpoint.update({
      where: { id },
      data: { version: { increment: 1 } },
      select: { id: true },
    });
    await record({
      type: 'webhook.regenerated',
      message: 'Secret of a webhook endpoint regenerated.',
      data: { previousEndsAt },
    });
    return { id, secret: value };
  });
}

/** Removes earlier secrets whose overlap is over: they sign nothing any more. */
export async function purgeWebhookSecrets({ db }: Pick<Call, 'db'>): Promise<void> {
  await db.$executeRaw`DELETE FROM webhook_secrets WHERE ends_at <= now()`;
}
