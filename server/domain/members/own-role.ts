import type { Role } from '../../../prisma/generated/enums.ts';
import type { Call } from '../call.ts';

/**
 * Lets the rest of the request see what it has changed of the actor's own role. After the commit.
 *
 * @param role null: no member any more
 */
export function setOwnRole(
  call: Pick<Call, 'actor'>,
  workspaceId: string,
  role: Role | null,
): void {
  if (call.actor.kind !== 'user') return;
  const memberships = new Map(call.actor.memberships);
  if (role === null) memberships.delete(workspaceId);
  else memberships.set(workspaceId, role);
  call.actor = { ...call.actor, memberships };
}
