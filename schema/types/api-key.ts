import { findApiKey, findViewerKey } from '../../server/domain/api-keys/find.ts';
import {
  type ApiKeyStatus as KeyStatus,
  loadApiKeyState,
} from '../../server/domain/api-keys/state.ts';
import { found } from '../../server/domain/errors.ts';
import { builder, connectionOf } from '../builder.ts';
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
      authScopes: { person: true },
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
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
    version: t.exposeInt('version', {
      description: 'Counts its changes. Edits pass it, so that none overwrites another unseen.',
    }),
  }),
});

export const ApiKeyConnection = connectionOf('ApiKey', ApiKey, 'API keys');

addNode('apiKey', 'ApiKey', findApiKey);

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
