import { changePassword } from '../../server/domain/accounts/change-password.ts';
import { resetPassword } from '../../server/domain/accounts/reset-password.ts';
import { signIn } from '../../server/domain/accounts/sign-in.ts';
import { signOut } from '../../server/domain/accounts/sign-out.ts';
import { signUp } from '../../server/domain/accounts/sign-up.ts';
import type { UserActor } from '../../server/domain/actor.ts';
import {
  EmailTakenError,
  ForbiddenError,
  InvalidCredentialsError,
  InvitationInvalidError,
  NotFoundError,
  RateLimitedError,
  SignUpClosedError,
  ValidationError,
} from '../../server/domain/errors.ts';
import { builder } from '../builder.ts';
import { Viewer } from './viewer.ts';

const emailRule = 'An email address of at most 254 characters. Its case is kept, and ignored.';
const passwordRule =
  '8 to 200 characters of any kind, and not the email address. Characters that look the same count as the same.';

const SignUpInput = builder.inputType('SignUpInput', {
  description: 'A new account.',
  fields: (t) => ({
    email: t.string({ required: true, description: emailRule }),
    password: t.string({ required: true, description: passwordRule }),
    name: t.string({
      required: true,
      description: 'How the person wants to be called: one line of 1 to 100 characters.',
    }),
    invitation: t.string({
      description:
        'The token of an invitation for this email, from its link. The account then joins that workspace and gets none of its own; it works also where sign-up is closed.',
    }),
  }),
});

const SignUpPayload = builder.objectRef<{ viewer: UserActor }>('SignUpPayload').implement({
  description: 'The account was made, and the browser is signed in to it by a cookie.',
  fields: (t) => ({
    viewer: t.expose('viewer', { type: Viewer, description: 'You, from now on.' }),
  }),
});

const SignInInput = builder.inputType('SignInInput', {
  description: 'What proves who you are.',
  fields: (t) => ({
    email: t.string({ required: true, description: 'The email of the account, in any case.' }),
    password: t.string({ required: true, description: 'Its password.' }),
  }),
});

const SignInPayload = builder.objectRef<{ viewer: UserActor }>('SignInPayload').implement({
  description: 'The browser is signed in by a cookie.',
  fields: (t) => ({
    viewer: t.expose('viewer', { type: Viewer, description: 'You, from now on.' }),
  }),
});

const SignOutInput = builder.inputType('SignOutInput', {
  description: 'Where to sign out.',
  fields: (t) => ({
    everywhere: t.boolean({
      description: 'Whether to end your sign-ins in all browsers; false by default: only this one.',
    }),
    signInId: t.id({
      description:
        'One of `viewer.signIns` to end instead. This browser stays signed in, unless it is its own. Not together with `everywhere`.',
    }),
  }),
});

const SignOutPayload = builder.objectRef<{ everywhere: boolean }>('SignOutPayload').implement({
  description:
    'The browser is signed out, whether or not it was signed in before; or the sign-in that was named has ended.',
  fields: (t) => ({
    everywhere: t.exposeBoolean('everywhere', {
      description: 'Whether your sign-ins in other browsers ended as well.',
    }),
    viewer: t.field({
      type: Viewer,
      nullable: true,
      description: 'You, if this browser is still signed in; null if it is not.',
      resolve: (_payload, _args, { call }) => (call.actor.kind === 'user' ? call.actor : null),
    }),
  }),
});

const ChangePasswordInput = builder.inputType('ChangePasswordInput', {
  description: 'A new password for your account.',
  fields: (t) => ({
    currentPassword: t.string({ required: true, description: 'The password until now.' }),
    newPassword: t.string({ required: true, description: passwordRule }),
  }),
});

const ChangePasswordPayload = builder
  .objectRef<{ viewer: UserActor }>('ChangePasswordPayload')
  .implement({
    description:
      'The password is changed. Your sign-ins in other browsers have ended; this one has a new cookie.',
    fields: (t) => ({ viewer: t.expose('viewer', { type: Viewer, description: 'You.' }) }),
  });

const ResetPasswordInput = builder.inputType('ResetPasswordInput', {
  description: 'A new password for the account of a one-time link.',
  fields: (t) => ({
    token: t.string({
      required: true,
      description:
        'What stands after `#token=` in the link. It works once, for an hour, until a newer link is made or the password is changed.',
    }),
    password: t.string({ required: true, description: passwordRule }),
  }),
});

const ResetPasswordPayload = builder
  .objectRef<{ email: string }>('ResetPasswordPayload')
  .implement({
    description:
      'The password is set, and every sign-in of the account has ended. Sign in with it.',
    fields: (t) => ({
      email: t.exposeString('email', { description: 'The email of the account, to sign in with.' }),
    }),
  });

builder.mutationFields((t) => ({
  signUp: t.field({
    type: SignUpPayload,
    description:
      'Makes an account with a first workspace, which it owns, or for who was invited with a place in that workspace, and signs the browser in. Whether it is open, `server` says. 30 an hour from one address.',
    args: { input: t.arg({ type: SignUpInput, required: true, description: 'The account.' }) },
    errors: {
      types: [
        EmailTakenError,
        ForbiddenError,
        InvitationInvalidError,
        RateLimitedError,
        SignUpClosedError,
        ValidationError,
      ],
    },
    resolve: async (_root, { input }, { call }) => ({ viewer: await signUp(call, input) }),
  }),
  signIn: t.field({
    type: SignInPayload,
    description:
      'Signs the browser in, with a cookie that is new each time. Wrong passwords are limited for each address and each account; RateLimitedError says when to try again.',
    args: {
      input: t.arg({ type: SignInInput, required: true, description: 'Email and password.' }),
    },
    errors: {
      types: [ForbiddenError, InvalidCredentialsError, RateLimitedError, ValidationError],
    },
    resolve: async (_root, { input }, { call }) => ({ viewer: await signIn(call, input) }),
  }),
  signOut: t.field({
    type: SignOutPayload,
    description:
      'Signs this browser out, all of yours, or another one of yours. Succeeds if nobody is signed in, too, unless one is named.',
    args: {
      input: t.arg({ type: SignOutInput, description: 'Left out: only this browser.' }),
    },
    errors: { types: [ForbiddenError, NotFoundError, ValidationError] },
    resolve: async (_root, { input }, { call }) => {
      await signOut(call, input ?? {});
      return { everywhere: input?.everywhere ?? false };
    },
  }),
  changePassword: t.field({
    type: ChangePasswordPayload,
    description: 'Changes your password, and ends your sign-ins in other browsers.',
    args: {
      input: t.arg({ type: ChangePasswordInput, required: true, description: 'Old and new.' }),
    },
    errors: {
      types: [ForbiddenError, InvalidCredentialsError, RateLimitedError, ValidationError],
    },
    resolve: async (_root, { input }, { call }) => ({ viewer: await changePassword(call, input) }),
  }),
  resetPassword: t.field({
    type: ResetPasswordPayload,
    description:
      'Sets a forgotten password with a one-time link, which whoever runs the server makes by `npm run reset-password -- <email>`. Signs nobody in.',
    args: {
      input: t.arg({
        type: ResetPasswordInput,
        required: true,
        description: "The link's token, and the new password.",
      }),
    },
    errors: { types: [ForbiddenError, InvalidCredentialsError, ValidationError] },
    resolve: async (_root, { input }, { call }) => ({ email: await resetPassword(call, input) }),
  }),
}));
