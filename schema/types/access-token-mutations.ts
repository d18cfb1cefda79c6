import { createAccessToken } from '../../server/domain/access-tokens/create.ts';
import { findAccessToken } from '../../server/domain/access-tokens/find.ts';
import { revokeAccessToken } from '../../server/domain/access-tokens/revoke.ts';
import {
  ForbiddenError,
  found,
  NotFoundError,
  ValidationError,
} from '../../server/domain/errors.ts';
import { builder } from '../builder.ts';
import { AccessToken, AccessTokenScope } from './access-token.ts';

const CreateAccessTokenInput = builder.inputType('CreateAccessTokenInput', {
  description: 'A new access token.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description: 'One line of 1 to 100 characters: what it is for. Logs show it.',
    }),
    scope: t.field({ type: AccessTokenScope, required: true, description: 'What it may do.' }),
    workspaceId: t.id({
      description:
        'The only workspace that it opens; left out or null: every one of yours, also later ones.',
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'When it stops working by itself, in the future; left out or null: never.',
    }),
  }),
});

const CreateAccessTokenPayload = builder
  .objectRef<{ id: string; token: string }>('CreateAccessTokenPayload')
  .implement({
    description: 'The new access token, and its value.',
    fields: (t) => ({
      accessToken: t.prismaField({
        type: AccessToken,
        description: 'The access token.',
        resolve: (query, { id }, _args, { call }) =>
          found('The access token', findAccessToken(call, id, query)),
      }),
      token: t.exposeString('token', {
        description:
          'Its value, `lkp_…`, to send as `Authorization: Bearer`. Shown only now; if it is lost, make another.',
      }),
    }),
  });

const RevokeAccessTokenInput = builder.inputType('RevokeAccessTokenInput', {
  description: 'An access token to end.',
  fields: (t) => ({ id: t.id({ required: true, description: 'Which access token.' }) }),
});

const RevokeAccessTokenPayload = builder
  .objectRef<{ revokedId: string }>('RevokeAccessTokenPayload')
  .implement({
    description: 'The access token is gone, and works no longer.',
    fields: (t) => ({ revokedId: t.exposeID('revokedId', { description: 'The id it had.' }) }),
  });

builder.mutationFields((t) => ({
  createAccessToken: t.field({
    type: CreateAccessTokenPayload,
    description:
      'Makes an access token, with which a program acts as you. At most 100 at a time. Takes a signed-in user.',
    args: {
      input: t.arg({ type: CreateAccessTokenInput, required: true, description: 'The token.' }),
    },
    errors: { types: [ForbiddenError, NotFoundError, ValidationError] },
    resolve: (_root, { input }, { call }) => createAccessToken(call, input),
  }),
  revokeAccessToken: t.field({
    type: RevokeAccessTokenPayload,
    description: 'Ends one of your access tokens, at once and for ever. Takes a signed-in user.',
    args: {
      input: t.arg({ type: RevokeAccessTokenInput, required: true, description: 'Which.' }),
    },
    errors: { types: [ForbiddenError, NotFoundError] },
    resolve: (_root, { input }, { call }) => revokeAccessToken(call, input),
  }),
}));
