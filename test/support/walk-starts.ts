import { type GraphQLSchema, getNamedType, isAbstractType } from 'graphql';
import { kindOfId } from '../../server/domain/ids.ts';
import { limits } from '../../server/http/limits.ts';
import type { Start } from './schema-walk.ts';
import type { World } from './world.ts';

export interface WalkStart {
  start: Start;
  /** How far to go on from what is returned. */
  hops: number;
}

/** At the most that one operation may name. */
const idsMax = 100;

/** Which type has ids of which kind. What has ids of another kind is no node. */
const typesByKind: Record<string, string> = {
  user: 'User',
  workspace: 'Workspace',
  accessToken: 'AccessToken',
  invitation: 'Invitation',
  project: 'Project',
  environment: 'Environment',
  apiKey: 'ApiKey',
  authSession: 'AuthSession',
  logEntry: 'LogEntry',
  webhookEndpoint: 'WebhookEndpoint',
  webhookDelivery: 'WebhookDelivery',
};

const nodeTypes = new Set(Object.values(typesByKind));

/**
 * Where walks begin: at every root field but those that take secrets, with every id that there is.
 *
 * @throws {Error} a root field takes arguments for which no values are known
 */
export function startsById(
  schema: GraphQLSchema,
  { ids, workspaces }: Pick<World, 'ids' | 'workspaces'>,
): WalkStart[] {
  const byKind = new Map<string, string[]>();
  for (const id of ids) {
    const kind = kindOfId(id) ?? 'unknown';
    byKind.set(kind, [...(byKind.get(kind) ?? []), id]);
  }
  const oneOfEach = [...byKind.values()].map(([first]) => first!);

  return fieldsOf(schema).flatMap(({ name: field, signature, returned, takesSecret }) => {
    if (takesSecret) return [];
    const nodes = [...byKind].flatMap(([kind, own]) => {
      const on = typesByKind[kind];
      const fits = isAbstractType(returned) || on === returned.name;
      return fits && on && schema.getType(on) ? [{ on, own }] : [];
    });
    switch (signature) {
      case '':
        // What is a node is walked from as such, too; the others are all that there is to begin with.
        return [{ start: { field, calls: [{}] }, hops: nodeTypes.has(returned.name) ? 2 : 3 }];
      case 'ids: [ID!]!':
        return nodes.flatMap(({ on, own }) => {
          const ask = (some: string[], hops: number) => ({
            start: { field, on, calls: [{ ids: [...some, ...oneOfEach].slice(0, idsMax) }] },
            hops,
          });
          if (own.length <= idsMax) return [ask(own, 2)];
          // Of what there is so much of, a part will do to go further from.
          const part = own.filter((_, n) => n % 3 === 0);
          return [...chunks(own, idsMax).map((some) => ask(some, 1)), ask(part, 2)];
        });
      case 'id: ID!':
        return nodes.flatMap(({ on, own }) => [
          ...callEach(field, on, own).map((start) => ({
            start,
            hops: isAbstractType(returned) ? 0 : 1,
          })),
          ...callEach(field, on, oneOfEach).map((start) => ({ start, hops: 0 })),
        ]);
      case 'after: String, before: String, first: Int, last: Int, search: String, workspaceId: ID': {
        const own = Object.values(workspaces).map((workspaceId) => ({ workspaceId, first: 100 }));
        const calls = [{ first: 100 }, { last: 100, search: 'mark' }, { search: '%' }, ...own];
        return [{ start: { field, calls }, hops: 1 }];
      }
      default:
        throw new Error(`Say with what a walk begins at ${field}(${signature}).`);
    }
  });
}

/** The same at the fields that take a secret, with every client secret and link token. */
export function startsBySecret(
  schema: GraphQLSchema,
  { sessions }: Pick<World, 'sessions'>,
): WalkStart[] {
  const values: Record<string, string[]> = {
    clientSecret: sessions.map(({ clientSecret }) => clientSecret),
    linkToken: sessions.map(({ linkToken }) => linkToken),
  };
  return fieldsOf(schema).flatMap(({ name: field, args, takesSecret }) => {
    if (!takesSecret) return [];
    const [arg] = args;
    return chunks(values[arg!]!, limits.aliasesMax).map((some) => ({
      start: { field, calls: some.map((value) => ({ [arg!]: value })) },
      hops: 3,
    }));
  });
}

function fieldsOf(schema: GraphQLSchema) {
  return Object.values(schema.getQueryType()!.getFields()).map(({ name, args, type }) => ({
    name,
    args: args.map((arg) => arg.name),
    signature: args.map((arg) => `${arg.name}: ${arg.type}`).join(', '),
    returned: getNamedType(type),
    takesSecret: args.some((arg) => arg.name === 'clientSecret' || arg.name === 'linkToken'),
  }));
}

function callEach(field: string, on: string, ids: string[]): Start[] {
  return chunks(ids, limits.aliasesMax).map((some) => ({
    field,
    on,
    calls: some.map((id) => ({ id })),
  }));
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, n) => items.slice(n * size, (n + 1) * size));
}
