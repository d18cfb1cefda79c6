import SchemaBuilder from '@pothos/core';
import ErrorsPlugin from '@pothos/plugin-errors';
import PrismaPlugin from '@pothos/plugin-prisma';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import type PrismaTypes from '../prisma/generated/pothos.ts';
import { getDatamodel } from '../prisma/generated/pothos.ts';
import { mayReadBeyondOwnName } from '../server/domain/access.ts';
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
    /** A signed-in user: hidden from keys. */
    person: boolean;
  };
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    JSON: { Input: unknown; Output: unknown };
    SafeInt: { Input: number; Output: number };
  };
}

const capitalised = (name: string) => name[0]!.toUpperCase() + name.slice(1);

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
    }),
    unauthorizedError: (_parent, { call }, info) =>
      new ForbiddenError(
        call.actor.kind === 'apiKey'
          ? `An API key may not read ${info.parentType.name}.${info.fieldName}.`
          : `Only a signed-in user may read ${info.parentType.name}.${info.fieldName}.`,
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
      description: 'The cursor of its first edge; null when it is empty.',
    },
    endCursorFieldOptions: { description: 'The cursor of its last edge; null when it is empty.' },
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
    onUnusedQuery: 'error', // a resolver that forgets to pass `query` on fails its first test
  },
});

builder.queryType({ description: 'What can be read.' });
builder.mutationType({
  description:
    'What can be changed. Each mutation takes one `input` and returns a union: its payload, or one of the errors that a caller can expect.',
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
