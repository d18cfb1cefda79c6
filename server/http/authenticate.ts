/**
 * Who asks: turns the credentials of a request into an actor, before anything is executed.
 *
 * A credential that is present but refused fails the whole request. It never falls back to another
 * one, or to nobody: an integrator with a dead key must hear of the key.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { authenticateSignIn } from '../domain/accounts/authenticate-sign-in.ts';
import type { Actor, AuthenticatedKey, Client, Tools } from '../domain/call.ts';
import { CredentialMismatchError, UnauthenticatedError } from '../domain/errors.ts';
import { readSignInCookie, requireCookieAllowed } from './sign-in-cookie.ts';
import type { Site } from './site.ts';

/** The cookie names a sign-in that has ended. The reply should clear it. */
export class SignInEndedError extends UnauthenticatedError {}

const nobody: Actor = { kind: 'nobody' };

/**
 * Answers at once where there is nothing to check.
 *
 * @throws {UnauthenticatedError} a credential is refused; {SignInEndedError} if it is the cookie
 * @throws {CredentialMismatchError} two credentials that do not belong together
 * @throws {ForbiddenError} the cookie may not come in a request like this
 */
export function authenticate(
  tools: Tools,
  site: Site,
  request: IncomingMessage,
  client: Client,
  requestId: string,
): Actor | Promise<Actor> {
  const key = readApiKey(request.headers);
  const signIn = readSignInCookie(request.headers, site);
  if (signIn === null) return key === null ? nobody : checkApiKey(tools, key, client, requestId);
  requireCookieAllowed(request, site);
  if (key === null) return checkSignIn(tools, signIn);
  throw new CredentialMismatchError(
    'This request carries an API key and the cookie of a signed-in user. Send one of them.',
  );
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

async function checkSignIn(tools: Tools, token: string): Promise<Actor> {
  const actor = await authenticateSignIn(tools, token);
  if (actor === null) throw new SignInEndedError('Your sign-in has ended. Sign in again.');
  return actor;
}

/** The key in X-API-Key or Authorization, unchecked; null where there is neither header. */
function readApiKey(headers: IncomingHttpHeaders): string | null {
  const { authorization, 'x-api-key': named } = headers;
  if (authorization === undefined) return named === undefined ? null : String(named);

  const bearer = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
  if (bearer === undefined) {
    throw new UnauthenticatedError('The Authorization header must read `Bearer <API key>`.');
  }
  if (bearer.startsWith('lkp_')) {
    throw new UnauthenticatedError('This server does not take access tokens.');
  }
  if (named !== undefined && named !== bearer) {
    throw new CredentialMismatchError(
      'X-API-Key and Authorization carry two different keys. Send one of them.',
    );
  }
  return bearer;
}
