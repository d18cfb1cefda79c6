import { Prisma } from '../../../prisma/generated/client.ts';
import type { Role } from '../../../prisma/generated/enums.ts';
import type { Tx } from '../../platform/db.ts';
import { mayOffer } from '../access.ts';

/**
 * Deletes the invitations that a member sent and may no longer offer. Accepting asks again by itself;
 * this keeps them out of lists, and from coming back to life with the inviter's role.
 *
 * @param role null: no member any more
 * @returns how many
 */
export async function voidInvitationsOf(
  tx: Tx,
  workspaceId: string,
  inviterId: string,
  role: Role | null,
): Promise<number> {
  if (mayOffer(role, 'OWNER')) return 0;
  const offered = mayOffer(role, 'ADMIN') ? Prisma.sql`AND role = 'OWNER'` : Prisma.empty;
  return tx.$executeRaw`DELETE FROM invitations
    WHERE workspace_id = ${workspaceId} AND invited_by_id = ${inviterId} ${offered}`;
}
