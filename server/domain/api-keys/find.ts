import type { ApiKey, Prisma } from '../../../prisma/generated/client.ts';
import type { ApiKeyType } from '../../../prisma/generated/enums.ts';
import { readableApiKeys } from '../access.ts';
import type { Call } from '../call.ts';
import { kindOfId } from '../ids.ts';
import { gathered } from '../load.ts';

/** Newest first. */
export const apiKeyOrder = [
  { createdAt: 'desc' },
  { id: 'desc' },
] as const satisfies Prisma.ApiKeyOrderByWithRelationInput[];

/** The key, if the actor may see it; null otherwise. */
export async function findApiKey<Args extends Prisma.ApiKeyDefaultArgs>(
  call: Call,
  id: string,
  query?: Args,
): Promise<Prisma.ApiKeyGetPayload<Args> | null> {
  if (kindOfId(id) !== 'apiKey') return null;
  return call.db.apiKey.findFirst({
    ...query,
    where: { id, AND: readableApiKeys(call) },
  }) as Promise<Prisma.ApiKeyGetPayload<Args> | null>;
}

/** The key of an environment to show first: the oldest active one of the type; null without one. */
export function findPrimaryKey(
  call: Call,
  environmentId: string,
  type: ApiKeyType,
  query: object,
): Promise<ApiKey | null> {
  return call.db.apiKey.findFirst({
    ...query,
    where: {
      environmentId,
      type,
      active: true,
      OR: [{ expiresAt: null }, { expiresAt: { gt: new Date() } }],
      AND: readableApiKeys(call),
    },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
}

/** Like findApiKey, many in one statement. */
export const loadApiKey = gathered(
  (call, ids) =>
    call.db.apiKey.findMany({ where: { id: { in: [...ids] }, AND: readableApiKeys(call) } }),
  ({ id }) => id,
);

/** The key that asks; null where none does. */
export async function findViewerKey(call: Call, query: object): Promise<ApiKey | null> {
  return call.actor.kind === 'apiKey' ? findApiKey(call, call.actor.key.id, query) : null;
}

/** A page of the keys of a project, newest first, over all environments that the actor may see. */
export function listApiKeysOfProject(
  call: Call,
  projectId: string,
  query: object,
): Promise<ApiKey[]> {
  return call.db.apiKey.findMany({
    ...query,
    where: { environment: { projectId }, AND: readableApiKeys(call) },
    orderBy: [...apiKeyOrder],
  });
}
