import type { Membership } from '../../../prisma/generated/client.ts';
import { readableWorkspaces } from '../access.ts';
import type { Call } from '../call.ts';

/** The workspaces that a user belongs to and the actor sees, the one joined first first. */
export async function listMemberships(
  call: Pick<Call, 'db' | 'actor'>,
  userId: string,
  query?: object,
): Promise<Membership[]> {
  return call.db.membership.findMany({
    ...query,
    where: { userId, workspace: readableWorkspaces(call) },
    orderBy: [{ since: 'asc' }, { workspaceId: 'asc' }],
  });
}
