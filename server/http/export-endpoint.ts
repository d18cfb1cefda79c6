/**
 * `/export/logs` and `/export/sessions`: the rows of a filter as a file, by POST, with the credentials
 * of GraphQL. Errors before the first byte have the shape of GraphQL's.
 *
 * Rows are read as the client takes them, a batch at a time, and no connection is held in between. So
 * memory stays flat, a slow client holds up nobody, and one that leaves ends its export.
 */
import type { OutgoingHttpHeaders } from 'node:http';
import type { Tools } from '../domain/call.ts';
import { DomainError, ValidationError } from '../domain/errors.ts';
import { type Exported, openExport } from '../domain/exports/open.ts';
import { createTurns } from '../platform/turns.ts';
import { authenticate, readCredentials } from './authenticate.ts';
import { replyWithFault } from './fault-replies.ts';
import { refuse } from './faults.ts';
import type { GraphQLEndpointOptions } from './graphql-endpoint.ts';
import { limits } from './limits.ts';
import { type Exchange, headersOf, reply, sendHead } from './replies.ts';
import { readBody } from './request-body.ts';
import { createCall, describeClient } from './request-call.ts';
import { ReplyCookie } from './sign-in-cookie.ts';
import { ClientGoneError, sendPart } from './unhurried.ts';

const exportPaths: ReadonlyMap<string, Exported> = new Map([
  ['/export/logs', 'logs'],
  ['/export/sessions', 'sessions'],
]);

/** What a path exports; null: nothing. */
export function exportedBy(path: string): Exported | null {
  return exportPaths.get(path) ?? null;
}

/** As for GraphQL: every origin may ask, and none with the cookie. */
const preflightHeaders: OutgoingHttpHeaders = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'POST',
  'access-control-allow-headers': 'content-type, authorization, x-api-key, x-request-id',
  'access-control-max-age': '86400',
  allow: 'POST, OPTIONS',
};

const readableHeaders: OutgoingHttpHeaders = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'X-Request-Id, Retry-After, Content-Disposition, X-Total-Rows',
  'cache-control': 'no-store',
};

const refusals = {
  method: refuse('GRAPHQL_INVALID', 'Exports are asked for with POST.', {
    status: 405,
    headers: { allow: 'POST, OPTIONS' },
  }),
  mediaType: refuse('GRAPHQL_INVALID', 'Send the request as application/json, uncompressed.', {
    status: 415,
    headers: { 'accept-post': 'application/json' },
  }),
};

/** Batches that one process reads at once: exports leave most of the connections to others. */
const readsMax = 2;

export function createExportEndpoint(
  tools: Tools,
  { log, addresses, site: currentSite }: Omit<GraphQLEndpointOptions, 'graphql'>,
): (exchange: Exchange, what: Exported) => Promise<void> {
  const inTurn = createTurns(readsMax);

  async function open(exchange: Exchange, what: Exported) {
    const { request } = exchange;
    const { headers, method } = request;
    if (method !== 'POST') throw refusals.method;
    const mediaType = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
    const encoding = headers['content-encoding'] ?? 'identity';
    if (mediaType !== 'application/json' || encoding !== 'identity') throw refusals.mediaType;
    const site = currentSite();
    const client = describeClient(exchange, site, addresses);
    const { requestId } = exchange;
    const credentials = readCredentials(request, site);
    const whoAsks = async () => authenticate(tools, credentials, client, requestId);
    const actor = await whoAsks();
    const input = parseJson(await readBody(request, limits.bodyBytesMax));
    const signInCookie = new ReplyCookie(request, exchange.response, site);
    const call = createCall(tools, { requestId, actor, client, signInCookie, log });
    exchange.call = call;
    const file = await inTurn(() => openExport(call, what, input));

    /** Null at the end. Credentials may have ended since the last rows, and roles have changed. */
    async function next(): Promise<string | null> {
      call.actor = await whoAsks();
      const { value, done } = await inTurn(() => file.chunks.next());
      return done ? null : (value as string);
    }
    // The first rows before the head: what fails until then is answered in so many words.
    return { ...file, next, begin: [await next(), await next()] };
  }

  return async (exchange, what) => {
    const { request, response } = exchange;
    if (request.method === 'OPTIONS') return reply(exchange, 204, '', preflightHeaders);
    const opened = await open(exchange, what).catch((error) => {
      replyWithFault(exchange, error, { site: currentSite(), log });
    });
    if (!opened) return;
    const { begin, next, chunks, contentType, fileName, total } = opened;
    const own: OutgoingHttpHeaders = {
      'content-type': contentType,
      'content-disposition': `attachment; filename="${fileName}"`,
      ...(total !== null && { 'x-total-rows': String(total) }),
    };
    sendHead(exchange, 200, headersOf(exchange, readableHeaders, own));
    try {
      for (const chunk of begin) await sendPart(response, chunk ?? '');
      for (let chunk = await next(); chunk !== null; chunk = await next()) {
        await sendPart(response, chunk);
      }
      response.end();
    } catch (error) {
      // Broken off and not ended: nobody must take a part for the whole.
      response.destroy();
      if (error instanceof ClientGoneError) return;
      if (!(error instanceof DomainError)) throw error;
      log.info({ requestId: exchange.requestId, reason: error.code }, 'An export was broken off');
    } finally {
      await chunks.return();
    }
  };
}

/** @throws {ValidationError} */
function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new ValidationError([{ path: [], message: 'The body must be JSON.' }]);
  }
}
