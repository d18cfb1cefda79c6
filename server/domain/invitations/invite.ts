import { z } from 'zod';
import type { Role } from '../../../prisma/generated/enums.ts';
import type { Tx } from '../../platform/db.ts';
import { demand, mayManageMembers, mayManageOwners, requireSignedIn } from '../access.ts';
import { newToken } from '../accounts/tokens.ts';
import type { Call } from '../call.ts';
import { newId } from '../ids.ts';
import { recordLog } from '../log-entries.ts';
import { demandRoomForMember } from '../members/limits.ts';
import { lockWorkspaceAs } from '../members/lock.ts';
import { adminRule, ownerRule } from '../members/rules.ts';
import { emailText, invalid, validate } from '../validation.ts';
import { invitationDays } from './rules.ts';

export interface InviteMemberInput {
  workspaceId: string;
  email: string;
  role: Role;
}

const rules = z.object({ email: emailText });

/**
 * Offers somebody a role in a workspace. An open invitation of the same address is replaced, and its
 * link dead. Nothing is sent: whoever invites passes the link on.
 *
 * @returns its id, and the link, which nobody can read again
 * @throws {UnauthenticatedError} @throws {NotFoundError} no such workspace
 * @throws {ForbiddenError} the role is below Admin, or below Owner where owners are concerned
 * @throws {ValidationError} it is no email address, or that of a member; or there are too many
 */
export async function inviteMember(
  call: Call,
  input: InviteMemberInput,
): Promise<{ id: string; url: string }> {
  const user = requireSignedIn(call);
  const { workspaceId, role } = input;
  const { masterKeys, publicUrl } = call;
  const token = newToken();
  const id = newId('invitation');
  await call.db.$transaction(async (tx) => {
    const { workspace, asNow } = await lockWorkspaceAs(tx, user, workspaceId);
    demand(mayManageMembers(asNow, workspaceId), adminRule);
    const { email } = validate(rules, input);
    const replaced = await removeOpen(tx, workspaceId, email);
    if (role === 'OWNER' || replaced?.role === 'OWNER') {
      demand(mayManageOwners(asNow, workspaceId), ownerRule);
    }
    if (await isMember(tx, workspaceId, email)) invalid('email', 'Is a member already.');
    await demandRoomForMember(tx, workspace);
    await tx.$executeRaw`
      INSERT INTO invitations (id, workspace_id, email, role, digest, master_key_id, invited_by_id,
        expires_at)
      VALUES (${id}, ${workspaceId}, ${email}, ${role}::role,
        ${masterKeys.digest('invitation', token)}, ${masterKeys.primaryId}, ${user.id},
        now() + make_interval(days => ${invitationDays}::int))`;
    await recordLog(tx, call, {
      type: 'member.invited',
      message: `${email} invited as ${role}.`,
      workspaceId,
      data: {
        invitationId: id,
        before: replaced && { role: replaced.role },
        after: { email, role },
      },
    });
  });
  // In the fragment, which no server logs.
  return { id, url: `${publicUrl}/invitation#token=${token}` };
}

/** Deletes the address's invitation. @returns it, if it could still be accepted; null otherwise */
async function removeOpen(tx: Tx, workspaceId: string, email: string) {
  const [removed] = await tx.$queryRaw<{ role: Role; open: boolean }[]>`
    DELETE FROM invitations WHERE workspace_id = ${workspaceId} AND lower(email) = lower(${email})
    RETURNING role, expires_at > now() AS open`;
  return removed?.open ? removed : null;
}

async function isMember(tx: Tx, workspaceId: string, email: string): Promise<boolean> {
  const [member] = await tx.$queryRaw<{ id: string }[]>`
    SELECT u.id FROM users u JOIN memberships m ON m.user_id = u.id
    WHERE lower(u.email) = lower(${email}) AND m.workspace_id = ${workspaceId}`;
  return member !== undefined;
}
