import { PothosValidationError } from '@pothos/core';
import {
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
} from 'graphql';
import type { Context } from '../../schema/builder.ts';
import {
  ConflictError,
  ForbiddenError,
  NotFoundError,
  UnauthenticatedError,
  ValidationError,
} from '../../server/domain/errors.ts';

/** What the probe's fields saw and did; a test that looks at it resets it first. */
export const seen = { executed: 0, ticksEnded: 0 };

const string = new GraphQLNonNull(GraphQLString);
const failures: Record<string, () => Error> = {
  conflict: () => new ConflictError('It changed.', 7),
  forbidden: () => new ForbiddenError('Not you.'),
  missing: () => new NotFoundError('The thing'),
  refusedKey: () => new UnauthenticatedError('The key is off.', 'INACTIVE'),
  signedOut: () => new UnauthenticatedError('Sign in first.'),
  invalid: () => new ValidationError([{ path: ['input', 'name'], message: 'Must not be empty.' }]),
  badCursor: () => new PothosValidationError('Invalid cursor'),
  databaseAway: () => Object.assign(new Error('connect to 10.1.2.3'), { code: 'ECONNREFUSED' }),
  ours: () => new Error('the secret plan failed', { cause: new Error('deeper') }),
};

const Query: GraphQLObjectType = new GraphQLObjectType<unknown, Context>({
  name: 'Query',
  fields: () => ({
    hello: {
      type: string,
      resolve: () => {
        seen.executed += 1;
        return 'world';
      },
    },
    self: { type: new GraphQLNonNull(Query), resolve: () => ({}) },
    who: {
      type: string,
      resolve: (_root, _args, { call: { actor } }) =>
        actor.kind === 'apiKey'
          ? `key ${actor.key.id}`
          : actor.kind === 'user'
            ? actor.id
            : actor.kind,
    },
    client: {
      type: string,
      resolve: (_root, _args, { call: { client, requestId } }) =>
        JSON.stringify({ ...client, requestId }),
    },
    secretly: {
      type: GraphQLString,
      args: { secret: { type: string } },
      extensions: { takesSecret: true },
      resolve: () => {
        seen.executed += 1;
        return null;
      },
    },
    fail: {
      type: GraphQLString,
      args: { how: { type: string } },
      resolve: (_root, { how }) => {
        throw failures[how]!();
      },
    },
    failures: {
      type: new GraphQLList(GraphQLInt),
      resolve: () => [1, 2, 3].map((n) => new Error(`item ${n} failed`)),
    },
    notAnInt: { type: GraphQLInt, resolve: () => 'many' },
    nullWhereNoneMayBe: { type: string, resolve: () => null },
    double: {
      type: GraphQLInt,
      args: { n: { type: new GraphQLNonNull(GraphQLInt) } },
      resolve: (_root, { n }) => 2 * n,
    },
    wait: {
      type: string,
      args: { ms: { type: new GraphQLNonNull(GraphQLInt) } },
      resolve: (_root, { ms }) => new Promise((resolve) => setTimeout(resolve, ms, 'waited')),
    },
  }),
});

const Mutation = new GraphQLObjectType<unknown, Context>({
  name: 'Mutation',
  fields: {
    act: {
      type: string,
      resolve: () => {
        seen.executed += 1;
        return 'done';
      },
    },
    setCookie: {
      type: string,
      resolve: (_root, _args, { call }) => {
        call.signInCookie.set('token', new Date('2030-01-02T03:04:05Z'));
        return 'set';
      },
    },
    clearCookie: {
      type: string,
      resolve: (_root, _args, { call }) => {
        call.signInCookie.clear();
        return 'cleared';
      },
    },
  },
});

const Subscription = new GraphQLObjectType<unknown, Context>({
  name: 'Subscription',
  fields: {
    ticks: {
      type: GraphQLInt,
      async *subscribe() {
        try {
          for (let tick = 0; ; tick += 1) {
            yield { ticks: tick };
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
        } finally {
          seen.ticksEnded += 1;
        }
      },
    },
  },
});

/** A small schema whose fields show what a request arrived as, and fail in every way there is. */
export const probeSchema = new GraphQLSchema({
  query: Query,
  mutation: Mutation,
  subscription: Subscription,
});
