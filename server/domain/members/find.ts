import type { Prisma } from '../../../prisma/generated/client.ts';
import { readableWorkspaces } from '../access.ts';
import type { Call } from '../call.ts';
import type { MemberInput } from './change-role.ts';

/** The membership, if the actor may see its workspace; null otherwise. */
export async function findMembership<Args extends Prisma.MembershipDefaultArgs>(
  call: Call,
  { workspaceId, userId }: MemberInput,
  query?: Args,
): Promise<Prisma.MembershipGetPayload<Args> | null> {
  return call.db.membership.findFirst({
    ...query,
    where: { workspaceId, userId, workspace: readableWorkspaces(call) },
  }) as Promise<Prisma.MembershipGetPayload<Args> | null>;
}
