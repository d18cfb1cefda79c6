import { loadUser } from '../../server/domain/accounts/find-user.ts';
import { type InvitationRecord, loadInvitation } from '../../server/domain/invitations/find.ts';
import { builder } from '../builder.ts';
import { addNode, Node } from './node.ts';
import { Role } from './role.ts';
import { User } from './user.ts';

export const Invitation = builder.objectRef<InvitationRecord>('Invitation').implement({
  description:
    'An offer of one role in a workspace to one email address, once, for 7 days. It is void when whoever sent it may no longer invite.',
  interfaces: [Node],
  fields: (t) => ({
    email: t.exposeString('email', { description: 'The address that it is for, in any case.' }),
    role: t.expose('role', { type: Role, description: 'The role that it offers.' }),
    invitedBy: t.field({
      type: User,
      nullable: true,
      description: 'Who sent it; null where you may not see them.',
      resolve: ({ invitedById }, _args, { call }) => loadUser(call, invitedById),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'Until when it can be accepted.',
    }),
  }),
});

addNode('invitation', 'Invitation', loadInvitation);
