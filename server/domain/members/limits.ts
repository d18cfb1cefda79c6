/** Members and workspaces are listed whole, so there is an end to both. */
import type { Tx } from '../../platform/db.ts';
import { NotFoundError } from '../errors.ts';
import { invalid } from '../validation.ts';
import type { LockedWorkspace } from './lock.ts';

/**
 * Of one workspace, with those who are invited. Whoever accepts turns from one into the other, so it is
 * enough to look when somebody is invited.
 */
export const membersMax = 200;

/** That one user belongs to. Each request of theirs reads them all. */
export const workspacesMax = 100;

/** @throws {ValidationError} the workspace, which is locked, has no room for another */
export async function demandRoomForMember(tx: Tx, { id, roles }: LockedWorkspace): Promise<void> {
  const open = await tx.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM invitations WHERE workspace_id = ${id} AND expires_at > now()`;
  if (roles.size + open[0]!.count < membersMax) return;
  const rule = `A workspace has at most ${membersMax} members and open invitations, taken together.`;
  invalid('workspaceId', rule);
}

/**
 * Holds the user until the transaction is over, so that of two who take the last place one does.
 *
 * @throws {ValidationError} the user belongs to as many workspaces as may be
 * @throws {NotFoundError} the user is gone
 */
export async function demandRoomForWorkspace(tx: Tx, userId: string): Promise<void> {
  const [held] = await tx.$queryRaw<object[]>`
    SELECT id FROM users WHERE id = ${userId} FOR NO KEY UPDATE`;
  if (!held) throw new NotFoundError('The user');
  if ((await tx.membership.count({ where: { userId } })) < workspacesMax) return;
  invalid([], `Somebody belongs to at most ${workspacesMax} workspaces. Leave one first.`);
}
