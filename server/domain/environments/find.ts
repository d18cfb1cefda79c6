import type { Prisma } from '../../../prisma/generated/client.ts';
import { readableEnvironments } from '../access.ts';
import type { Call } from '../call.ts';
import { kindOfId } from '../ids.ts';
import { gathered } from '../load.ts';

/** The environment, if the actor may see it; null otherwise. */
export async function findEnvironment<Args extends Prisma.EnvironmentDefaultArgs>(
  call: Call,
  id: string,
  query?: Args,
): Promise<Prisma.EnvironmentGetPayload<Args> | null> {
  if (kindOfId(id) !== 'environment') return null;
  return call.db.environment.findFirst({
    ...query,
    where: { id, AND: readableEnvironments(call) },
  }) as Promise<Prisma.EnvironmentGetPayload<Args> | null>;
}

/** Like findEnvironment, many in one statement. */
export const loadEnvironment = gathered(
  (call, ids) =>
    call.db.environment.findMany({
      where: { id: { in: [...ids] }, AND: readableEnvironments(call) },
    }),
  ({ id }) => id,
);
