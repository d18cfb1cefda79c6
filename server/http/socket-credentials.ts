/** What a WebSocket says of who opens it. */
import type { IncomingHttpHeaders } from 'node:http';
import { CredentialMismatchError, ForbiddenError } from '../domain/errors.ts';
import { type Credentials, readHeaders } from './authenticate.ts';
import { readSignInCookie } from './sign-in-cookie.ts';
import { isCrossSite, type Site } from './site.ts';

/** The `connection_init` message is not as it must be. */
export class SocketInputError extends Error {}

/**
 * From the payload `{apiKey}` and `{authorization}`, or the headers of the same meaning; else the cookie.
 *
 * A browser sends its cookie with every socket, asked or not: with another credential it means nothing,
 * and alone it counts from our own pages only.
 *
 * @throws {SocketInputError} @throws {UnauthenticatedError} @throws {CredentialMismatchError}
 * @throws {ForbiddenError} the cookie comes from a page of another site
 */
export function readSocketCredentials(
  headers: IncomingHttpHeaders,
  site: Site,
  payload: unknown,
): Credentials {
  const given = (payload ?? {}) as Record<string, unknown>;
  const text = (name: string, header: string): string | undefined => {
    const value = given[name] ?? undefined;
    const sent = headers[header];
    if (value === undefined) return sent === undefined ? undefined : String(sent);
    if (typeof value !== 'string') throw new SocketInputError(`${name} must be text`);
    if (sent === undefined || sent === value) return value;
    throw new CredentialMismatchError(`${name} and the header ${header} differ.`);
  };
  const authorization = text('authorization', 'authorization');
  const { key, token } = readHeaders({ authorization, 'x-api-key': text('apiKey', 'x-api-key') });
  if (key !== null || token !== null) return { key, token, signIn: null };
  const signIn = readSignInCookie(headers, site);
  if (signIn !== null && isCrossSite(headers, site)) {
    throw new ForbiddenError(`The sign-in cookie counts on pages of ${site.origin} only.`);
  }
  return { key, token, signIn };
}
