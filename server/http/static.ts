/**
 * The dashboard: the files that `client/` was built to, and its page for every address that is one
 * of its own. Addresses that nobody knows stay a 404, so that no mistyped API path answers with HTML.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { OutgoingHttpHeaders } from 'node:http';
import { dirname, extname, join, sep } from 'node:path';
import { type Exchange, reply } from './replies.ts';

export type Handler = (exchange: Exchange) => void;

/** Finds what to answer a path with; null for what is not the dashboard's. */
export type FindPage = (path: string) => Handler | null;

interface StaticFile {
  readonly headers: OutgoingHttpHeaders;
  readonly etag: string;
  readonly whole: Buffer;
  /** By the name of the encoding, the best first. */
  readonly packed: readonly (readonly [encoding: string, body: Buffer])[];
}

const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** The first parts of the paths that client/paths.ts builds; its test compares the two. */
export const pagePath =
  /^\/(?:s\/\w+|(?:account|invitation|projects|reset-password|sign-in|sign-up|workspaces)(?:\/[\w-]+)*)?$/;

/** No inline script or style, nothing from elsewhere, in nobody's frame. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Serves the built dashboard of a folder; nothing where there is none, as in tests of the API. */
export function createStaticFiles(folder: string | null): FindPage {
  if (folder === null) return () => null;
  const files = readFiles(folder);
  const page = files.get('/index.html');
  return (path) => {
    const file = path === '/index.html' ? null : (files.get(path) ?? (pagePath.test(path) && page));
    return file ? (exchange) => replyWithFile(exchange, file) : null;
  };
}

/** The folder `dist/client` beside or above this file; null where the dashboard was not built. */
export function findClient(): string | null {
  for (let dir = import.meta.dirname; ; dir = dirname(dir)) {
    const client = join(dir, 'dist', 'client');
    if (existsSync(join(client, 'index.html'))) return client;
    if (dir === dirname(dir)) return null;
  }
}

/** Half a megabyte, read once. Names with a dot in front are the build's own. */
function readFiles(folder: string): ReadonlyMap<string, StaticFile> {
  const names = readdirSync(folder, { recursive: true }).map((name) => String(name));
  const known = names.filter((name) => extname(name) in types && !name.startsWith('.'));
  return new Map(
    known.map((name) => {
      const whole = readFileSync(join(folder, name));
      const packed = (['br', 'gz'] as const).flatMap((suffix) =>
        names.includes(`${name}.${suffix}`)
          ? [
              [
                suffix === 'br' ? 'br' : 'gzip',
                readFileSync(join(folder, `${name}.${suffix}`)),
              ] as const,
            ]
          : [],
      );
      const etag = `"${createHash('sha256').update(whole).digest('base64url').slice(0, 22)}"`;
      const path = `/${name.split(sep).join('/')}`;
      return [path, { whole, packed, etag, headers: headersFor(path) }];
    }),
  );
}

function headersFor(path: string): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { 'content-type': types[extname(path)] };
  if (path.startsWith('/assets/')) {
    // Their names hold a hash of what is in them.
    return { ...headers, 'cache-control': 'public, max-age=31536000, immutable' };
  }
  if (!path.endsWith('.html')) return { ...headers, 'cache-control': 'no-cache' };
  return {
    ...headers,
    // It may be the page of a link that confirms a session, and it names the newest files.
    'cache-control': 'no-store',
    'content-security-policy': contentSecurityPolicy,
    'cross-origin-opener-policy': 'same-origin',
  };
}

function replyWithFile(exchange: Exchange, file: StaticFile): void {
  const { headers } = exchange.request;
  const common: OutgoingHttpHeaders = { ...file.headers, vary: 'Accept-Encoding' };
  const mayBeKept = common['cache-control'] !== 'no-store';
  if (mayBeKept) common.etag = file.etag;
  const accepted = String(headers['accept-encoding'] ?? '').split(/[\s,;]+/);
  const packed = file.packed.find(([encoding]) => accepted.includes(encoding));
  if (mayBeKept && headers['if-none-match'] === file.etag) reply(exchange, 304, '', common);
  else if (!packed) reply(exchange, 200, file.whole, common);
  else reply(exchange, 200, packed[1], common, { 'content-encoding': packed[0] });
}
