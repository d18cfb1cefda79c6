import SchemaBuilder from '@pothos/core';
import ErrorsPlugin from '@pothos/plugin-errors';
import PrismaPlugin from '@pothos/plugin-prisma';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import type PrismaTypes from '../prisma/generated/pothos.ts';
import { getDatamodel } from '../prisma/generated/pothos.ts';
import { mayReadBeyondOwnName, mayReadPeople, mayWrite } from '../server/domain/access.ts';
import type { Actor } from '../server/domain/actor.ts';
import type { Call } from '../server/domain/call.ts';
import { ForbiddenError } from '../server/domain/errors.ts';

/** What every resolver gets, and all that it gets. */
export interface Context {
  call: Call;
}

export interface SchemaTypes {
  PrismaTypes: PrismaTypes;
  Context: Context;
  DefaultFieldNullability: false;
  AuthScopes: {
    /** Not a publishable key, which reads little more than its own name. */
    beyondPublishable: boolean;
    /** A user, in person or by an access token: hidden from keys. */
    person: boolean;
    /** The same, and no key came beside the access token: what lies outside every environment. */
    people: boolean;
  };
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    /** A calendar day, as midnight UTC. */
    Date: { Input: Date; Output: Date };
    JSON: { Input: unknown; Output: unknown };
    SafeInt: { Input: number; Output: number };
  };
}

const capitalised = (name: string) => name[0]!.toUpperCase() + name.slice(1);

function sayHidden(actor: Actor, field: string): string {
  if (actor.kind === 'apiKey') return `An API key may not read ${field}.`;
  return actor.kind === 'user'
    ? `With an API key beside the access token ${field} may not be read.`
    : `Only a signed-in user may read ${field}.`;
}

/** Pothos, set up and empty: `schema/types` fills it. */
export const builder = new SchemaBuilder<SchemaTypes>({
  // Errors stands before Prisma, so that it wraps what Prisma's fields throw.
  plugins: [ErrorsPlugin, ScopeAuthPlugin, RelayPlugin, PrismaPlugin],
  defaultFieldNullability: false,
  errors: {
    directResult: true,
    defaultUnionOptions: {
      description: 'The payload, or one of the errors that a caller can expect.',
      name: ({ fieldName }) => `${capitalised(fieldName)}Result`,
    },
  },
  scopeAuth: {
    authScopes: ({ call }) => ({
      beyondPublishable: mayReadBeyondOwnName(call.actor),
      person: call.actor.kind === 'user',
      people: mayReadPeople(call.actor),
    }),
    unauthorizedError: (_parent, { call }, { parentType, fieldName }) =>
      new ForbiddenError(
        parentType.name === 'Mutation'
          ? 'This access token may only read. Make one with the scope WRITE.'
          : sayHidden(call.actor, `${parentType.name}.${fieldName}`),
      ),
  },
  relay: {
    clientMutationId: 'omit',
    cursorType: 'String',
    firstArgOptions: { description: 'How many, from the start: 1 to 100, 20 if nothing is said.' },
    afterArgOptions: { description: 'Only what comes after this cursor: an `endCursor`.' },
    lastArgOptions: { description: 'How many, from the end: 1 to 100. Not together with `first`.' },
    beforeArgOptions: { description: 'Only what comes before this cursor: a `startCursor`.' },
    edgesFieldOptions: { description: 'The page.' },
    nodeFieldOptions: { description: 'The thing itself.' },
    cursorFieldOptions: { description: 'Opaque; marks this place in the list.' },
    pageInfoFieldOptions: { description: 'How to go on.' },
    pageInfoTypeOptions: { description: 'How to go on from a page.' },
    hasNextPageFieldOptions: { description: 'Whether there is more after it.' },
    hasPreviousPageFieldOptions: { description: 'Whether there is more before it.' },
    startCursorFieldOptions: {
      description:
        'The cursor to go back before: of its first edge, or of where it ended early, or of when a log without entries was read; null where there is none of them.',
    },
    endCursorFieldOptions: {
      description:
        'The cursor to go on after: of its last edge, or of where it ended early; null where there is neither.',
    },
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    // Ids are readable as they are: the prefix says the type.
    encodeGlobalID: (_typename, id) => String(id),
    decodeGlobalID: (id) => ({ typename: id.slice(0, 3), id }),
  },
  prisma: {
    client: ({ call }) => call.db,
    dmmf: getDatamodel(),
    exposeDescriptions: false,
    filterConnectionTotalCount: true,
    maxConnectionSize: 100,
    defaultConnectionSize: 20,
    // Not an error: what is not found, or not for this actor, needs no query.
    onUnusedQuery: null,
  },
});

builder.queryType({ description: 'What can be read.' });
builder.mutationType({
  description:
    'What can be changed. Each mutation takes one `input` and returns a union: its payload, or one of the errors that a caller can expect. An access token of the scope READ is refused all of them.',
  // Of the type, so it holds for every mutation there will be. A function, because the scopes above
  // are kept for the whole request, and signing up changes them.
  authScopes: (_root, { call }) => mayWrite(call),
});

/** A page of things of one type, named after the type: every list of them has the same. */
export function connectionOf<Type extends Parameters<typeof builder.connectionObject>[0]['type']>(
  name: string,
  type: Type,
  things: string,
) {
  return builder.connectionObject(
    { type, name: `${name}Connection`, description: `A page of ${things}.` },
    { name: `${name}Edge`, description: `One of the ${things} on a page.` },
  );
}
