import { demand, mayManageMembers, mayManageOwners, requireSignedIn } from '../access.ts';
import { announce } from '../announce.ts';
import type { Call } from '../call.ts';
import { NotFoundError } from '../errors.ts';
import { recordLog } from '../log-entries.ts';
import type { MemberInput } from './change-role.ts';
import { demandOwnerLeft } from './last-owner.ts';
import { lockWorkspaceAs } from './lock.ts';
import { setOwnRole } from './own-role.ts';
import { adminRule, ownerRule } from './rules.ts';
import { voidInvitationsOf } from './void-invitations.ts';

/**
 * Removes a member, or lets one leave by themselves, which takes no role. Their open invitations to
 * the workspace and their access tokens for it alone are gone; keys that they created stay.
 *
 * @throws {UnauthenticatedError} @throws {NotFoundError} no such workspace, or no such member of it
 * @throws {ForbiddenError} the role is below Admin, or below Owner where an owner is concerned
 * @throws {LastOwnerError} they are the last owner
 */
export async function removeMember(
  call: Call,
  { workspaceId, userId }: MemberInput,
): Promise<MemberInput> {
  const user = requireSignedIn(call);
  const leaves = userId === user.id;
  await call.db.$transaction(async (tx) => {
    const { workspace, asNow } = await lockWorkspaceAs(tx, user, workspaceId);
    if (!leaves) demand(mayManageMembers(asNow, workspaceId), adminRule);
    const role = workspace.roles.get(userId);
    if (role === undefined) throw new NotFoundError('The member');
    if (role === 'OWNER') demand(mayManageOwners(asNow, workspaceId), ownerRule);
    demandOwnerLeft(workspace, userId);
    const { name, email } = await tx.user.findUniqueOrThrow({ where: { id: userId } });
    await tx.membership.delete({ where: { userId_workspaceId: { userId, workspaceId } } });
    const invitationsRevoked = await voidInvitationsOf(tx, workspaceId, userId, null);
    const tokens = await tx.accessToken.findMany({ where: { userId, workspaceId } });
    await tx.accessToken.deleteMany({ where: { userId, workspaceId } });
    for (const { id } of tokens) await announce(tx, 'accessToken', id);
    await announce(tx, 'user', userId);
    await recordLog(tx, call, {
      type: 'member.removed',
      message: leaves ? `${name} (${email}) left.` : `${name} (${email}) removed.`,
      workspaceId,
      data: { userId, before: { role }, invitationsRevoked, tokensRevoked: tokens.length },
    });
  });
  if (leaves) setOwnRole(call, workspaceId, null);
  return { workspaceId, userId };
}
