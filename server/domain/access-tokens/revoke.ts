import { requireSignedIn } from '../access.ts';
import { recordInWorkspaces } from '../accounts/record-in-workspaces.ts';
import { announce } from '../announce.ts';
import type { Call } from '../call.ts';
import { NotFoundError } from '../errors.ts';
import { findAccessToken } from './find.ts';

/**
 * Ends one of the user's access tokens, at once and for ever.
 *
 * @throws {UnauthenticatedError} @throws {ForbiddenError} an access token asks, be it this one
 * @throws {NotFoundError} the user has no such token (any more)
 */
export async function revokeAccessToken(
  call: Call,
  { id }: { id: string },
): Promise<{ revokedId: string }> {
  const user = requireSignedIn(call);
  const token = await findAccessToken(call, id);
  if (!token) throw new NotFoundError('The access token');
  const { name, scope, workspaceId, expiresAt } = token;
  await call.db.$transaction(async (tx) => {
    const { count } = await tx.accessToken.deleteMany({ where: { id } });
    if (count === 0) throw new NotFoundError('The access token'); // revoked meanwhile
    await announce(tx, 'accessToken', id);
    const places = workspaceId === null ? user.memberships.keys() : [workspaceId];
    await recordInWorkspaces(tx, call, places, {
      type: 'token.revoked',
      message: `Access token "${name}" revoked.`,
      data: { tokenId: id, before: { name, scope, workspaceId, expiresAt } },
    });
  });
  return { revokedId: id };
}
