import type { Call } from '../call.ts';
import { confirmByName } from '../deletion.ts';
import { changeApiKey, findManagedKey } from './managing.ts';

export interface DeleteApiKeyInput {
  id: string;
  /** The key's name, typed by who deletes it. */
  confirmName: string;
  version?: number | null;
}

/**
 * Deletes a key for ever. Its secrets stay as tombstones, without anything that opens, so that a
 * refusal can say why. Sessions that it started go on.
 *
 * @throws {UnauthenticatedError} @throws {NotFoundError} @throws {ForbiddenError}
 * @throws {ConfirmationNameMismatchError} the name is another
 * @throws {ConflictError} with the current version, when it is not the given one
 */
export async function deleteApiKey(
  call: Call,
  { id, confirmName, version }: DeleteApiKeyInput,
): Promise<{ deletedId: string }> {
  const managed = await findManagedKey(call, id);
  return changeApiKey(call, managed, version, async (tx, { key, now, record }) => {
    confirmByName(confirmName, key.name, 'API key');
    await tx.apiKeySecret.updateMany({
      where: { apiKeyId: id, OR: [{ endsAt: null }, { endsAt: { gt: now } }] },
      data: { endsAt: now, endReason: 'DELETED' },
    });
    await tx.apiKey.delete({ where: { id }, select: { id: true } });
    const { name, type, active, preview, expiresAt } = key;
    await record({
      type: 'key.deleted',
      message: `API key "${name}" deleted.`,
      data: { before: { name, type, active, preview, expiresAt } },
    });
    return { deletedId: id };
  });
}
