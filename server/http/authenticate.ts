/**
 * Who asks: turns the credentials of a request into an actor, before anything is executed.
 *
 * A credential that is present but refused fails the whole request. It never falls back to another
 * one, or to nobody: an integrator with a dead key must hear of the key.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { narrowToKey } from '../domain/access.ts';
import { authenticateAccessToken } from '../domain/access-tokens/authenticate.ts';
import { accessTokenPrefix } from '../domain/access-tokens/format.ts';
import { authenticateSignIn } from '../domain/accounts/authenticate-sign-in.ts';
import type { Actor, AuthenticatedKey, Client } from '../domain/actor.ts';
import type { Tools } from '../domain/call.ts';
import { CredentialMismatchError, UnauthenticatedError } from '../domain/errors.ts';
import { readSignInCookie, requireCookieAllowed } from './sign-in-cookie.ts';
import type { Site } from './site.ts';

/** The cookie names a sign-in that has ended. The reply should clear it. */
export class SignInEndedError extends UnauthenticatedError {}

/** What a request or a connection carries, unchecked; null of each where it carries none. */
export interface Credentials {
  readonly key: string | null;
  readonly token: string | null;
  /** The value of the sign-in cookie. */
  readonly signIn: string | null;
}

const nobody: Actor = { kind: 'nobody' };

/**
 * What the headers of a request carry.
 *
 * @throws {UnauthenticatedError} a header cannot be read
 * @throws {CredentialMismatchError} two credentials that do not belong together
 * @throws {ForbiddenError} the cookie may not come in a request like this
 */
export function readCredentials(request: IncomingMessage, site: Site): Credentials {
  const { key, token } = readHeaders(request.headers);
  const signIn = readSignInCookie(request.headers, site);
  if (signIn !== null) {
    requireCookieAllowed(request, site);
    if (key !== null || token !== null) {
      throw new CredentialMismatchError(
        `This request carries ${token === null ? 'an API key' : 'an access token'} and the cookie of a signed-in user. Send one of them.`,
      );
    }
  }
  return { key, token, signIn };
}

/**
 * Who that is. Answers at once where there is nothing to check.
 *
 * @throws {UnauthenticatedError} a credential is refused; {SignInEndedError} if it is the cookie
 * @throws {CredentialMismatchError} two credentials that do not belong together
 */
export function authenticate(
  tools: Tools,
  { key, token, signIn }: Credentials,
  client: Client,
  requestId: string,
): Actor | Promise<Actor> {
  if (signIn !== null) return checkSignIn(tools, signIn);
  if (token !== null) return checkAccessToken(tools, token, key, client, requestId);
  return key === null ? nobody : checkApiKey(tools, key, client, requestId);
}

/** At once where the key is warm: the hot path of servers. */
function checkApiKey(
  tools: Tools,
  value: string,
  client: Client,
  requestId: string,
): Actor | Promise<Actor> {
  const key = tools.apiKeys.check(value, client, requestId);
  return key instanceof Promise ? key.then(actorOfKey) : actorOfKey(key);
}

function actorOfKey(key: AuthenticatedKey): Actor {
  return { kind: 'apiKey', key };
}

/** The user whom the token speaks for, who does and sees no more than the key's environment. */
async function checkAccessToken(
  tools: Tools,
  token: string,
  keyValue: string | null,
  client: Client,
  requestId: string,
): Promise<Actor> {
  const key = keyValue === null ? null : await tools.apiKeys.check(keyValue, client, requestId);
  const user = await authenticateAccessToken(tools, token);
  return key === null ? user : narrowToKey(user, key);
}

async function checkSignIn(tools: Tools, token: string): Promise<Actor> {
  const actor = await authenticateSignIn(tools, token);
  if (actor === null) throw new SignInEndedError('Your sign-in has ended. Sign in again.');
  return actor;
}

/**
 * What X-API-Key and Authorization carry, unchecked; null where they carry none. A key may come in
 * either header, or beside an access token, which comes in Authorization only.
 */
export function readHeaders(headers: IncomingHttpHeaders): {
  key: string | null;
  token: string | null;
} {
  const { authorization, 'x-api-key': named } = headers;
  const key = named === undefined ? null : String(named);
  if (key?.startsWith(accessTokenPrefix)) {
    throw new UnauthenticatedError(
      'X-API-Key takes an API key. Send an access token as `Authorization: Bearer <access token>`.',
    );
  }
  if (authorization === undefined) return { key, token: null };

  const bearer = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
  if (bearer === undefined) {
    throw new UnauthenticatedError(
      'The Authorization header must read `Bearer <API key or access token>`.',
    );
  }
  if (bearer.startsWith(accessTokenPrefix)) return { key, token: bearer };
  if (key !== null && key !== bearer) {
    throw new CredentialMismatchError(
      'X-API-Key and Authorization carry two different keys. Send one of them.',
    );
  }
  return { key: bearer, token: null };
}
