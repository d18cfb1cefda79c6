import { z } from 'zod';
import type { AccessTokenScope } from '../../../prisma/generated/enums.ts';
import type { Tx } from '../../platform/db.ts';
import { requireSignedIn } from '../access.ts';
import { recordInWorkspaces } from '../accounts/record-in-workspaces.ts';
import { demandFutureExpiry } from '../api-keys/expiry.ts';
import type { Call } from '../call.ts';
import { credentialPreview } from '../credential-format.ts';
import { NotFoundError } from '../errors.ts';
import { newId } from '../ids.ts';
import { invalid, nameText, validate } from '../validation.ts';
import { newAccessTokenValue } from './format.ts';

export interface CreateAccessTokenInput {
  name: string;
  scope: AccessTokenScope;
  /** The only workspace that it opens; null or left out: every one of the user's, also later ones. */
  workspaceId?: string | null;
  expiresAt?: Date | null;
}

/** Of one user. The list of them is not paged. */
export const accessTokensMax = 100;

const rules = z.object({ name: nameText(), expiresAt: z.date().nullish() });

/**
 * Makes an access token, with which a program acts as the user. What the user may no longer do, it
 * may no longer do.
 *
 * @returns its id, and the value, which nobody can read again
 * @throws {UnauthenticatedError} @throws {ForbiddenError} an access token asks
 * @throws {NotFoundError} the user is not in such a workspace
 * @throws {ValidationError} name or expiry break a rule, or there are too many
 */
export async function createAccessToken(
  call: Call,
  input: CreateAccessTokenInput,
): Promise<{ id: string; token: string }> {
  const user = requireSignedIn(call);
  const { scope, workspaceId = null } = input;
  if (workspaceId !== null && !user.memberships.has(workspaceId)) {
    throw new NotFoundError('The workspace');
  }
  const { name, expiresAt = null } = validate(rules, input);
  const { masterKeys } = call;
  const token = newAccessTokenValue();
  const id = newId('accessToken');
  await call.db.$transaction(async (tx) => {
    const now = await holdUser(tx, user.id);
    if (expiresAt) demandFutureExpiry(expiresAt, now);
    if (workspaceId !== null) await holdMembership(tx, user.id, workspaceId);
    if ((await tx.accessToken.count({ where: { userId: user.id } })) >= accessTokensMax) {
      invalid([], `You have ${accessTokensMax} access tokens. Revoke one that is not needed.`);
    }
    await tx.accessToken.create({
      data: {
        id,
        userId: user.id,
        workspaceId,
        name,
        scope,
        digest: Uint8Array.from(masterKeys.digest('access-token', token)),
        masterKeyId: masterKeys.primaryId,
        preview: credentialPreview(token),
        expiresAt,
      },
      select: { id: true },
    });
    const places = workspaceId === null ? user.memberships.keys() : [workspaceId];
    await recordInWorkspaces(tx, call, places, {
      type: 'token.created',
      message: `Access token "${name}" created.`,
      data: { tokenId: id, after: { name, scope, workspaceId, expiresAt } },
    });
  });
  return { id, token };
}

/** Lets a user's tokens be made one after the other, so that their count holds. @returns the time */
async function holdUser(tx: Tx, id: string): Promise<Date> {
  const [held] = await tx.$queryRaw<{ now: Date }[]>`
    SELECT date_trunc('milliseconds', clock_timestamp()) AS now
    FROM users WHERE id = ${id} FOR NO KEY UPDATE`;
  if (!held) throw new NotFoundError('The user');
  return held.now;
}

/** Who leaves a workspace loses the tokens for it; one that is just being made must not be missed. */
async function holdMembership(tx: Tx, userId: string, workspaceId: string): Promise<void> {
  const [held] = await tx.$queryRaw<{ role: string }[]>`
    SELECT role FROM memberships WHERE user_id = ${userId} AND workspace_id = ${workspaceId}
    FOR KEY SHARE`;
  if (!held) throw new NotFoundError('The workspace');
}
