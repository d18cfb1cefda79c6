/**
 * What can go wrong, as a person using the product may be told it.
 *
 * Each class has a stable code, the word that clients match on. A class exists for each kind that a
 * caller may handle differently; details are typed fields. Anything that is not a DomainError is our
 * fault and reaches clients only as "Unexpected error." with a request id.
 */
import type { AuthSessionStatus, Channel } from '../../prisma/generated/enums.ts';

/** Every code with when it occurs, as the schema says it. */
export const errorCodes = {
  UNAUTHENTICATED: 'Nobody is signed in where somebody must be, or a credential was refused.',
  FORBIDDEN: 'You may see the thing, but not do this to it.',
  NOT_FOUND: 'There is no such thing, or you may not know of it.',
  VALIDATION_FAILED: 'The input breaks a rule; `issues` say which field and which rule.',
  CONFLICT: 'The thing changed since it was read.',
  RATE_LIMITED: 'Too many attempts; try again after `retryAfterSeconds`.',
  CREDENTIAL_MISMATCH: 'Two credentials came that do not belong together.',
  INVALID_CREDENTIALS: 'Email and password do not belong together, or a one-time link is spent.',
  EMAIL_TAKEN: 'The email has an account already.',
  SIGN_UP_CLOSED: 'This server takes no new accounts.',
  INVITATION_INVALID:
    'The invitation was used, revoked, is over, for somebody else, or its sender may no longer invite.',
  LAST_OWNER: 'A workspace keeps at least one owner.',
  PROJECT_INACTIVE: 'The project is switched off: it starts no new sessions.',
  PUBLIC_ACCESS_DISABLED: 'Public access is off, so this takes a secret key.',
  ORIGIN_NOT_ALLOWED: "The page's origin is not among the allowed origins of the environment.",
  SECRET_KEY_EXPOSED: 'A secret key was used where others can read it.',
  CONFIRMATION_NAME_MISMATCH: 'The name typed to confirm a deletion is another.',
  ENVIRONMENT_IS_DEFAULT: 'The default environment of a project cannot be deleted.',
  IDEMPOTENCY_MISMATCH: 'The idempotency key was used with other input.',
  SESSION_NOT_PENDING: 'The session is not pending any more.',
  SESSION_NOT_CONFIRMED: 'The session is not confirmed.',
  SESSION_EXPIRED: 'The session expired unconfirmed.',
  SESSION_ALREADY_USED: 'The session was exchanged before.',
  EXCHANGE_WINDOW_OVER: 'The session was confirmed more than five minutes ago.',
  USER_CODE_MISMATCH: 'The typed user code is not the one on the waiting device.',
  CHANNEL_UNAVAILABLE: 'The session cannot be confirmed this way in its environment.',
  GRAPHQL_INVALID: 'The request is not valid GraphQL for this schema.',
  QUERY_TOO_COMPLEX: 'The operation is longer, deeper or wider than the limits.',
  UNAVAILABLE: 'The server cannot do this right now; the same request may be sent again.',
  INTERNAL: 'Our fault. The request id finds the log line.',
} as const;
export type ErrorCode = keyof typeof errorCodes;

/** Why a key or access token was refused: in `extensions.reason`, in the log and in a socket's close reason. */
export const refusalReasons = {
  UNKNOWN: 'There is no such key or access token.',
  INACTIVE: 'The key is switched off.',
  EXPIRED: 'The key or access token has expired.',
  DELETED: 'The key was deleted.',
  ROTATED_OUT: 'The key was regenerated, and this is an earlier secret of it.',
  WRONG_ENVIRONMENT: 'The key belongs to another environment.',
  ORIGIN_NOT_ALLOWED: 'A page of this origin may not use the publishable key.',
  SECRET_IN_BROWSER: 'A secret key came from a browser, so it must be taken as exposed.',
} as const;
export type RefusalReason = keyof typeof refusalReasons;

export abstract class DomainError extends Error {
  abstract readonly code: ErrorCode;
}

/** Nobody is signed in where somebody must be, or a credential was refused. */
export class UnauthenticatedError extends DomainError {
  readonly code = 'UNAUTHENTICATED';
  readonly reason: RefusalReason | null;
  constructor(message: string, reason: RefusalReason | null = null) {
    super(message);
    this.reason = reason;
  }
}

/** The actor may see the thing, but not do this to it. */
export class ForbiddenError extends DomainError {
  readonly code = 'FORBIDDEN';
}

/** There is no such thing, or the actor may not know of it: the two are told alike. */
export class NotFoundError extends DomainError {
  readonly code = 'NOT_FOUND';
  constructor(what: string) {
    super(`${what} was not found.`);
  }
}

/** @throws {NotFoundError} it was deleted while the request was under way */
export async function found<T>(what: string, row: Promise<T | null>): Promise<T> {
  const thing = await row;
  if (thing === null) throw new NotFoundError(what);
  return thing;
}

export interface ValidationIssue {
  /** Where in the input: field names and list indexes from the outside in. */
  path: string[];
  /** Which rule was broken, as a sentence. */
  message: string;
}

/** The input breaks a rule. Every broken rule is listed. */
export class ValidationError extends DomainError {
  readonly code = 'VALIDATION_FAILED';
  readonly issues: ValidationIssue[];
  constructor(issues: ValidationIssue[]) {
    super(
      issues
        .map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '))
        .join(' '),
    );
    this.issues = issues;
  }
}

/** The thing changed since the caller read it. */
export class ConflictError extends DomainError {
  readonly code = 'CONFLICT';
  readonly currentVersion: number | null;
  constructor(message: string, currentVersion: number | null = null) {
    super(message);
    this.currentVersion = currentVersion;
  }
}

/**
 * Says why a write that names a version found no row.
 *
 * @param row the thing as it is now, read by the transaction of the write: a second connection may not
 *   be had while all of them wait for one
 * @throws {ConflictError} with the version it has now; {NotFoundError} if it is gone
 */
export async function throwConflict(
  what: string,
  row: Promise<{ version: number } | null>,
): Promise<never> {
  const { version } = await found(what, row);
  throw new ConflictError(`${what} was changed since you read it.`, version);
}

/** Too many attempts. The same may be tried again later. */
export class RateLimitedError extends DomainError {
  readonly code = 'RATE_LIMITED';
  readonly retryAfterSeconds: number;
  /** The name of the budget that is used up; null where it is not told. */
  readonly limit: string | null;
  readonly quota: number | null;
  /** In which the whole quota comes back; null where it is one of things that are open. */
  readonly windowSeconds: number | null;
  constructor(
    message: string,
    retryAfterSeconds: number,
    budget: { name: string; quota: number; windowSeconds: number | null } | null = null,
  ) {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
    this.limit = budget?.name ?? null;
    this.quota = budget?.quota ?? null;
    this.windowSeconds = budget?.windowSeconds ?? null;
  }
}

/** Two credentials of one request do not belong together. */
export class CredentialMismatchError extends DomainError {
  readonly code = 'CREDENTIAL_MISMATCH';
}

/** Email and password do not belong together, or the one-time link is spent. */
export class InvalidCredentialsError extends DomainError {
  readonly code = 'INVALID_CREDENTIALS';
}

/** The email has an account already. */
export class EmailTakenError extends DomainError {
  readonly code = 'EMAIL_TAKEN';
  constructor() {
    super('This email has an account already. Sign in instead.');
  }
}

/** This server takes no new accounts. */
export class SignUpClosedError extends DomainError {
  readonly code = 'SIGN_UP_CLOSED';
  constructor() {
    super('Sign-up is closed on this server. Ask for an invitation.');
  }
}

/** The invitation cannot be accepted. Which of the reasons it is, is not told. */
export class InvitationInvalidError extends DomainError {
  readonly code = 'INVITATION_INVALID';
  constructor() {
    super(
      'This invitation is not valid: it was used, revoked or replaced, is older than 7 days, is for another email address, or whoever sent it may no longer invite. Ask for a new one.',
    );
  }
}

/** The workspace would be left without an owner. */
export class LastOwnerError extends DomainError {
  readonly code = 'LAST_OWNER';
  constructor() {
    super('A workspace keeps at least one owner. Make somebody else an owner first.');
  }
}

/** The project is switched off; existing sessions go on. */
export class ProjectInactiveError extends DomainError {
  readonly code = 'PROJECT_INACTIVE';
  constructor() {
    super('This project is inactive, so it starts no new sessions. Activate it in its settings.');
  }
}

/** Starting this session takes a secret key, because public access is off. */
export class PublicAccessDisabledError extends DomainError {
  readonly code = 'PUBLIC_ACCESS_DISABLED';
  constructor() {
    super(
      "Public access is off for this project. Start the session with a secret key, or switch public access on in the project's settings.",
    );
  }
}

/** A page of this origin may not start sessions. */
export class OriginNotAllowedError extends DomainError {
  readonly code = 'ORIGIN_NOT_ALLOWED';
  readonly origin: string;
  constructor(origin: string) {
    super(originNotAllowedMessage(origin));
    this.origin = origin;
  }
}

/** The sentence for a page whose origin the environment does not list. */
export function originNotAllowedMessage(origin: string): string {
  return `The origin ${origin} is not allowed. Add it to the allowed origins of the environment.`;
}

/** The name typed to confirm a deletion is not that of the thing. */
export class ConfirmationNameMismatchError extends DomainError {
  readonly code = 'CONFIRMATION_NAME_MISMATCH';
  /** @param what such as "API key" */
  constructor(what: string) {
    super(`The name does not match. Type the name of the ${what} exactly as it is shown.`);
  }
}

/** The default environment of a project stays for as long as the project. */
export class EnvironmentIsDefaultError extends DomainError {
  readonly code = 'ENVIRONMENT_IS_DEFAULT';
  constructor() {
    super('This is the default environment of its project. Make another one the default first.');
  }
}

/** An idempotency key came again with other input. */
export class IdempotencyMismatchError extends DomainError {
  readonly code = 'IDEMPOTENCY_MISMATCH';
  constructor() {
    super('This idempotency key was used with other input in the last 24 hours. Use a new one.');
  }
}

export type SessionStateCode =
  | 'SESSION_NOT_PENDING'
  | 'SESSION_NOT_CONFIRMED'
  | 'SESSION_EXPIRED'
  | 'SESSION_ALREADY_USED'
  | 'EXCHANGE_WINDOW_OVER';

/** The session is in a state from which this cannot be done. */
export class SessionStateError extends DomainError {
  readonly code: SessionStateCode;
  readonly status: AuthSessionStatus;
  constructor(code: SessionStateCode, status: AuthSessionStatus, message: string) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** The typed user code is not the one on the waiting device. The fifth wrong try cancels. */
export class UserCodeMismatchError extends DomainError {
  readonly code = 'USER_CODE_MISMATCH';
  readonly triesLeft: number;
  constructor(triesLeft: number) {
    super(
      triesLeft > 0
        ? `This is not the code shown on the device that is waiting. ${triesLeft} ${triesLeft === 1 ? 'try is' : 'tries are'} left.`
        : 'This is not the code shown on the device that is waiting. The session was cancelled.',
    );
    this.triesLeft = triesLeft;
  }
}

/** The session cannot be confirmed this way. */
export class ChannelUnavailableError extends DomainError {
  readonly code = 'CHANNEL_UNAVAILABLE';
  readonly channel: Channel;
  constructor(channel: Channel, message: string) {
    super(message);
    this.channel = channel;
  }
}

/** Something that the server needs is missing now: in the main, the database. The same request may be sent again. */
export class UnavailableError extends DomainError {
  readonly code = 'UNAVAILABLE';
  constructor(
    cause: unknown,
    message = 'The database does not answer right now. Try again in a moment.',
  ) {
    super(message, { cause });
  }
}
