import type { Call } from '../call.ts';
import { changeApiKey, findManagedKey } from './managing.ts';

/**
 * Ends the overlap of a key that was regenerated: only its current secret works from now on. Where
 * the overlap is over already nothing changes, so that a repeat is no error.
 *
 * @throws {UnauthenticatedError} @throws {NotFoundError} @throws {ForbiddenError}
 */
export async function finishApiKeyRotation(
  call: Call,
  { id }: { id: string },
): Promise<{ id: string }> {
  const managed = await findManagedKey(call, id);
  return changeApiKey(call, managed, null, async (tx, { key, now, record }) => {
    const [ended] = await tx.apiKeySecret.updateManyAndReturn({
      where: { apiKeyId: id, endsAt: { gt: now } },
      data: { endsAt: now },
      select: { preview: true },
    });
    if (!ended) return { id };
    await tx.apiKey.update({
      where: { id },
      data: { version: { increment: 1 } },
      select: { id: true },
    });
    await record({
      type: 'key.rotation_finished',
      message: `API key "${key.name}": its earlier secret was ended.`,
      data: { before: { previousPreview: ended.preview }, after: { previousPreview: null } },
    });
    return { id };
  });
}
