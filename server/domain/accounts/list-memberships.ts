import type { Membership } from '../../../prisma/generated/client.ts';
import type { Call } from '../call.ts';

/** The workspaces that a user belongs to, the one joined first first. */
export async function listMemberships(
  { db }: Pick<Call, 'db'>,
  userId: string,
  query?: object,
): Promise<Membership[]> {
  return db.membership.findMany({
    ...query,
    where: { userId },
    orderBy: [{ since: 'asc' }, { workspaceId: 'asc' }],
  });
}
