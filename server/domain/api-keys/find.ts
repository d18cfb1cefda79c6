import type { ApiKey, Prisma } from '../../../prisma/generated/client.ts';
import type { ApiKeyType } from '../../../prisma/generated/enums.ts';
import { readableApiKeys } from '../access.ts';
import type { Call } from '../call.ts';
import { found } from '../errors.ts';
import { kindOfId } from '../ids.ts';
import { type Connection, type PageInput, recordPage } from '../keyset.ts';
import { gathered } from '../load.ts';

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

/**
 * The key of an environment to show first, the oldest active one of the type; null without one. All
 * that one request asks for, in one statement.
 */
export function loadPrimaryKey(
  call: Call,
  environmentId: string,
  type: ApiKeyType,
): Promise<ApiKey | null> {
  return loadPrimaryKeys(call, `${type} ${environmentId}`);
}

const loadPrimaryKeys = gathered<ApiKey>(
  (call, names) =>
    call.db.apiKey.findMany({
      where: {
        environmentId: { in: [...new Set(names.map((name) => name.split(' ')[1]!))] },
        active: true,
        OR: [{ expiresAt: null }, { expiresAt: { gt: new Date() } }],
        AND: readableApiKeys(call),
      },
      distinct: ['environmentId', 'type'],
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    }),
  ({ type, environmentId }) => `${type} ${environmentId}`,
);

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

/** The keys of a project or workspace that the actor may see, newest first. @param of which ones */
export async function listApiKeys(
  call: Call,
  page: PageInput,
  of: Prisma.ApiKeyWhereInput,
): Promise<Connection<ApiKey>> {
  const { query, connectRows } = recordPage(page);
  const where = { AND: [of, readableApiKeys(call), ...query.where.AND] };
  return connectRows(await call.db.apiKey.findMany({ ...query, where }));
}

/**
 * The keys of an environment that the actor may see, newest first. The same page of many environments
 * takes one statement: a list of projects shows the keys of each.
 */
export function listApiKeysOfEnvironment(
  call: Call,
  environmentId: string,
  page: PageInput,
): Promise<Connection<ApiKey>> {
  const loaded = loadPages(call, JSON.stringify({ environmentId, page }));
  return found(
    'The environment',
    loaded.then((page) => page?.connection ?? null),
  );
}

interface PageOfEnvironment {
  name: string;
  connection: Connection<ApiKey>;
}

const loadPages = gathered<PageOfEnvironment>(
  async (call, names) => {
    const pages = new Map<string, { name: string; environmentId: string }[]>();
    for (const name of names) {
      const { environmentId, page } = JSON.parse(name);
      const text = JSON.stringify(page);
      pages.set(text, [...(pages.get(text) ?? []), { name, environmentId }]);
    }
    const read = [...pages].map(async ([page, same]) => {
      const { query, connectRows } = recordPage(JSON.parse(page));
      const where = { AND: [readableApiKeys(call), ...query.where.AND] };
      const rows = await call.db.environment.findMany({
        where: { id: { in: same.map(({ environmentId }) => environmentId) } },
        select: { id: true, apiKeys: { ...query, where } },
      });
      const keys = new Map(rows.map(({ id, apiKeys }) => [id, apiKeys]));
      return same.flatMap(({ name, environmentId }) => {
        const own = keys.get(environmentId);
        return own ? [{ name, connection: connectRows(own) }] : [];
      });
    });
    return (await Promise.all(read)).flat();
  },
  ({ name }) => name,
);
