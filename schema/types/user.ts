import { mayReadEmail } from '../../server/domain/access.ts';
import { loadUser } from '../../server/domain/accounts/find-user.ts';
import { builder } from '../builder.ts';
import { addNode, Node } from './node.ts';
import { Role } from './role.ts';

export const User = builder.prismaObject('User', {
  description: 'A person with an account on this server. Hidden from API keys.',
  interfaces: [Node],
  authScopes: { person: true },
  fields: (t) => ({
    name: t.exposeString('name', { description: 'How the person wants to be called.' }),
    email: t.string({
      nullable: true,
      description:
        'The email they sign in with; null unless it is you, or you share a workspace with them.',
      select: { id: true, memberships: { select: { workspaceId: true } } },
      resolve: (user, _args, { call }) => (mayReadEmail(call, user) ? user.email : null),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When they signed up.' }),
  }),
});

addNode('user', 'User', loadUser);

export const Membership = builder.prismaObject('Membership', {
  description: 'That a user belongs to a workspace.',
  fields: (t) => ({
    user: t.relation('user', { description: 'The member.' }),
    workspace: t.relation('workspace', { description: 'The workspace.' }),
    role: t.expose('role', { type: Role, description: 'What they may do in it.' }),
    since: t.expose('since', { type: 'DateTime', description: 'When they became a member.' }),
  }),
});
