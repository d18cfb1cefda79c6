import {
  ChannelUnavailableError,
  ConfirmationNameMismatchError,
  ConflictError,
  type DomainError,
  EmailTakenError,
  EnvironmentIsDefaultError,
  errorCodes,
  ForbiddenError,
  IdempotencyMismatchError,
  InvalidCredentialsError,
  InvitationInvalidError,
  LastOwnerError,
  NotFoundError,
  OriginNotAllowedError,
  ProjectInactiveError,
  PublicAccessDisabledError,
  RateLimitedError,
  refusalReasons,
  SessionStateError,
  SignUpClosedError,
  UserCodeMismatchError,
  ValidationError,
  type ValidationIssue,
} from '../server/domain/errors.ts';
import { builder } from './builder.ts';
import { AuthSessionStatus, Channel } from './types/auth-session-enums.ts';

/** A record of names and sentences as the values of an enum. */
function described<Name extends string>(sentences: Readonly<Record<Name, string>>) {
  const entries = Object.entries<string>(sentences).map(([name, description]) => [
    name,
    { description },
  ]);
  return Object.fromEntries(entries) as Record<Name, { description: string }>;
}

export const ErrorCode = builder.enumType('ErrorCode', {
  description: 'What went wrong, as a word to match on. Expect new ones.',
  values: described(errorCodes),
});

export const RefusalReason = builder.enumType('RefusalReason', {
  description:
    'Why a key or access token was refused. A refused key or token is the fault UNAUTHENTICATED (HTTP 401, nothing executed) with one of these in `extensions.reason`.',
  values: described(refusalReasons),
});

export const UserError = builder.interfaceRef<DomainError>('UserError').implement({
  description:
    'What every expected error has. A client may handle some kinds and show the message of the rest.',
  fields: (t) => ({
    code: t.expose('code', { type: ErrorCode, description: 'Which kind of error this is.' }),
    message: t.exposeString('message', {
      description: 'A sentence for the person using the product. Its wording may change.',
    }),
  }),
});

const interfaces = [UserError];

const ValidationIssueType = builder.objectRef<ValidationIssue>('ValidationIssue').implement({
  description: 'One broken rule.',
  fields: (t) => ({
    path: t.exposeStringList('path', {
      description: 'Where in the input: field names and list indexes, from the outside in.',
    }),
    message: t.exposeString('message', { description: 'The rule, as a sentence.' }),
  }),
});

builder.objectType(ValidationError, {
  name: 'ValidationError',
  description: 'The input breaks a rule. Every broken rule is listed, and nothing was changed.',
  interfaces,
  fields: (t) => ({
    issues: t.expose('issues', { type: [ValidationIssueType], description: 'The broken rules.' }),
  }),
});

builder.objectType(ConflictError, {
  name: 'ConflictError',
  description: 'The thing changed since it was read. Read it again, and decide anew.',
  interfaces,
  fields: (t) => ({
    currentVersion: t.exposeInt('currentVersion', {
      nullable: true,
      description: 'The version it has now; null where the thing has none.',
    }),
  }),
});

builder.objectType(RateLimitedError, {
  name: 'RateLimitedError',
  description: 'Too many attempts.',
  interfaces,
  fields: (t) => ({
    retryAfterSeconds: t.exposeInt('retryAfterSeconds', {
      description: 'After how many seconds another attempt is worth making.',
    }),
    limit: t.exposeString('limit', {
      nullable: true,
      description:
        'Which limit it was, as in the `RateLimit` header, such as `starts-per-address`; null where that would tell who somebody is.',
    }),
    quota: t.exposeInt('quota', {
      nullable: true,
      description: 'How many it allows in `windowSeconds`, or at once; null without a `limit`.',
    }),
    windowSeconds: t.exposeInt('windowSeconds', {
      nullable: true,
      description:
        'In how many seconds the whole quota comes back; null where it is one of things that are open.',
    }),
  }),
});

builder.objectType(SessionStateError, {
  name: 'SessionStateError',
  description:
    'The session is in a state from which this cannot be done: SESSION_NOT_PENDING, SESSION_EXPIRED, SESSION_NOT_CONFIRMED, SESSION_ALREADY_USED or EXCHANGE_WINDOW_OVER.',
  interfaces,
  fields: (t) => ({
    status: t.expose('status', { type: AuthSessionStatus, description: 'The state it is in.' }),
  }),
});

builder.objectType(UserCodeMismatchError, {
  name: 'UserCodeMismatchError',
  description: 'The typed user code is not the one on the waiting device.',
  interfaces,
  fields: (t) => ({
    triesLeft: t.exposeInt('triesLeft', {
      description: 'How many tries are left before the session is cancelled; 0 once it is.',
    }),
  }),
});

builder.objectType(ChannelUnavailableError, {
  name: 'ChannelUnavailableError',
  description: 'The session cannot be confirmed this way in its environment.',
  interfaces,
  fields: (t) => ({
    channel: t.expose('channel', { type: Channel, description: 'The channel that was tried.' }),
  }),
});

builder.objectType(OriginNotAllowedError, {
  name: 'OriginNotAllowedError',
  description: "The page's origin is not in the environment's `allowedOrigins`.",
  interfaces,
  fields: (t) => ({
    origin: t.exposeString('origin', { description: 'The origin that the browser sent.' }),
  }),
});

/** Errors that carry nothing of their own: the type is for `__typename`, the code for everyone else. */
const plain = [
  [
    NotFoundError,
    'NotFoundError',
    'There is no such thing, or you may not know of it: the two are told alike.',
  ],
  [ForbiddenError, 'ForbiddenError', 'You may see the thing, but not do this to it.'],
  [
    InvalidCredentialsError,
    'InvalidCredentialsError',
    'Email and password do not belong together, or the one-time link is spent.',
  ],
  [EmailTakenError, 'EmailTakenError', 'The email has an account already.'],
  [SignUpClosedError, 'SignUpClosedError', 'This server takes no new accounts.'],
  [
    InvitationInvalidError,
    'InvitationInvalidError',
    'The invitation was used, revoked or replaced, is over, is for another email address, or whoever sent it may no longer invite.',
  ],
  [LastOwnerError, 'LastOwnerError', 'The workspace would be left without an owner.'],
  [
    ProjectInactiveError,
    'ProjectInactiveError',
    'The project is switched off: it starts no new sessions.',
  ],
  [
    PublicAccessDisabledError,
    'PublicAccessDisabledError',
    'Starting this session takes a secret key, because public access is off.',
  ],
  [
    EnvironmentIsDefaultError,
    'EnvironmentIsDefaultError',
    'The default environment of a project cannot be deleted. Make another one the default first.',
  ],
  [
    ConfirmationNameMismatchError,
    'ConfirmationNameMismatchError',
    'The name typed to confirm a deletion is not that of the thing. Nothing was deleted.',
  ],
  [
    IdempotencyMismatchError,
    'IdempotencyMismatchError',
    'The idempotency key was used with other input in the last 24 hours.',
  ],
] as const;

for (const [errorClass, name, description] of plain) {
  builder.objectType(errorClass as new () => DomainError, { name, description, interfaces });
}
