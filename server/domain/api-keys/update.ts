import { z } from 'zod';
import type { Call } from '../call.ts';
import { changesBetween } from '../changes.ts';
import { nameText, notNull, validate } from '../validation.ts';
import { demandFutureExpiry } from './expiry.ts';
import { changeApiKey, findManagedKey } from './managing.ts';

export interface UpdateApiKeyInput {
  id: string;
  version: number;
  name?: string | null;
  active?: boolean | null;
  /** null: never expires. */
  expiresAt?: Date | null;
}

const rules = z.object({
  name: notNull(nameText()),
  active: notNull(z.boolean()),
  expiresAt: z.date().nullish(),
});

/**
 * Renames a key, switches it off and on, changes its expiry. A field that is left out stays as it is;
 * an expiry that has passed may stay, too, but none is set to the past.
 *
 * @throws {UnauthenticatedError} @throws {NotFoundError} @throws {ForbiddenError}
 * @throws {ValidationError} @throws {ConflictError} with the current version, when it is another
 */
export async function updateApiKey(call: Call, input: UpdateApiKeyInput): Promise<{ id: string }> {
  const { id, version } = input;
  const managed = await findManagedKey(call, id);
  const data = validate(rules, input);

  return changeApiKey(call, managed, version, async (tx, { key, now, record }) => {
    const { before, after } = changesBetween(key, data);
    const { expiresAt } = after;
    if (expiresAt) {
      demandFutureExpiry(expiresAt, now);
      // An overlap never outlives the key; an expiry that moves away again does not lengthen it.
      await tx.apiKeySecret.updateMany({
        where: { apiKeyId: id, endsAt: { gt: expiresAt } },
        data: { endsAt: expiresAt },
      });
    }
    await tx.apiKey.update({
      where: { id },
      data: { ...data, version: { increment: 1 } },
      select: { id: true },
    });

    // Switching has entries of its own, so that who filters for it finds it.
    const { active: wasActive, ...otherBefore } = before;
    const { active, ...otherAfter } = after;
    if (active !== undefined) {
      await record({
        type: active ? 'key.activated' : 'key.deactivated',
        message: `API key "${key.name}" ${active ? 'activated' : 'deactivated'}.`,
        data: { before: { active: wasActive }, after: { active } },
      });
    }
    if (active === undefined || Object.keys(otherAfter).length > 0) {
      await record({
        type: 'key.updated',
        message: `API key "${key.name}" updated.`,
        data: { before: otherBefore, after: otherAfter },
      });
    }
    return { id };
  });
}
