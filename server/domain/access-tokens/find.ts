import type { AccessToken, Prisma } from '../../../prisma/generated/client.ts';
import { readableAccessTokens } from '../access.ts';
import type { Call } from '../call.ts';
import { kindOfId } from '../ids.ts';
import { gathered } from '../load.ts';

/** The access token, if the actor may see it; null otherwise. */
export async function findAccessToken<Args extends Prisma.AccessTokenDefaultArgs>(
  call: Call,
  id: string,
  query?: Args,
): Promise<Prisma.AccessTokenGetPayload<Args> | null> {
  if (kindOfId(id) !== 'accessToken') return null;
  return call.db.accessToken.findFirst({
    ...query,
    where: { id, AND: readableAccessTokens(call) },
  }) as Promise<Prisma.AccessTokenGetPayload<Args> | null>;
}

/** The user's access tokens that the actor may see, newest first, expired ones too. */
export function listAccessTokens(call: Call, query: object): Promise<AccessToken[]> {
  return call.db.accessToken.findMany({
    ...query,
    where: readableAccessTokens(call),
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
  });
}

/** Like findAccessToken, many in one statement. */
export const loadAccessToken = gathered(
  (call, ids) =>
    call.db.accessToken.findMany({
      where: { AND: [{ id: { in: [...ids] } }, readableAccessTokens(call)] },
    }),
  ({ id }) => id,
);
