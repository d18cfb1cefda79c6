import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback } from '../platform/config.ts';

/** What follows from the URL under which browsers reach us. */
export interface Site {
  /** Such as https://auth.example.com. */
  readonly origin: string;
  /** Every origin that is us. */
  readonly ownOrigins: ReadonlySet<string>;
  readonly cookieName: string;
  /** Over https, or trusted like it. */
  readonly isSecure: boolean;
}

export function describeSite(publicUrl: string): Site {
  const url = new URL(publicUrl);
  const isSecure = url.protocol === 'https:';
  const port = url.port ? `:${url.port}` : '';
  // On a developer's machine one server answers to several names, and people type any of them.
  const names =
    !isSecure && isLoopback(url.hostname) ? ['localhost', '127.0.0.1', '[::1]'] : [url.hostname];
  return {
    origin: url.origin,
    ownOrigins: new Set(names.map((name) => `${url.protocol}//${name}${port}`)),
    // Browsers take the prefix only over https.
    cookieName: isSecure ? '__Host-latchkey' : 'latchkey',
    isSecure,
  };
}

/** The Origin header of another site's page; null for our own pages, apps and servers. */
export function foreignOriginOf({ origin }: IncomingHttpHeaders, site: Site): string | null {
  return origin === undefined || site.ownOrigins.has(origin) ? null : origin;
}

/**
 * Whether a browser sent this for a page of another site. Fetch metadata tells even where no Origin
 * is sent, such as on a GET; `none` means the person typed the address.
 */
export function isCrossSite(headers: IncomingHttpHeaders, site: Site): boolean {
  const fetchSite = headers['sec-fetch-site'];
  return (
    foreignOriginOf(headers, site) !== null ||
    (fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none')
  );
}
