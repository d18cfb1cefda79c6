import { accessTokensMax } from '../../server/domain/access-tokens/create.ts';
import { listAccessTokens } from '../../server/domain/access-tokens/find.ts';
import { findUser } from '../../server/domain/accounts/find-user.ts';
import { listMemberships } from '../../server/domain/accounts/list-memberships.ts';
import {
  listSignIns,
  type SignInRecord,
  signInsShown,
} from '../../server/domain/accounts/list-sign-ins.ts';
import type { UserActor } from '../../server/domain/actor.ts';
import { found } from '../../server/domain/errors.ts';
import { builder } from '../builder.ts';
import { AccessToken } from './access-token.ts';
import { Membership, User } from './user.ts';

const SignIn = builder.objectRef<SignInRecord>('SignIn').implement({
  description:
    'A browser that you are signed in with. It ends 30 days after you last used it, and a year after it began at the latest.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its id, `sin_…`.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When you signed in.' }),
    lastSeenAt: t.expose('lastSeenAt', {
      type: 'DateTime',
      description: 'When it was last used, to the minute.',
    }),
    ip: t.exposeString('ip', {
      nullable: true,
      description: 'The address it was made from; null if that is not known.',
    }),
    userAgent: t.exposeString('userAgent', {
      nullable: true,
      description: 'What the browser called itself; null if it did not.',
    }),
    current: t.exposeBoolean('current', { description: 'Whether it is the one that asks now.' }),
  }),
});

export const Viewer = builder.objectRef<UserActor>('Viewer').implement({
  description: 'You: the user who asks, signed in or by an access token.',
  fields: (t) => ({
    user: t.prismaField({
      type: User,
      description: 'You, as others see you.',
      resolve: (query, { id }, _args, { call }) => found('The user', findUser(call, id, query)),
    }),
    email: t.exposeString('email', { description: 'The email you sign in with.' }),
    memberships: t.prismaField({
      type: [Membership],
      description:
        'The workspaces you belong to, the one you joined first first: at most 100. With an access token, those that it opens.',
      // Hardly anybody is in more than ten of the hundred, and what is asked of each would cost too much.
      extensions: { cost: { atMost: 10 } },
      resolve: (query, { id }, _args, { call }) => listMemberships(call, id, query),
    }),
    accessTokens: t.prismaField({
      type: [AccessToken],
      description:
        'Your access tokens, newest first, at most 100. Expired ones stay for 90 days. An access token sees itself.',
      extensions: { cost: { atMost: accessTokensMax } },
      resolve: (query, _viewer, _args, { call }) => listAccessTokens(call, query),
    }),
    signIns: t.field({
      type: [SignIn],
      description:
        'Where you are signed in now, the one last used first: at most 100. Empty for an access token.',
      extensions: { cost: { atMost: signInsShown } },
      resolve: (viewer, _args, { call }) => listSignIns(call, viewer),
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: Viewer,
    nullable: true,
    description: 'You; null unless a user asks, signed in or by an access token.',
    resolve: (_root, _args, { call }) => (call.actor.kind === 'user' ? call.actor : null),
  }),
);
