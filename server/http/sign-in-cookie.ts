/**
 * The cookie that holds a person's sign-in.
 *
 * Browsers send it along with whatever a page asks them to, so it counts only where no other site can
 * have been asking: in a POST of application/json, which a page cannot send across origins unless
 * we let it, whose Origin is absent or our own. A request that carries or would set the cookie in any
 * other way is refused before anything is executed.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { SignInCookie } from '../domain/call.ts';
import { ForbiddenError } from '../domain/errors.ts';
import { isCrossSite, type Site } from './site.ts';

/** The value of our cookie; null where the request carries none. */
export function readSignInCookie(
  headers: IncomingHttpHeaders,
  { cookieName }: Site,
): string | null {
  const { cookie } = headers;
  if (!cookie?.includes(cookieName)) return null; // nearly always, and cheaply
  for (const pair of cookie.split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === cookieName)
      return pair.slice(equals + 1).trim();
  }
  return null;
}

/** @throws {ForbiddenError} this request may neither carry nor set the cookie */
export function requireCookieAllowed({ method, headers }: IncomingMessage, site: Site): void {
  const mediaType = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (method === 'POST' && mediaType === 'application/json' && !isCrossSite(headers, site)) return;
  throw new ForbiddenError(
    `The sign-in cookie takes a POST of application/json that comes from ${site.origin} itself.`,
  );
}

/** Writes the cookie into the reply of one request. */
export class ReplyCookie implements SignInCookie {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #site: Site;

  constructor(request: IncomingMessage, response: ServerResponse, site: Site) {
    this.#request = request;
    this.#response = response;
    this.#site = site;
  }

  set(token: string, expiresAt: Date): void {
    this.#write(token, expiresAt);
  }

  clear(): void {
    this.#write('', new Date(0));
  }

  #write(value: string, expiresAt: Date): void {
    requireCookieAllowed(this.#request, this.#site);
    const { cookieName, isSecure } = this.#site;
    const secure = isSecure ? '; Secure' : '';
    this.#response.setHeader(
      'set-cookie',
      `${cookieName}=${value}; Path=/; Expires=${expiresAt.toUTCString()}; HttpOnly; SameSite=Lax${secure}`,
    );
  }
}
