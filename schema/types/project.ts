import { mayManageProject, readableEnvironments } from '../../server/domain/access.ts';
import { projectScope } from '../../server/domain/activity-scope.ts';
import { listApiKeys } from '../../server/domain/api-keys/find.ts';
import { environmentsMax } from '../../server/domain/environments/create.ts';
import { loadEnvironment } from '../../server/domain/environments/find.ts';
import { found } from '../../server/domain/errors.ts';
import { findProject, listProjects, loadProject } from '../../server/domain/projects/find.ts';
import { findProjectWebhookUrl } from '../../server/domain/webhooks/find.ts';
import { builder, connectionOf } from '../builder.ts';
import { ActivityScope, addActivityScope } from './activity-scope.ts';
import { ApiKey, ApiKeyConnection } from './api-key.ts';
import { Environment } from './environment.ts';
import { addNode, Node } from './node.ts';

export const Project = builder.prismaObject('Project', {
  description: 'One application, with its environments.',
  interfaces: [Node, ActivityScope],
  fields: (t) => ({
    name: t.exposeString('name', {
      description: 'Its name, which end users see when they confirm.',
    }),
    active: t.exposeBoolean('active', {
      description: 'Off: no new session starts, on any path. Sessions that exist go on.',
    }),
    publicAccess: t.exposeBoolean('publicAccess', {
      description:
        'On: in production a publishable key, or the bare project id, may start sessions. Off: only a secret key may.',
    }),
    requireUserCode: t.exposeBoolean('requireUserCode', {
      description: 'On: who confirms types the code that the waiting device shows.',
    }),
    sessionLifetimeSeconds: t.exposeInt('sessionLifetimeSeconds', {
      description: 'How long a session waits to be confirmed: 60 to 3600 seconds, 600 by default.',
    }),
    webhookUrl: t.string({
      nullable: true,
      description:
        'Where its webhooks go: the URL of the oldest endpoint of the default environment. Null where there is none, or none that you may see: webhooks are hidden from API keys.',
      select: { id: true },
      resolve: ({ id }, _args, { call }) => findProjectWebhookUrl(call, id),
    }),
    version: t.exposeInt('version', {
      description: 'Counts its changes. Edits pass it, so that none overwrites another unseen.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    workspace: t.relation('workspace', {
      description: 'The workspace that owns it. Hidden from API keys.',
      authScopes: { people: true },
    }),
    defaultEnvironment: t.field({
      type: Environment,
      description: 'What the bare project id means.',
      select: { defaultEnvironmentId: true },
      resolve: ({ defaultEnvironmentId }, _args, { call }) =>
        found('The environment', loadEnvironment(call, defaultEnvironmentId)),
    }),
    environments: t.relation('environments', {
      description: 'Its environments, oldest first. An API key sees its own.',
      extensions: { cost: { atMost: environmentsMax } },
      query: (_args, { call }) => ({
        where: readableEnvironments(call),
        orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
      }),
    }),
    apiKeys: t.connection(
      {
        type: ApiKey,
        description: 'The keys of all its environments, newest first. An API key sees itself.',
        resolve: ({ id }, page, { call }) =>
          listApiKeys(call, page, { environment: { projectId: id } }),
      },
      ApiKeyConnection,
    ),
    viewerCanUpdate: t.boolean({
      description: 'Whether you may change its settings.',
      select: { workspaceId: true },
      resolve: ({ workspaceId }, _args, { call }) => mayManageProject(call, workspaceId),
    }),
    viewerCanDelete: t.boolean({
      description: 'Whether you may delete it.',
      select: { workspaceId: true },
      resolve: ({ workspaceId }, _args, { call }) => mayManageProject(call, workspaceId),
    }),
  }),
});

export const ProjectConnection = connectionOf('Project', Project, 'projects');

// Here, because a project's fields need the key's type already.
builder.prismaObjectField(ApiKey, 'project', (t) =>
  t.field({
    type: Project,
    description: 'The project of its environment.',
    select: { environment: { select: { projectId: true } } },
    resolve: ({ environment: { projectId } }, _args, { call }) =>
      found('The project', loadProject(call, projectId)),
  }),
);

addNode('project', 'Project', loadProject);
addActivityScope('prj', projectScope);

builder.queryFields((t) => ({
  project: t.prismaField({
    type: Project,
    nullable: true,
    description: 'The project with this id, or null where there is none that you may see.',
    args: { id: t.arg.id({ required: true, description: 'Its id, `prj_…`.' }) },
    resolve: (query, _root, { id }, { call }) => findProject(call, id, query),
  }),
  projects: t.connection(
    {
      type: Project,
      description: 'The projects that you may see, newest first.',
      args: {
        search: t.arg.string({ description: 'Only those whose name contains this, in any case.' }),
        workspaceId: t.arg.id({ description: 'Only those of this workspace.' }),
      },
      resolve: (_root, { search, workspaceId, ...page }, { call }) =>
        listProjects(call, page, { search, workspaceId }),
    },
    ProjectConnection,
  ),
}));
