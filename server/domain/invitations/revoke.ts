import { demand, mayManageMembers, mayManageOwners, requireSignedIn } from '../access.ts';
import type { Call } from '../call.ts';
import { NotFoundError } from '../errors.ts';
import { recordLog } from '../log-entries.ts';
import { lockWorkspaceAs } from '../members/lock.ts';
import { adminRule, ownerRule } from '../members/rules.ts';
import { findInvitation } from './find.ts';

/**
 * Takes back an open invitation: its link is dead at once.
 *
 * @throws {UnauthenticatedError} @throws {ForbiddenError} it offers the role Owner, to a non-owner
 * @throws {NotFoundError} there is no such invitation (any more) that the actor may see
 */
export async function revokeInvitation(
  call: Call,
  { id }: { id: string },
): Promise<{ revokedId: string; workspaceId: string }> {
  const user = requireSignedIn(call);
  const found = await findInvitation(call, id);
  if (!found) throw new NotFoundError('The invitation');
  const { workspaceId, email, role } = found;
  await call.db.$transaction(async (tx) => {
    const { asNow } = await lockWorkspaceAs(tx, user, workspaceId);
    demand(mayManageMembers(asNow, workspaceId), adminRule);
    if (role === 'OWNER') demand(mayManageOwners(asNow, workspaceId), ownerRule);
    const { count } = await tx.invitation.deleteMany({ where: { id } });
    if (count === 0) throw new NotFoundError('The invitation'); // accepted or revoked meanwhile
    await recordLog(tx, call, {
      type: 'invitation.revoked',
      message: `Invitation of ${email} revoked.`,
      workspaceId,
      data: { invitationId: id, before: { email, role } },
    });
  });
  return { revokedId: id, workspaceId };
}
