import type { Role } from '../../../prisma/generated/enums.ts';
import { demand, mayManageMembers, mayManageOwners, requireSignedIn } from '../access.ts';
import { announce } from '../announce.ts';
import type { Call } from '../call.ts';
import { NotFoundError } from '../errors.ts';
import { recordLog } from '../log-entries.ts';
import { demandOwnerLeft } from './last-owner.ts';
import { lockWorkspaceAs } from './lock.ts';
import { setOwnRole } from './own-role.ts';
import { adminRule, ownerRule } from './rules.ts';
import { voidInvitationsOf } from './void-invitations.ts';

export interface MemberInput {
  workspaceId: string;
  userId: string;
}

/**
 * Gives a member another role, oneself too. Invitations that they may then no longer offer are gone.
 *
 * @throws {UnauthenticatedError} @throws {NotFoundError} no such workspace, or no such member of it
 * @throws {ForbiddenError} the role is below Admin, or below Owner where owners are concerned
 * @throws {LastOwnerError} they are the last owner
 */
export async function changeMemberRole(
  call: Call,
  { workspaceId, userId, role }: MemberInput & { role: Role },
): Promise<MemberInput> {
  const user = requireSignedIn(call);
  await call.db.$transaction(async (tx) => {
    const { workspace, asNow } = await lockWorkspaceAs(tx, user, workspaceId);
    demand(mayManageMembers(asNow, workspaceId), adminRule);
    const before = workspace.roles.get(userId);
    if (before === undefined) throw new NotFoundError('The member');
    if (before === 'OWNER' || role === 'OWNER') {
      demand(mayManageOwners(asNow, workspaceId), ownerRule);
    }
    if (before === role) return;
    demandOwnerLeft(workspace, userId);
    const { name, email } = await tx.user.findUniqueOrThrow({ where: { id: userId } });
    await tx.membership.update({
      where: { userId_workspaceId: { userId, workspaceId } },
      data: { role },
      select: { userId: true },
    });
    const invitationsRevoked = await voidInvitationsOf(tx, workspaceId, userId, role);
    await announce(tx, 'user', userId);
    await recordLog(tx, call, {
      type: 'member.role_changed',
      message: `${name} (${email}) is now ${role}.`,
      workspaceId,
      data: { userId, before: { role: before }, after: { role }, invitationsRevoked },
    });
  });
  if (userId === user.id) setOwnRole(call, workspaceId, role);
  return { workspaceId, userId };
}
