import { cancelSession } from '../../server/domain/auth-sessions/cancel.ts';
import { startedChannels } from '../../server/domain/auth-sessions/channels.ts';
import { confirmSession } from '../../server/domain/auth-sessions/confirm.ts';
import { exchangeSession } from '../../server/domain/auth-sessions/exchange.ts';
import type { SessionRecord } from '../../server/domain/auth-sessions/record.ts';
import { type StartedSession, startSession } from '../../server/domain/auth-sessions/start.ts';
import {
  ChannelUnavailableError,
  ForbiddenError,
  IdempotencyMismatchError,
  NotFoundError,
  OriginNotAllowedError,
  ProjectInactiveError,
  PublicAccessDisabledError,
  RateLimitedError,
  SessionStateError,
  UserCodeMismatchError,
  ValidationError,
} from '../../server/domain/errors.ts';
import type { UsedSession } from '../../server/domain/proof.ts';
import { builder } from '../builder.ts';
import { ConfirmChannel, Subject, WatchedSession } from './auth-session.ts';

const StartSessionInput = builder.inputType('StartSessionInput', {
  description: 'A sign-in attempt to start.',
  fields: (t) => ({
    projectId: t.id({
      description:
        'Where, without a key: the project with public access on. Its default environment is meant.',
    }),
    environmentId: t.id({
      description: 'Where, for a signed-in user: an environment that is not production.',
    }),
    metadata: t.field({
      type: 'JSON',
      description: 'Anything to keep with the session: at most 4096 bytes of JSON.',
    }),
    nonce: t.string({
      description:
        'Comes back in the proof, which ties it to this attempt: at most 255 characters.',
    }),
    returnUrl: t.string({
      description:
        'Where the user goes on afterwards: https, http on loopback outside production, or an app scheme. Without a secret key its origin must be in `allowedOrigins`. At most 2048 characters.',
    }),
    idempotencyKey: t.string({
      description:
        'With a secret key: the same key and input within 24 hours start one session and give the same reply. At most 255 characters.',
    }),
    endUserIp: t.string({
      description: 'With a secret key: address of the waiting device, which its user is shown.',
    }),
    endUserAgent: t.string({
      description: 'With a secret key: user agent of the waiting device. At most 512 characters.',
    }),
  }),
});

const StartSessionPayload = builder.objectRef<StartedSession>('StartSessionPayload').implement({
  description: 'A started session and what opens it.',
  fields: (t) => ({
    session: t.expose('session', { type: WatchedSession, description: 'The session.' }),
    clientSecret: t.exposeString('clientSecret', {
      description:
        'For the waiting device: watches and cancels this session, and exchanges it if it was started without a secret key. Keep it out of URLs and logs.',
    }),
    confirmUrl: t.exposeString('confirmUrl', {
      description: 'Where the user confirms, on any device. Carries the link token.',
    }),
    linkToken: t.exposeString('linkToken', {
      description: 'Names the session to who confirms or cancels it. Gets nobody the proof.',
    }),
    qrCodeUrl: t.exposeString('qrCodeUrl', {
      description: 'The confirm URL as a QR code, an SVG image.',
    }),
    userCode: t.string({
      description: 'Eight letters for the waiting device to show. Never enough alone.',
      resolve: ({ session }) => session.userCode,
    }),
    channels: t.field({
      type: [ConfirmChannel],
      description: 'The ways to confirm it.',
      resolve: ({ session }, _args, { call }) => startedChannels(call, session),
    }),
  }),
});

const SubjectInput = builder.inputType('SubjectInput', {
  description: 'Who the end user is.',
  fields: (t) => ({
    provider: t.string({
      description:
        'Who vouches, 1 to 32 of a-z, 0-9, hyphen and underscore. With a secret key `server` by default; `telegram` and `test` are reserved. Without a key always `test`: leave it out.',
    }),
    id: t.string({
      required: true,
      description:
        'The user’s id there, 1 to 255 characters. With the provider, the proof’s `sub`.',
    }),
    name: t.string({ description: 'Display name, at most 200 characters.' }),
    username: t.string({ description: 'User name, at most 200 characters.' }),
    email: t.string({ description: 'Email, at most 254 characters.' }),
    phone: t.string({ description: 'Phone number, at most 32 characters. Not in the proof.' }),
    picture: t.string({ description: 'http or https URL of a picture, at most 2048 characters.' }),
  }),
});

const ConfirmSessionInput = builder.inputType('ConfirmSessionInput', {
  description: 'A confirmation. Give exactly one of `sessionId` and `linkToken`.',
  fields: (t) => ({
    sessionId: t.id({ description: 'The session, with a secret key of its environment.' }),
    linkToken: t.string({
      description: 'The scanned link token: with a secret key, or alone for a test confirmation.',
    }),
    userCode: t.string({
      description:
        'The code that the user typed, in any case, with or without spaces and hyphens. Required where the project requires it; the fifth wrong one cancels the session.',
    }),
    subject: t.field({ type: SubjectInput, required: true, description: 'Who confirmed.' }),
  }),
});

const sessionPayload = (name: string, description: string) =>
  builder.objectRef<{ session: SessionRecord }>(name).implement({
    description,
    fields: (t) => ({
      session: t.expose('session', { type: WatchedSession, description: 'The session now.' }),
    }),
  });

const ConfirmSessionPayload = sessionPayload('ConfirmSessionPayload', 'A confirmed session.');
const CancelSessionPayload = sessionPayload('CancelSessionPayload', 'A cancelled session.');

const CancelSessionInput = builder.inputType('CancelSessionInput', {
  description: 'Give exactly one of `sessionId`, `clientSecret` and `linkToken`.',
  fields: (t) => ({
    sessionId: t.id({
      description: 'The session, with a secret key, or as a signed-in user outside production.',
    }),
    clientSecret: t.string({ description: 'From the waiting device.' }),
    linkToken: t.string({ description: 'From the end user who was asked to confirm.' }),
    reason: t.string({ description: 'Why, for the log: at most 200 characters.' }),
  }),
});

const ExchangeSessionInput = builder.inputType('ExchangeSessionInput', {
  description: 'Give exactly one of `sessionId` and `clientSecret`.',
  fields: (t) => ({
    sessionId: t.id({
      description:
        'The session: with a secret key if one started it, or as a signed-in user outside production.',
    }),
    clientSecret: t.string({
      description: 'From the waiting device, if the session was started without a secret key.',
    }),
    idempotencyKey: t.string({
      description:
        'The same key again within 60 seconds gets the same reply, so that a lost answer loses no sign-in. At most 255 characters.',
    }),
  }),
});

const ExchangeSessionPayload = builder
  .objectRef<{ session: UsedSession; proof: string }>('ExchangeSessionPayload')
  .implement({
    description: 'Who signed in, and the proof of it.',
    fields: (t) => ({
      session: t.expose('session', { type: WatchedSession, description: 'The session, now USED.' }),
      subject: t.field({
        type: Subject,
        description: 'Who confirmed.',
        resolve: ({ session }) => session.subject,
      }),
      proof: t.exposeString('proof', {
        description:
          'A JWT signed with EdDSA, valid for five minutes. Check it offline with the keys at `/.well-known/jwks.json`.',
      }),
    }),
  });

builder.mutationFields((t) => ({
  startSession: t.field({
    type: StartSessionPayload,
    description:
      'Starts a sign-in attempt: with a secret key; with a publishable key or the bare project id as public access allows; or as a signed-in user outside production. Without a secret key, addresses and projects may start so many a minute; RateLimitedError says when to try again.',
    args: {
      input: t.arg({ type: StartSessionInput, required: true, description: 'What to start.' }),
    },
    errors: {
      types: [
        ForbiddenError,
        IdempotencyMismatchError,
        NotFoundError,
        OriginNotAllowedError,
        ProjectInactiveError,
        PublicAccessDisabledError,
        RateLimitedError,
        ValidationError,
      ],
    },
    resolve: (_root, { input }, { call }) => startSession(call, input),
  }),
  confirmSession: t.field({
    type: ConfirmSessionPayload,
    description:
      'Confirms a pending session for a user: a server with its secret key, or a test by the link token alone.',
    args: {
      input: t.arg({
        type: ConfirmSessionInput,
        required: true,
        description: 'Which, and for whom.',
      }),
    },
    errors: {
      types: [
        ChannelUnavailableError,
        ForbiddenError,
        NotFoundError,
        SessionStateError,
        UserCodeMismatchError,
        ValidationError,
      ],
    },
    resolve: async (_root, { input }, { call }) => ({ session: await confirmSession(call, input) }),
  }),
  cancelSession: t.field({
    type: CancelSessionPayload,
    description: 'Cancels a pending session.',
    args: { input: t.arg({ type: CancelSessionInput, required: true, description: 'Which.' }) },
    errors: { types: [ForbiddenError, NotFoundError, SessionStateError, ValidationError] },
    resolve: async (_root, { input }, { call }) => ({ session: await cancelSession(call, input) }),
  }),
  exchangeSession: t.field({
    type: ExchangeSessionPayload,
    description: 'Exchanges a confirmed session for its proof, exactly once.',
    args: { input: t.arg({ type: ExchangeSessionInput, required: true, description: 'Which.' }) },
    errors: { types: [ForbiddenError, NotFoundError, SessionStateError, ValidationError] },
    resolve: (_root, { input }, { call }) => exchangeSession(call, input),
  }),
}));
