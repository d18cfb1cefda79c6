import type { Prisma } from '../../../prisma/generated/client.ts';
import { readableUsers } from '../access.ts';
import type { Call } from '../call.ts';
import { kindOfId } from '../ids.ts';
import { gathered } from '../load.ts';

/** The user, if the actor may see them; null otherwise. */
export async function findUser<Args extends Prisma.UserDefaultArgs>(
  call: Call,
  id: string,
  query?: Args,
): Promise<Prisma.UserGetPayload<Args> | null> {
  if (kindOfId(id) !== 'user') return null;
  return call.db.user.findFirst({
    ...query,
    where: { id, AND: readableUsers(call) },
  }) as Promise<Prisma.UserGetPayload<Args> | null>;
}

/** Like findUser, many in one statement. */
export const loadUser = gathered(
  (call, ids) =>
    call.db.user.findMany({ where: { id: { in: [...ids] }, AND: readableUsers(call) } }),
  ({ id }) => id,
);
