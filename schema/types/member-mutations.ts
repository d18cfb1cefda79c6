import {
  ForbiddenError,
  found,
  InvitationInvalidError,
  LastOwnerError,
  NotFoundError,
  ValidationError,
} from '../../server/domain/errors.ts';
import { acceptInvitation } from '../../server/domain/invitations/accept.ts';
import { findInvitation } from '../../server/domain/invitations/find.ts';
import { inviteMember } from '../../server/domain/invitations/invite.ts';
import { revokeInvitation } from '../../server/domain/invitations/revoke.ts';
import { changeMemberRole, type MemberInput } from '../../server/domain/members/change-role.ts';
import { findMembership } from '../../server/domain/members/find.ts';
import { removeMember } from '../../server/domain/members/remove.ts';
import { findWorkspace } from '../../server/domain/workspaces/find.ts';
import { builder } from '../builder.ts';
import { Invitation } from './invitation.ts';
import { Role } from './role.ts';
import { Membership } from './user.ts';
import { Workspace } from './workspace.ts';

const InviteMemberInput = builder.inputType('InviteMemberInput', {
  description: 'Whom to invite, and to what.',
  fields: (t) => ({
    workspaceId: t.id({ required: true, description: 'The workspace.' }),
    email: t.string({
      required: true,
      description: 'The address of the account that may accept, in any case.',
    }),
    role: t.field({
      type: Role,
      required: true,
      description: 'The role that they get. Offering Owner takes the role Owner.',
    }),
  }),
});

const InviteMemberPayload = builder
  .objectRef<{ id: string; url: string }>('InviteMemberPayload')
  .implement({
    description: 'The invitation, and its link. Nothing is sent: pass the link on yourself.',
    fields: (t) => ({
      invitation: t.field({
        type: Invitation,
        description: 'The invitation.',
        resolve: ({ id }, _args, { call }) => found('The invitation', findInvitation(call, id)),
      }),
      url: t.exposeString('url', {
        description:
          'The page that accepts it, with the token after `#token=`. Shown only now; invite again if it is lost.',
      }),
    }),
  });

const RevokeInvitationInput = builder.inputType('RevokeInvitationInput', {
  description: 'An invitation to take back.',
  fields: (t) => ({ id: t.id({ required: true, description: 'Which invitation.' }) }),
});

const RevokeInvitationPayload = builder
  .objectRef<{ revokedId: string; workspaceId: string }>('RevokeInvitationPayload')
  .implement({
    description: 'The invitation is gone, and its link dead.',
    fields: (t) => ({
      revokedId: t.exposeID('revokedId', { description: 'The id it had.' }),
      workspace: t.prismaField({
        type: Workspace,
        description: 'The workspace that it was for.',
        resolve: (query, { workspaceId }, _args, { call }) =>
          found('The workspace', findWorkspace(call, workspaceId, query)),
      }),
    }),
  });

const AcceptInvitationInput = builder.inputType('AcceptInvitationInput', {
  description: 'An invitation to accept.',
  fields: (t) => ({
    token: t.string({ required: true, description: 'What stands after `#token=` in the link.' }),
  }),
});

const membershipPayload = (name: string, description: string) =>
  builder.objectRef<MemberInput>(name).implement({
    description,
    fields: (t) => ({
      membership: t.prismaField({
        type: Membership,
        description: 'The membership as it is now.',
        resolve: (query, member, _args, { call }) =>
          found('The member', findMembership(call, member, query)),
      }),
    }),
  });

const AcceptInvitationPayload = membershipPayload(
  'AcceptInvitationPayload',
  'You are a member of the workspace.',
);
const ChangeMemberRolePayload = membershipPayload(
  'ChangeMemberRolePayload',
  'The member has the role, from their next request on.',
);

const ChangeMemberRoleInput = builder.inputType('ChangeMemberRoleInput', {
  description: 'Another role for a member.',
  fields: (t) => ({
    workspaceId: t.id({ required: true, description: 'The workspace.' }),
    userId: t.id({ required: true, description: 'The member, who may be you.' }),
    role: t.field({ type: Role, required: true, description: 'The role that they get.' }),
  }),
});

const RemoveMemberInput = builder.inputType('RemoveMemberInput', {
  description: 'Who is to be a member no longer.',
  fields: (t) => ({
    workspaceId: t.id({ required: true, description: 'The workspace.' }),
    userId: t.id({ required: true, description: 'The member. You yourself: to leave.' }),
  }),
});

const RemoveMemberPayload = builder.objectRef<MemberInput>('RemoveMemberPayload').implement({
  description: 'They are a member no longer, from their next request on.',
  fields: (t) => ({
    userId: t.exposeID('userId', { description: 'Who was removed.' }),
    workspace: t.prismaField({
      type: Workspace,
      nullable: true,
      description: 'The workspace; null if you left it.',
      resolve: (query, { workspaceId }, _args, { call }) => findWorkspace(call, workspaceId, query),
    }),
  }),
});

builder.mutationFields((t) => ({
  inviteMember: t.field({
    type: InviteMemberPayload,
    description:
      'Invites somebody to a workspace: one address, one role, once, for 7 days. An open invitation of the same address is replaced. Takes a signed-in user with the role Admin.',
    args: {
      input: t.arg({ type: InviteMemberInput, required: true, description: 'The invitation.' }),
    },
    errors: { types: [ForbiddenError, NotFoundError, ValidationError] },
    resolve: (_root, { input }, { call }) => inviteMember(call, input),
  }),
  revokeInvitation: t.field({
    type: RevokeInvitationPayload,
    description:
      'Takes back an open invitation. Takes a signed-in user with the role Admin; Owner, if it offers that.',
    args: {
      input: t.arg({ type: RevokeInvitationInput, required: true, description: 'Which.' }),
    },
    errors: { types: [ForbiddenError, NotFoundError] },
    resolve: (_root, { input }, { call }) => revokeInvitation(call, input),
  }),
  acceptInvitation: t.field({
    type: AcceptInvitationPayload,
    description:
      'Makes you a member of the workspace that you were invited to. Takes a signed-in user with the invited address. Who has no account yet passes the token to `signUp`. You can belong to 100 workspaces.',
    args: {
      input: t.arg({ type: AcceptInvitationInput, required: true, description: 'The token.' }),
    },
    errors: { types: [ForbiddenError, InvitationInvalidError, ValidationError] },
    resolve: (_root, { input }, { call }) => acceptInvitation(call, input),
  }),
  changeMemberRole: t.field({
    type: ChangeMemberRolePayload,
    description:
      'Gives a member another role. Takes a signed-in user with the role Admin; Owner, to make or demote owners. The last owner cannot be demoted. Open invitations that the member may no longer offer are void.',
    args: {
      input: t.arg({ type: ChangeMemberRoleInput, required: true, description: 'Who, and what.' }),
    },
    errors: { types: [ForbiddenError, LastOwnerError, NotFoundError] },
    resolve: (_root, { input }, { call }) => changeMemberRole(call, input),
  }),
  removeMember: t.field({
    type: RemoveMemberPayload,
    description:
      'Removes a member, or lets you leave. Takes a signed-in user; for others than oneself the role Admin, and Owner for owners. The last owner cannot leave. Their invitations to the workspace are void, and their access tokens for it alone are revoked.',
    args: {
      input: t.arg({ type: RemoveMemberInput, required: true, description: 'Who.' }),
    },
    errors: { types: [ForbiddenError, LastOwnerError, NotFoundError] },
    resolve: (_root, { input }, { call }) => removeMember(call, input),
  }),
}));
