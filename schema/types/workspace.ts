import {
  mayCreateProject,
  mayDeleteWorkspace,
  mayManageMembers,
  mayManageOwners,
  mayUpdateWorkspace,
  roleIn,
} from '../../server/domain/access.ts';
import { workspaceScope } from '../../server/domain/activity-scope.ts';
import { listApiKeys } from '../../server/domain/api-keys/find.ts';
import { listInvitations } from '../../server/domain/invitations/find.ts';
import { membersMax } from '../../server/domain/members/limits.ts';
import { listProjects } from '../../server/domain/projects/find.ts';
import { findWorkspace, loadWorkspace } from '../../server/domain/workspaces/find.ts';
import { builder } from '../builder.ts';
import { ActivityScope, addActivityScope } from './activity-scope.ts';
import { ApiKey, ApiKeyConnection } from './api-key.ts';
import { Invitation } from './invitation.ts';
import { addNode, Node } from './node.ts';
import { Project, ProjectConnection } from './project.ts';
import { Role } from './role.ts';

export const Workspace = builder.prismaObject('Workspace', {
  description: 'Owns projects; users are its members. Hidden from API keys.',
  interfaces: [Node, ActivityScope],
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name.' }),
    version: t.exposeInt('version', {
      description: 'Counts its changes. Edits pass it, so that none overwrites another unseen.',
    }),
    logRetentionDays: t.exposeInt('logRetentionDays', {
      description: 'How many days log entries are kept. What is older is removed within the hour.',
    }),
    sessionRetentionDays: t.exposeInt('sessionRetentionDays', {
      description:
        'How many days sessions are kept. What is older is removed within the hour; counts are kept for ever.',
    }),
    viewerRole: t.field({
      type: Role,
      nullable: true,
      description: 'Your role in it; null for those who have none.',
      resolve: ({ id }, _args, { call }) => roleIn(call, id),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    members: t.relation('memberships', {
      description:
        'Its members, the longest-standing first: with the open invitations at most 200.',
      extensions: { cost: { atMost: membersMax } },
      query: { orderBy: [{ since: 'asc' }, { userId: 'asc' }] },
    }),
    invitations: t.field({
      type: [Invitation],
      description:
        'The open invitations to it, newest first. Shown to the roles Admin and Owner; empty for others.',
      extensions: { cost: { atMost: membersMax } },
      resolve: ({ id }, _args, { call }) => listInvitations(call, id),
    }),
    projects: t.connection(
      {
        type: Project,
        description: 'Its projects, newest first.',
        args: {
          search: t.arg.string({
            description: 'Only those whose name contains this, in any case.',
          }),
        },
        resolve: ({ id }, { search, ...page }, { call }) =>
          listProjects(call, page, { search, workspaceId: id }),
      },
      ProjectConnection,
    ),
    apiKeys: t.connection(
      {
        type: ApiKey,
        description: 'The keys of all its projects, newest first.',
        resolve: ({ id }, page, { call }) =>
          listApiKeys(call, page, { environment: { project: { workspaceId: id } } }),
      },
      ApiKeyConnection,
    ),
    viewerCanUpdate: t.boolean({
      description: 'Whether you may change its settings.',
      resolve: ({ id }, _args, { call }) => mayUpdateWorkspace(call, id),
    }),
    viewerCanDelete: t.boolean({
      description: 'Whether you may delete it.',
      resolve: ({ id }, _args, { call }) => mayDeleteWorkspace(call, id),
    }),
    viewerCanManageMembers: t.boolean({
      description:
        'Whether you may invite people, and change the roles of members who are not owners or remove them.',
      resolve: ({ id }, _args, { call }) => mayManageMembers(call, id),
    }),
    viewerCanManageOwners: t.boolean({
      description: 'Whether you may also invite, make, demote and remove owners.',
      resolve: ({ id }, _args, { call }) => mayManageOwners(call, id),
    }),
    viewerCanCreateProjects: t.boolean({
      description: 'Whether you may create projects in it.',
      resolve: ({ id }, _args, { call }) => mayCreateProject(call, id),
    }),
  }),
});

addNode('workspace', 'Workspace', loadWorkspace);
addActivityScope('wsp', workspaceScope);

builder.queryField('workspace', (t) =>
  t.prismaField({
    type: Workspace,
    nullable: true,
    description: 'The workspace with this id, or null where there is none that you may see.',
    args: { id: t.arg.id({ required: true, description: 'Its id, `wsp_…`.' }) },
    resolve: (query, _root, { id }, { call }) => findWorkspace(call, id, query),
  }),
);
