import { findApiKey, findViewerKey, loadApiKey } from '../../server/domain/api-keys/find.ts';
import { loadOpenConnections } from '../../server/domain/api-keys/open-connections.ts';
import {
  type ApiKeyRefusals as KeyRefusals,
  loadApiKeyRefusals,
} from '../../server/domain/api-keys/refusal-counts.ts';
import {
  type ApiKeyRotation as KeyRotation,
  type ApiKeyStatus as KeyStatus,
  loadApiKeyState,
} from '../../server/domain/api-keys/state.ts';
import type { Call } from '../../server/domain/call.ts';
import { found } from '../../server/domain/errors.ts';
import { builder, connectionOf } from '../builder.ts';
import { RefusalReason } from '../errors.ts';
import { addNode, Node } from './node.ts';

export const ApiKeyType = builder.enumType('ApiKeyType', {
  description: 'Who may hold a key, and so what it may do.',
  values: {
    SECRET: { description: '`sk_…`: for servers only; full power in its environment.' },
    PUBLISHABLE: { description: '`pk_…`: for browsers and apps; starts and watches sessions.' },
  } as const,
});

const ApiKeyStatus = builder.enumType('ApiKeyStatus', {
  description:
    'Whether a key works: the first that applies of EXPIRED, INACTIVE, ROTATING, ACTIVE.',
  values: {
    ACTIVE: { description: 'It works.' },
    INACTIVE: { description: 'It is switched off, and can be switched on again.' },
    EXPIRED: { description: 'Its expiry has passed.' },
    ROTATING: { description: 'It works, and an earlier secret of it still does too.' },
  } satisfies Record<KeyStatus, { description: string }>,
});

const ApiKeyRotation = builder.objectRef<KeyRotation>('ApiKeyRotation').implement({
  description: 'That an earlier secret of a key still works beside the current one.',
  fields: (t) => ({
    previousPreview: t.exposeString('previousPreview', {
      description: 'Enough of the earlier value to tell it apart: `sk_live_Ab3d…9xYz`.',
    }),
    endsAt: t.expose('endsAt', {
      type: 'DateTime',
      description: 'When the earlier secret stops working, if it is not ended before.',
    }),
    previousLastUsedAt: t.expose('previousLastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When the earlier secret was last used since the key was regenerated, up to a minute late; null: not once.',
    }),
    previousUseCount: t.expose('previousUseCount', {
      type: 'SafeInt',
      description: 'How often it was used since then, up to a minute late.',
    }),
  }),
});

const ApiKeyRefusals = builder.objectRef<KeyRefusals>('ApiKeyRefusals').implement({
  description: 'How often a key was refused for one reason.',
  fields: (t) => ({
    reason: t.expose('reason', { type: RefusalReason, description: 'Why.' }),
    count: t.expose('count', { type: 'SafeInt', description: 'How often.' }),
    lastAt: t.expose('lastAt', { type: 'DateTime', description: 'When the last time was.' }),
  }),
});

export const ApiKey = builder.prismaObject('ApiKey', {
  description:
    'Lets a program use one environment. A publishable key reads its own `id`, `name`, `type` and `environment` only.',
  interfaces: [Node],
  authScopes: { beyondPublishable: true },
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its id, `key_…`.', skipTypeScopes: true }),
    name: t.exposeString('name', { description: 'Its name.', skipTypeScopes: true }),
    type: t.expose('type', {
      type: ApiKeyType,
      description: 'Who may hold it.',
      skipTypeScopes: true,
    }),
    status: t.field({
      type: ApiKeyStatus,
      description: 'Whether it works now.',
      resolve: async ({ id }, _args, { call }) =>
        (await found('The API key', loadApiKeyState(call, id))).status,
    }),
    active: t.exposeBoolean('active', {
      description: 'Off: refuses new requests. Can be switched on again.',
    }),
    preview: t.exposeString('preview', {
      description: 'Enough of its value to tell keys apart: `sk_live_Ab3d…9xYz`.',
    }),
    publishableValue: t.exposeString('publishableValue', {
      nullable: true,
      description: 'Its value; null for a secret key, whose value nobody can read again.',
    }),
    environment: t.relation('environment', {
      description: 'The environment that it opens.',
      skipTypeScopes: true,
    }),
    createdBy: t.relation('createdBy', {
      nullable: true,
      description: 'Who created it; null once their account is gone. Hidden from API keys.',
      authScopes: { people: true },
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last used, up to a minute late; null: never.',
    }),
    lastUsedIp: t.exposeString('lastUsedIp', {
      nullable: true,
      description: 'From which address that was; null where unknown or never.',
    }),
    lastUsedUserAgent: t.exposeString('lastUsedUserAgent', {
      nullable: true,
      description: 'With which user agent that was; null where it sent none, or never.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it stops working by itself; null: never.',
    }),
    regeneratedAt: t.expose('regeneratedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When its secret was last replaced; null: never.',
    }),
    rotation: t.field({
      type: ApiKeyRotation,
      nullable: true,
      description: 'The earlier secret that still works; null where only the current one does.',
      resolve: async ({ id }, _args, { call }) =>
        (await found('The API key', loadApiKeyState(call, id))).rotation,
    }),
    refusedCount: t.field({
      type: 'SafeInt',
      description: 'How often it was refused, for every reason together.',
      resolve: async ({ id }, _args, { call }) =>
        (await refusalsOf(call, id)).reduce((sum, { count }) => sum + count, 0),
    }),
    lastRefusedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was last refused; null: never.',
      resolve: async ({ id }, _args, { call }) => (await refusalsOf(call, id))[0]?.lastAt,
    }),
    refusals: t.field({
      type: [ApiKeyRefusals],
      description: 'Its refusals by reason, the latest first.',
      resolve: ({ id }, _args, { call }) => refusalsOf(call, id),
    }),
    openConnections: t.field({
      type: 'Int',
      description:
        'How many WebSockets and event streams it holds open now, in all server processes; those of others are known to the second.',
      resolve: async ({ id }, _args, { call }) =>
        (await found('The API key', loadOpenConnections(call, id))).count,
    }),
    version: t.exposeInt('version', {
      description: 'Counts its changes. Edits pass it, so that none overwrites another unseen.',
    }),
  }),
});

/** The latest first. */
async function refusalsOf(call: Call, id: string): Promise<KeyRefusals[]> {
  return (await found('The API key', loadApiKeyRefusals(call, id))).refusals;
}

export const ApiKeyConnection = connectionOf('ApiKey', ApiKey, 'API keys');

addNode('apiKey', 'ApiKey', loadApiKey);

builder.queryFields((t) => ({
  apiKey: t.prismaField({
    type: ApiKey,
    nullable: true,
    description: 'The API key with this id, or null where there is none that you may see.',
    args: { id: t.arg.id({ required: true, description: 'Its id, `key_…`.' }) },
    resolve: (query, _root, { id }, { call }) => findApiKey(call, id, query),
  }),
  viewerKey: t.prismaField({
    type: ApiKey,
    nullable: true,
    description: 'The API key that asks; null where none does.',
    resolve: (query, _root, _args, { call }) => findViewerKey(call, query),
  }),
}));
