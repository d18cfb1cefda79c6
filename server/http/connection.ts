/** What WebSockets and event streams have in common: the credential that opened them, and its end. */
import type { EndReason } from '../domain/connections/connection.ts';
import {
  type DomainError,
  type RefusalReason,
  refusalReasons,
  UnauthenticatedError,
  UnavailableError,
} from '../domain/errors.ts';
import type { MasterKeys } from '../platform/master-keys.ts';
import type { Credentials } from './authenticate.ts';

/** How long a client may take to hear that it is over. The second of a revocation includes it. */
export const closeTimeoutMs = 200;

/** How long one who reads an event stream too slowly may take to read that it has ended. */
export const slowTimeoutMs = 10_000;

/** By which a connection that a cookie opened knows when the cookie has another value. */
export function signInDigests(keys: MasterKeys, { signIn }: Credentials): Buffer[] {
  return signIn === null ? [] : keys.digests('sign-in', signIn);
}

const sentences: Record<Exclude<EndReason, RefusalReason>, string> = {
  SIGNED_OUT: 'You were signed out, or your password was changed. Sign in again.',
  ACCESS_CHANGED: 'What you may see has changed. Connect again.',
  SERVER_STOPPING: 'The server stops. Connect again.',
};

/** What the client is told of a connection that has ended under it. */
export function endOfConnection(reason: EndReason): DomainError {
  if (reason === 'SERVER_STOPPING') return new UnavailableError(undefined);
  if (isRefusal(reason)) return new UnauthenticatedError(refusalReasons[reason], reason);
  return new UnauthenticatedError(sentences[reason]);
}

function isRefusal(reason: EndReason): reason is RefusalReason {
  return reason in refusalReasons;
}
