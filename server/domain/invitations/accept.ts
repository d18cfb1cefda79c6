import type { Role } from '../../../prisma/generated/enums.ts';
import type { Tx } from '../../platform/db.ts';
import { mayOffer, requireSignedIn } from '../access.ts';
import { isToken } from '../accounts/tokens.ts';
import { announce } from '../announce.ts';
import type { Call, Tools } from '../call.ts';
import { InvitationInvalidError } from '../errors.ts';
import { recordLog } from '../log-entries.ts';
import { demandRoomForWorkspace } from '../members/limits.ts';
import { lockWorkspace } from '../members/lock.ts';
import { setOwnRole } from '../members/own-role.ts';

/** Who joins: the address must be the one that was invited. */
export interface Invitee {
  id: string;
  name: string;
  email: string;
}

/**
 * Makes the signed-in user a member of the workspace that they were invited to, with the role that
 * they were offered.
 *
 * @throws {UnauthenticatedError} @throws {ForbiddenError} an access token asks
 * @throws {InvitationInvalidError} whatever it is that makes it void, also another address
 * @throws {ValidationError} the user belongs to as many workspaces as may be
 */
export async function acceptInvitation(
  call: Call,
  { token }: { token: string },
): Promise<{ workspaceId: string; userId: string }> {
  const user = requireSignedIn(call);
  const invitation = await findInvitationByToken(call, token, user.email);
  const { workspaceId } = invitation;
  const role = await call.db.$transaction((tx) => joinByInvitation(tx, call, invitation, user));
  setOwnRole(call, workspaceId, role);
  return { workspaceId, userId: user.id };
}

interface FoundInvitation {
  id: string;
  workspaceId: string;
}

/** @throws {InvitationInvalidError} the token opens nothing for this address, as far as can be seen */
export async function findInvitationByToken(
  { db, masterKeys }: Pick<Tools, 'db' | 'masterKeys'>,
  token: string,
  email: string,
): Promise<FoundInvitation> {
  if (!isToken(token)) throw new InvitationInvalidError();
  const { rows } = await db.$pool.query<FoundInvitation>(
    `SELECT id, workspace_id AS "workspaceId" FROM invitations
     WHERE digest = ANY ($1::bytea[]) AND expires_at > now() AND lower(email) = lower($2)`,
    [masterKeys.digests('invitation', token), email],
  );
  if (!rows[0]) throw new InvitationInvalidError();
  return rows[0];
}

/**
 * Uses an invitation up, in the caller's transaction. Whether the inviter may still invite is decided
 * here, under the lock that every change of a role takes: an acceptance is before the change or after.
 *
 * @param call whose actor need not be the invitee: who signs up is nobody yet
 * @returns the role that the invitee has now
 * @throws {InvitationInvalidError} it was used, revoked or replaced meanwhile, or is void
 * @throws {ValidationError} the invitee belongs to as many workspaces as may be
 */
export async function joinByInvitation(
  tx: Tx,
  call: Pick<Call, 'actor' | 'client' | 'requestId'>,
  { id, workspaceId }: FoundInvitation,
  invitee: Invitee,
): Promise<Role> {
  const workspace = await lockWorkspace(tx, workspaceId);
  if (!workspace) throw new InvitationInvalidError();
  const [used] = await tx.$queryRaw<{ role: Role; invitedById: string }[]>`
    DELETE FROM invitations WHERE id = ${id} AND expires_at > now()
    RETURNING role, invited_by_id AS "invitedById"`;
  if (!used || !mayOffer(workspace.roles.get(used.invitedById), used.role)) {
    throw new InvitationInvalidError();
  }
  const already = workspace.roles.get(invitee.id);
  if (already) return already; // nothing to add: an invitation changes no role
  await demandRoomForWorkspace(tx, invitee.id);
  const { role, invitedById } = used;
  await tx.membership.create({ data: { userId: invitee.id, workspaceId, role } });
  await announce(tx, 'user', invitee.id);
  await recordLog(tx, call, {
    type: 'member.joined',
    message: `${invitee.name} (${invitee.email}) joined as ${role}.`,
    workspaceId,
    data: { userId: invitee.id, invitationId: id, invitedById, after: { role } },
  });
  return role;
}
