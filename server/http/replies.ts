import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** One HTTP request, with the means to answer it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** In every reply, every error and every log line that this request causes. */
  readonly requestId: string;
  /** As sent, without the query. */
  readonly path: string;
}

// Names are in lower case throughout, so that a reply's own header replaces the common one.
const headersOfAll: OutgoingHttpHeaders = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/** Pages of every origin may read the reply; none may send the cookie along. */
export const readableByAllOrigins: OutgoingHttpHeaders = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'X-Request-Id, Retry-After',
};

/** The headers of a reply: those that all have under those of its own. */
export function headersOf(
  { requestId }: Pick<Exchange, 'requestId'>,
  headers: OutgoingHttpHeaders,
): OutgoingHttpHeaders {
  return { ...headersOfAll, 'x-request-id': requestId, ...headers };
}

/** Sends a whole reply. A HEAD request gets what a GET would, without the body. */
export function reply(
  exchange: Exchange,
  status: number,
  headers: OutgoingHttpHeaders,
  body: string | Buffer = '',
): void {
  const { request, response } = exchange;
  const all = headersOf(exchange, headers);
  if (status !== 204 && status !== 304) all['content-length'] = Buffer.byteLength(body);
  response.writeHead(status, all);
  response.end(request.method === 'HEAD' ? '' : body);
}

export function replyWithJson(
  exchange: Exchange,
  status: number,
  value: unknown,
  headers: OutgoingHttpHeaders = {},
): void {
  const common = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
  reply(exchange, status, { ...common, ...headers }, JSON.stringify(value));
}
