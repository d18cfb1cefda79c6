import { Prisma } from '../../../prisma/generated/client.ts';
import type { Tx } from '../../platform/db.ts';
import { announce } from '../announce.ts';

/**
 * Ends a user's sign-ins at once, by the database's clock: all of them, all but one, or one.
 * Ended ones stay ended, with the instant they ended at.
 *
 * @returns the ids of those that it ended
 */
export async function endSignIns(
  tx: Tx,
  userId: string,
  { except, only }: { except?: string; only?: string } = {},
): Promise<string[]> {
  // Rounded down: the column holds milliseconds, and rounded up it would be over a moment too late.
  const ended = await tx.$queryRaw<{ id: string }[]>`
    UPDATE sign_ins SET expires_at = date_trunc('milliseconds', now())
    WHERE user_id = ${userId} AND expires_at > now()
      ${except ? Prisma.sql`AND id <> ${except}` : Prisma.empty}
      ${only ? Prisma.sql`AND id = ${only}` : Prisma.empty}
    RETURNING id`;
  for (const { id } of ended) await announce(tx, 'signIn', id);
  return ended.map(({ id }) => id);
}
