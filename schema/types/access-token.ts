import { loadAccessToken } from '../../server/domain/access-tokens/find.ts';
import { loadWorkspace } from '../../server/domain/workspaces/find.ts';
import { builder } from '../builder.ts';
import { addNode, Node } from './node.ts';
import { Workspace } from './workspace.ts';

export const AccessTokenScope = builder.enumType('AccessTokenScope', {
  description: 'What an access token may do.',
  values: {
    READ: { description: 'Read what its user may read. Every mutation is refused.' },
    WRITE: {
      description:
        'Also change what its user may change, but never sign-ins, passwords, access tokens, members, invitations or roles, and neither create nor delete workspaces.',
    },
  } as const,
});

export const AccessToken = builder.prismaObject('AccessToken', {
  description:
    'Lets a program act as its user, by `Authorization: Bearer lkp_…`. What the user may no longer do, it may no longer do.',
  interfaces: [Node],
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name.' }),
    preview: t.exposeString('preview', {
      description: 'Enough of its value to tell tokens apart: `lkp_Ab3d…9xYz`.',
    }),
    scope: t.expose('scope', { type: AccessTokenScope, description: 'What it may do.' }),
    workspace: t.field({
      type: Workspace,
      nullable: true,
      description:
        'The only workspace that it opens; null: every workspace of its user, also later ones.',
      select: { workspaceId: true },
      resolve: ({ workspaceId }, _args, { call }) =>
        workspaceId === null ? null : loadWorkspace(call, workspaceId),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last used, to the minute; null: never.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it stops working by itself; null: never.',
    }),
  }),
});

addNode('accessToken', 'AccessToken', loadAccessToken);
