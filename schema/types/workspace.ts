import { roleIn } from '../../server/domain/access.ts';
import { projectOrder, projectsWhere } from '../../server/domain/projects/find.ts';
import { findWorkspace } from '../../server/domain/workspaces.ts';
import { builder } from '../builder.ts';
import { addNode, Node } from './node.ts';
import { ProjectConnection } from './project.ts';
import { Role } from './role.ts';

export const Workspace = builder.prismaObject('Workspace', {
  description: 'Owns projects; users are its members. Hidden from API keys.',
  interfaces: [Node],
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name.' }),
    version: t.exposeInt('version', {
      description: 'Counts its changes. Edits pass it, so that none overwrites another unseen.',
    }),
    logRetentionDays: t.exposeInt('logRetentionDays', {
      description: 'How many days log entries are kept.',
    }),
    sessionRetentionDays: t.exposeInt('sessionRetentionDays', {
      description: 'How many days sessions are kept. Counts are kept for ever.',
    }),
    viewerRole: t.field({
      type: Role,
      nullable: true,
      description: 'Your role in it; null for those who have none.',
      resolve: ({ id }, _args, { call }) => roleIn(call, id),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    members: t.relation('memberships', {
      description: 'Its members, the longest-standing first.',
      query: { orderBy: [{ since: 'asc' }, { userId: 'asc' }] },
    }),
    projects: t.relatedConnection(
      'projects',
      {
        cursor: 'id',
        description: 'Its projects, newest first.',
        args: {
          search: t.arg.string({
            description: 'Only those whose name contains this, in any case.',
          }),
        },
        query: ({ search }, { call }) => ({
          where: projectsWhere(call, { search }),
          orderBy: [...projectOrder],
        }),
      },
      ProjectConnection,
    ),
  }),
});

addNode('workspace', 'Workspace', findWorkspace);

builder.queryField('workspace', (t) =>
  t.prismaField({
    type: Workspace,
    nullable: true,
    description: 'The workspace with this id, or null where there is none that you may see.',
    args: { id: t.arg.id({ required: true, description: 'Its id, `wsp_…`.' }) },
    resolve: (query, _root, { id }, { call }) => findWorkspace(call, id, query),
  }),
);
