import type { Call } from '../call.ts';
import { overlapOf } from '../overlap.ts';
import { insertApiKeySecret } from './create.ts';
import { apiKeyPreview, newApiKeyValue } from './format.ts';
import { changeApiKey, findManagedKey } from './managing.ts';

export interface RegenerateApiKeyInput {
  id: string;
  /** How long the old secret goes on working; null or left out: it dies at once. */
  overlapSeconds?: number | null;
  version?: number | null;
}

/**
 * Replaces the secret of a key. The old one works on for the overlap, but no longer than the key
 * itself; an overlap that still went on from an earlier regeneration ends at once.
 *
 * @returns the id, and of a secret key the new value, which nobody can read again; null of a
 *   publishable one, whose new value stands in the key
 * @throws {UnauthenticatedError} @throws {NotFoundError} @throws {ForbiddenError}
 * @throws {ValidationError} @throws {ConflictError} with the current version, when it is another
 */
export async function regenerateApiKey(
  call: Call,
  input: RegenerateApiKeyInput,
): Promise<{ id: string; secret: string | null }> {
  const { id, version } = input;
  const managed = await findManagedKey(call, id);
  const overlapSeconds = overlapOf(input);
  const { kind, workspaceId, projectId, environmentId } = managed;

  return changeApiKey(call, managed, version, async (tx, { key, now, record }) => {
    const value = newApiKeyValue(key.type, kind);
    const preview = apiKeyPreview(value);
    const endsAt = endOfOverlap(now, overlapSeconds, key.expiresAt);
    await tx.apiKeySecret.updateMany({
      where: { apiKeyId: id, endsAt: { gt: now } },
      data: { endsAt: now },
    });
    await tx.apiKeySecret.updateMany({
      where: { apiKeyId: id, endsAt: null },
      data: { endsAt, endReason: 'ROTATED_OUT' },
    });
    const place = { workspaceId, projectId, environmentId };
    await insertApiKeySecret(call, tx, { ...place, apiKeyId: id, value });
    const secret = key.type === 'SECRET' ? value : null;
    await tx.apiKey.update({
      where: { id },
      data: {
        preview,
        publishableValue: secret === null ? value : null,
        regeneratedAt: now,
        version: { increment: 1 },
      },
      select: { id: true },
    });
    await record({
      type: 'key.regenerated',
      message: `API key "${key.name}" regenerated.`,
      data: {
        before: { preview: key.preview },
        after: { preview },
        previousEndsAt: endsAt,
      },
    });
    return { id, secret };
  });
}

/** Never in the past: of a key that has expired the old secret dies now. */
function endOfOverlap(now: Date, overlapSeconds: number, expiresAt: Date | null): Date {
  const deadline = now.getTime() + overlapSeconds * 1000;
  const latest = expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
  return new Date(Math.max(now.getTime(), Math.min(deadline, latest)));
}
