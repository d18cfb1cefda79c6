/** `/metrics`, for Prometheus: on the port of the rest with a token, or on a port of its own. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type Exchange, reply, replyWithJson } from './replies.ts';

/** Reads every figure, as text in the format of Prometheus. Never fails for want of the database. */
export type Scrape = () => Promise<{ contentType: string; text: string }>;

export interface MetricsOptions {
  scrape: Scrape;
  /** Null: whoever reaches the port may read. */
  token: string | null;
}

/** Answers a GET of `/metrics`. */
export function createMetricsDocument({
  scrape,
  token,
}: MetricsOptions): (exchange: Exchange) => Promise<void> {
  return async (exchange) => {
    if (token !== null && !bears(exchange.request, token)) {
      const challenge = { 'www-authenticate': 'Bearer' };
      const body = { message: 'Not without the token.', requestId: exchange.requestId };
      return replyWithJson(exchange, 401, body, challenge);
    }
    const { contentType, text } = await scrape();
    reply(exchange, 200, text, { 'content-type': contentType, 'cache-control': 'no-store' });
  };
}

/** A server of `/metrics` alone. It does not listen yet. */
export function createMetricsServer(options: MetricsOptions): Server {
  const document = createMetricsDocument(options);
  return createServer((request, response) => {
    const path = request.url?.split('?', 1)[0] ?? '/';
    const exchange: Exchange = { request, response, requestId: 'metrics', path };
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (path === '/metrics' && isRead) document(exchange).catch(() => response.destroy());
    else replyWithJson(exchange, 404, { message: 'There is only /metrics here.' });
  });
}

/** Compared by digests, which are of one length, in a time that tells nothing of either. */
function bears({ headers }: IncomingMessage, token: string): boolean {
  const sent = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1] ?? '';
  return timingSafeEqual(digestOf(sent), digestOf(token));
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
