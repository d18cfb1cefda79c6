import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type Exchange, reply } from './replies.ts';

interface Page {
  html: Buffer;
  gzipped: Buffer;
  etag: string;
  contentSecurityPolicy: string;
}

const welcome = `# Latchkey's API. The book on the left describes all of it.
#
# Sign in with signUp or signIn, which set a cookie,
# or send a secret key, under Headers below:
#   { "X-API-Key": "sk_…" }

{
  server {
    version
  }
}
`;

let page: Promise<Page> | undefined;

/** Sends GraphiQL, whole: it loads nothing from anywhere else. Reads no credentials. */
export async function replyWithGraphiQL(exchange: Exchange): Promise<void> {
  page ??= renderPage();
  const { html, gzipped, etag, contentSecurityPolicy } = await page;
  const { headers } = exchange.request;
  const common = {
    'content-security-policy': contentSecurityPolicy,
    'cache-control': 'no-cache',
    vary: 'Accept, Accept-Encoding',
    etag,
  };
  if (headers['if-none-match'] === etag) return reply(exchange, 304, '', common);
  const type = { 'content-type': 'text/html; charset=utf-8' };
  if (!headers['accept-encoding']?.includes('gzip')) {
    return reply(exchange, 200, html, common, type);
  }
  reply(exchange, 200, gzipped, common, type, { 'content-encoding': 'gzip' });
}

/** The page is 9 MB, so it is loaded when first asked for, and rendered once. */
async function renderPage(): Promise<Page> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const html = renderGraphiQL({
    title: 'Latchkey GraphiQL',
    endpoint: '/graphql',
    credentials: 'same-origin',
    defaultQuery: welcome,
    shouldPersistHeaders: false, // they may hold a secret key
  });
  return {
    html: Buffer.from(html),
    gzipped: await promisify(gzip)(html),
    etag: `"${createHash('sha256').update(html).digest('base64url')}"`,
    contentSecurityPolicy: policyFor(html),
  };
}

/** Scripts are named by hash, so injected ones do not run. */
function policyFor(html: string): string {
  const hashes = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(
    ([, script = '']) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  );
  return [
    "default-src 'none'",
    `script-src ${hashes.join(' ')}`,
    "style-src 'unsafe-inline'", // the editor writes style elements as it goes
    'worker-src blob:', // the page makes its workers from text of its own
    "connect-src 'self'",
    'img-src data:',
    'font-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
