/**
 * `/graphql`: preflights, GraphiQL for browsers, and GraphQL over HTTP.
 *
 * In this order: what the headers alone can refuse, the credentials, the body, GraphQL. So a refused
 * credential costs no parsing, and nothing is executed before it is known who asks.
 */
import type { OutgoingHttpHeaders } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Call, Tools } from '../domain/call.ts';
import type { Logger } from '../platform/log.ts';
import { authenticate, type Credentials, readCredentials } from './authenticate.ts';
import type { ClientAddresses } from './client-address.ts';
import { closeTimeoutMs, endOfConnection, signInDigests, slowTimeoutMs } from './connection.ts';
import { replyWithFault } from './fault-replies.ts';
import { refuse } from './faults.ts';
import { replyWithGraphiQL } from './graphiql.ts';
import { limits } from './limits.ts';
import { executePlainly, plainReplyHeaders, readPlainRequest } from './plain-requests.ts';
import { rateLimitHeaders } from './rate-limit-headers.ts';
import { type Exchange, headersOf, readableByAllOrigins, reply, sendHead } from './replies.ts';
import { readBody } from './request-body.ts';
import { createCall, describeClient } from './request-call.ts';
import { ReplyCookie } from './sign-in-cookie.ts';
import type { Site } from './site.ts';
import { endStream, type GraphQL, isLive, shownByHttp, whenOverflown } from './yoga.ts';

export interface GraphQLEndpointOptions {
  readonly graphql: GraphQL;
  readonly log: Logger;
  readonly addresses: ClientAddresses;
  /** Known once the server listens, so asked for at each request. */
  site(): Site;
}

/** Every origin may ask, and none with the cookie: there is no Allow-Credentials, ever. */
const preflightHeaders: OutgoingHttpHeaders = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers': 'content-type, authorization, x-api-key, x-request-id',
  'access-control-max-age': '86400',
  allow: 'GET, POST, OPTIONS',
};

const refusals = {
  method: refuse('GRAPHQL_INVALID', 'GraphQL is asked with GET or POST.', {
    status: 405,
    headers: { allow: 'GET, POST, OPTIONS' },
  }),
  encoding: refuse('GRAPHQL_INVALID', 'The body must not be compressed.', { status: 415 }),
  mediaType: refuse('GRAPHQL_INVALID', 'Send the request as application/json.', {
    status: 415,
    headers: { 'accept-post': 'application/json' },
  }),
  accept: refuse(
    'GRAPHQL_INVALID',
    'The reply comes as application/graphql-response+json or application/json. Accept one of them.',
    { status: 406 },
  ),
};

export function createGraphQLEndpoint(
  tools: Tools,
  { graphql, log, addresses, site: currentSite }: GraphQLEndpointOptions,
): (exchange: Exchange) => Promise<void> {
  const { Request } = graphql.fetchAPI;

  async function execute(exchange: Exchange): Promise<void> {
    const { request } = exchange;
    const site = currentSite();
    const client = describeClient(exchange, site, addresses);
    // Awaiting what is no promise would still give up the turn.
    const credentials = readCredentials(request, site);
    const known = authenticate(tools, credentials, client, exchange.requestId);
    const actor = known instanceof Promise ? await known : known;
    const { method, url } = request;
    const body = method === 'POST' ? await readBody(request, limits.bodyBytesMax) : undefined;
    const headers = request.headers as Record<string, string>; // arrays are in replies alone
    const { requestId } = exchange;
    const signInCookie = new ReplyCookie(request, exchange.response, site);
    const call = createCall(tools, { requestId, actor, client, signInCookie, log });
    exchange.call = call;
    const plain = body === undefined ? null : readPlainRequest(request.headers, body);
    const result = plain && (await executePlainly(graphql, plain, call));
    if (result && !result.errors) {
      const json = JSON.stringify(shownByHttp(result, call));
      const own = plainReplyHeaders(request.headers.accept)!;
      const drawn = rateLimitHeaders(call.draws);
      return reply(exchange, 200, json, readableByAllOrigins, own, drawn);
    }
    const asked = new Request(`${site.origin}${url}`, { method, headers, body });
    const answer = await graphql.handle(asked, { call, result } as never);
    const contentType = answer.headers.get('content-type');
    // Yoga refuses without a word what it cannot read or write.
    if (contentType === null) throw answer.status === 406 ? refusals.accept : refusals.mediaType;
    // What was executed is told, however many connections are open: a mutation has done its work.
    if (isLive(call)) await sendStream(exchange, answer, contentType, call, credentials);
    else await send(exchange, answer, contentType, rateLimitHeaders(call.draws));
  }

  /** Streams until the client leaves, the subscription ends, or the credential does. */
  async function sendStream(
    exchange: Exchange,
    answer: Response,
    contentType: string,
    call: Call,
    credentials: Credentials,
  ): Promise<void> {
    const { connections, masterKeys } = call;
    const { response } = exchange;
    let remove: (() => void) | null = null;
    /** Whoever does not read the end is not told. */
    const breakOffIn = (ms: number) => {
      const timer = setTimeout(() => response.destroy(), ms);
      response.once('close', () => clearTimeout(timer));
    };
    whenOverflown(call, () => breakOffIn(slowTimeoutMs));
    exchange.route = '/graphql event stream';
    tools.metrics.eventStreams.inc();
    try {
      remove = await connections.add({
        actor: call.actor,
        ip: call.client.ip,
        signInDigests: signInDigests(masterKeys, credentials),
        end: (reason) => {
          // Whoever reads a stream that breaks off connects anew; one that completes is over.
          if (reason === 'SERVER_STOPPING') return response.destroy();
          endStream(call, endOfConnection(reason));
          breakOffIn(closeTimeoutMs);
        },
      });
      // The client left meanwhile, or the process stops. What was never read has not begun.
      if (response.destroyed) return;
      await send(exchange, answer, contentType, rateLimitHeaders(call.draws));
    } finally {
      tools.metrics.eventStreams.dec();
      remove?.();
    }
  }

  /** For what ends a request before GraphQL sees it. */
  function answerFault(exchange: Exchange, error: unknown): void {
    const { accept } = exchange.request.headers;
    const isNewer = accept?.includes('application/graphql-response+json');
    const type = isNewer
      ? { 'content-type': 'application/graphql-response+json; charset=utf-8' }
      : {};
    replyWithFault(exchange, error, { site: currentSite(), log }, type);
    const { outcome } = exchange;
    if (outcome) tools.metrics.operations.inc({ type: 'unknown', outcome });
  }

  return async (exchange) => {
    const { request } = exchange;
    const { method, headers } = request;
    try {
      if (method === 'OPTIONS') return reply(exchange, 204, '', preflightHeaders);
      if (method === 'GET' && headers.accept?.includes('text/html')) {
        return await replyWithGraphiQL(exchange);
      }
      if (method !== 'GET' && method !== 'POST') throw refusals.method;
      const encoding = headers['content-encoding'] ?? 'identity';
      if (encoding !== 'identity') throw refusals.encoding;
      await execute(exchange);
    } catch (error) {
      if (!exchange.response.headersSent) return answerFault(exchange, error);
      if (!isClientGone(error)) throw error;
    }
  };
}

/** The client closed a stream, which is how streams end. */
function isClientGone(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE';
}

async function send(
  exchange: Exchange,
  answer: Response,
  contentType: string,
  more: OutgoingHttpHeaders = {},
): Promise<void> {
  const own: OutgoingHttpHeaders = {};
  answer.headers.forEach((value, name) => {
    own[name.toLowerCase()] = value; // Yoga's own are not
  });
  own['cache-control'] = 'no-store';
  if (!/^(text\/event-stream|multipart\/mixed)/.test(contentType)) {
    return reply(exchange, answer.status, await answer.text(), readableByAllOrigins, own, more);
  }
  sendHead(exchange, answer.status, headersOf(exchange, readableByAllOrigins, own, more));
  await pipeline(answer.body ?? [], exchange.response);
}
