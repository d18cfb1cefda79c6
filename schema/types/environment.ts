import { mayManageEnvironment } from '../../server/domain/access.ts';
import { environmentScope } from '../../server/domain/activity-scope.ts';
import { listApiKeysOfEnvironment, loadPrimaryKey } from '../../server/domain/api-keys/find.ts';
import { findEnvironment, loadEnvironment } from '../../server/domain/environments/find.ts';
import { builder } from '../builder.ts';
import { ActivityScope, addActivityScope } from './activity-scope.ts';
import { ApiKey, ApiKeyConnection, ApiKeyType } from './api-key.ts';
import { EnvironmentKind } from './environment-kind.ts';
import { addNode, Node } from './node.ts';

/** What `mayManageEnvironment` asks about. */
const place = { kind: true, project: { select: { workspaceId: true } } } as const;

export const Environment = builder.prismaObject('Environment', {
  description:
    'A part of a project with its own keys, sessions, logs and origins. A publishable key reads `id` and `kind` only.',
  interfaces: [Node, ActivityScope],
  authScopes: { beyondPublishable: true },
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its id, `env_…`.', skipTypeScopes: true }),
    name: t.exposeString('name', { description: 'Its name.' }),
    kind: t.expose('kind', {
      type: EnvironmentKind,
      description: 'What it is for. Fixed at creation.',
      skipTypeScopes: true,
    }),
    allowedOrigins: t.exposeStringList('allowedOrigins', {
      description:
        'The origins whose pages may use its publishable keys. Outside production loopback is always allowed.',
    }),
    testConfirmations: t.exposeBoolean('testConfirmations', {
      description: 'Whether sessions may be confirmed by their link alone. Never in production.',
    }),
    version: t.exposeInt('version', {
      description: 'Counts its changes. Edits pass it, so that none overwrites another unseen.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    project: t.relation('project', { description: 'The project that it is a part of.' }),
    primaryKey: t.field({
      type: ApiKey,
      nullable: true,
      description: 'The oldest active key of this type, the one to show first; null without one.',
      args: { type: t.arg({ type: ApiKeyType, required: true, description: 'Which type.' }) },
      resolve: ({ id }, { type }, { call }) => loadPrimaryKey(call, id, type),
    }),
    apiKeys: t.connection(
      {
        type: ApiKey,
        description: 'Its keys, newest first. An API key sees itself.',
        resolve: ({ id }, page, { call }) => listApiKeysOfEnvironment(call, id, page),
      },
      ApiKeyConnection,
    ),
    viewerCanUpdate: t.boolean({
      description: 'Whether you may change its settings.',
      select: place,
      resolve: ({ kind, project: { workspaceId } }, _args, { call }) =>
        mayManageEnvironment(call, { kind, workspaceId }),
    }),
    viewerCanManageKeys: t.boolean({
      description: 'Whether you may manage its keys.',
      select: place,
      resolve: ({ kind, project: { workspaceId } }, _args, { call }) =>
        mayManageEnvironment(call, { kind, workspaceId }),
    }),
  }),
});

addNode('environment', 'Environment', loadEnvironment);
addActivityScope('env', environmentScope);

builder.queryField('environment', (t) =>
  t.prismaField({
    type: Environment,
    nullable: true,
    description: 'The environment with this id, or null where there is none that you may see.',
    args: { id: t.arg.id({ required: true, description: 'Its id, `env_…`.' }) },
    resolve: (query, _root, { id }, { call }) => findEnvironment(call, id, query),
  }),
);
