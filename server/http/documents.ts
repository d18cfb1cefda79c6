import { createHash } from 'node:crypto';
import { renderSVG } from 'uqr';
import type { Tools } from '../domain/call.ts';
import { type Exchange, readableByAllOrigins, reply } from './replies.ts';

/** `/schema.graphql`: the contract, for tools that would rather not introspect. */
export function createSchemaDocument(printedSchema: string): (exchange: Exchange) => void {
  const etag = `"${createHash('sha256').update(printedSchema).digest('base64url')}"`;
  const headers = { ...readableByAllOrigins, 'cache-control': 'no-cache', etag };
  const type = { 'content-type': 'text/plain; charset=utf-8' };
  return (exchange) => {
    const isKnown = exchange.request.headers['if-none-match'] === etag;
    if (isKnown) reply(exchange, 304, '', headers);
    else reply(exchange, 200, printedSchema, headers, type);
  };
}

/** `/.well-known/jwks.json`: the keys to check proofs with (RFC 7517), the coming one included. */
export async function replyWithJwks(exchange: Exchange, { signingKeys }: Tools): Promise<void> {
  const headers = {
    'content-type': 'application/jwk-set+json',
    'cache-control': 'public, max-age=300',
  };
  reply(exchange, 200, JSON.stringify(await signingKeys.jwks()), readableByAllOrigins, headers);
}

/** The path of a QR code. 53 characters are a link token; whether it opens a session is not asked. */
export const qrCodePath = /^\/s\/([0-9A-Za-z]{53})\/qr\.svg$/;

/** The QR code of a confirm URL. Nobody may keep it: who knows the URL can confirm the session. */
export function replyWithQrCode(exchange: Exchange, confirmUrl: string): void {
  const headers = { 'content-type': 'image/svg+xml', 'cache-control': 'no-store' };
  // Four modules of border are what ISO/IEC 18004 asks for.
  reply(exchange, 200, renderSVG(confirmUrl, { ecc: 'M', border: 4 }), headers);
}
