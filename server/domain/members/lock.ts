import type { Role } from '../../../prisma/generated/enums.ts';
import type { Tx } from '../../platform/db.ts';
import type { SignedInUser } from '../actor.ts';
import type { Call } from '../call.ts';
import { NotFoundError } from '../errors.ts';

export interface LockedWorkspace {
  id: string;
  name: string;
  /** User id → role, as it is now. */
  roles: ReadonlyMap<string, Role>;
}

/**
 * Locks the workspace until the transaction is over, and reads who its members are.
 *
 * Whoever changes members, roles or invitations comes through here first, so they go one after the
 * other, and each decides by what the one before left. That is what keeps two owners who demote each
 * other at once from leaving nobody. New projects need not wait: they take a weaker lock.
 *
 * @returns null where there is no such workspace (any more)
 */
export async function lockWorkspace(tx: Tx, id: string): Promise<LockedWorkspace | null> {
  const [workspace] = await tx.$queryRaw<{ name: string }[]>`
    SELECT name FROM workspaces WHERE id = ${id} FOR NO KEY UPDATE`;
  if (!workspace) return null;
  const members = await tx.membership.findMany({
    where: { workspaceId: id },
    select: { userId: true, role: true },
  });
  return {
    id,
    name: workspace.name,
    roles: new Map(members.map(({ userId, role }) => [userId, role])),
  };
}

/**
 * The same for a member, with what they may do by the role that they have now. It may be another than
 * when the request came in.
 *
 * @returns the workspace, and the actor to ask access.ts about
 * @throws {NotFoundError} the user is no member of such a workspace
 */
export async function lockWorkspaceAs(
  tx: Tx,
  user: SignedInUser,
  id: string,
): Promise<{ workspace: LockedWorkspace; asNow: Pick<Call, 'actor'> }> {
  const workspace = user.memberships.has(id) ? await lockWorkspace(tx, id) : null;
  const role = workspace?.roles.get(user.id);
  if (!workspace || role === undefined) throw new NotFoundError('The workspace');
  return { workspace, asNow: { actor: { ...user, memberships: new Map([[id, role]]) } } };
}
