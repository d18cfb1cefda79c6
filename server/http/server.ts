import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { GraphQLSchema } from 'graphql';
import type { Tools } from '../domain/call.ts';
import type { Logger } from '../platform/log.ts';
import { createClientAddresses } from './client-address.ts';
import { createSchemaDocument, qrCodePath, replyWithJwks, replyWithQrCode } from './documents.ts';
import { drainServer } from './drain.ts';
import { createExportEndpoint, exportedBy } from './export-endpoint.ts';
import { faultReply } from './faults.ts';
import { createGraphQLEndpoint } from './graphql-endpoint.ts';
import { replyLive, replyReady } from './health.ts';
import { limits } from './limits.ts';
import { LiveResults } from './live-results.ts';
import { createMetricsDocument, type Scrape } from './metrics.ts';
import { type Exchange, readableByAllOrigins, reply, replyWithJson } from './replies.ts';
import { followRequest } from './request-log.ts';
import { describeSite, type Site } from './site.ts';
import { answerClientError, replyOnSocket } from './socket-replies.ts';
import { createStaticFiles } from './static.ts';
import { createWebSockets, type SocketTimes } from './websocket.ts';
import { createGraphQL } from './yoga.ts';

export interface HttpServerOptions {
  readonly schema: GraphQLSchema;
  /** What `/schema.graphql` serves. */
  readonly printedSchema: string;
  readonly log: Logger;
  /** Addresses, CIDRs and names that proxy-addr knows. */
  readonly trustedProxies: readonly string[];
  /** Whether anybody may ask for the schema, or only those with a credential. */
  readonly openIntrospection: boolean;
  /** Where the built dashboard is; null or left out: there is none. */
  readonly clientFolder?: string | null;
  readonly socketTimes?: Partial<SocketTimes>;
  /** What `/metrics` answers to whom; left out: there is none. */
  readonly metrics?: { scrape: Scrape; token: string };
  /** Whether the database answers. May throw; may take its time. */
  isReady(): Promise<boolean> | boolean;
}

export interface HttpServer {
  /** Does not listen yet. */
  readonly server: Server;
  /**
   * Stops accepting, answers what is under way and resolves when no connection is left.
   * Meanwhile `/health/ready` says so to whoever still has a connection.
   *
   * @param timeoutMs after which connections are broken off; 10 s unless told
   */
  drain(timeoutMs?: number): Promise<void>;
  /** How many WebSockets are open, and how many operations are under way on them. */
  countLive(): { sockets: number; operations: number };
}

type Handler = (exchange: Exchange) => Promise<void> | void;

const allowed = { allow: 'GET, HEAD, OPTIONS' };

/**
 * The HTTP side of Latchkey: GraphQL, exports and the few documents beside them.
 *
 * `tools.publicUrl` is read with the first request, so on a port that the system chooses it may be
 * filled in once the server listens.
 */
export function createHttpServer(tools: Tools, options: HttpServerOptions): HttpServer {
  const { schema, printedSchema, log, trustedProxies, isReady, socketTimes: times } = options;
  const { openIntrospection } = options;
  const addresses = createClientAddresses(trustedProxies);
  const readiness = { isDraining: false, isReady };
  let known: Site | undefined;
  const site = () => {
    known ??= describeSite(tools.publicUrl);
    return known;
  };

  const live = new LiveResults();
  const graphql = createGraphQL(schema, live, { openIntrospection });
  const endpoint = createGraphQLEndpoint(tools, { graphql, log, addresses, site });
  const webSockets = createWebSockets(tools, { graphql, live, log, addresses, times, site });
  const exporter = createExportEndpoint(tools, { log, addresses, site });
  const documents = new Map<string, Handler>([
    // Those who may not introspect without a credential may not read it either: there is none to send.
    ...(openIntrospection
      ? [['/schema.graphql', createSchemaDocument(printedSchema)] as const]
      : []),
    ['/.well-known/jwks.json', (exchange) => replyWithJwks(exchange, tools)],
    ['/health/live', replyLive],
    ['/health/ready', (exchange) => replyReady(exchange, readiness)],
    ...(options.metrics ? [['/metrics', createMetricsDocument(options.metrics)] as const] : []),
  ]);

  const findPage = createStaticFiles(options.clientFolder ?? null);

  /** Also says by which name it is counted. */
  function findDocument(exchange: Exchange): Handler | null {
    const { path } = exchange;
    const linkToken = qrCodePath.exec(path)?.[1];
    if (linkToken) {
      exchange.route = '/s/:linkToken/qr.svg';
      return () => replyWithQrCode(exchange, `${tools.publicUrl}/s/${linkToken}`);
    }
    const document = documents.get(path);
    const found = document ?? findPage(path);
    if (found) exchange.route = document ? path : 'dashboard';
    return found;
  }

  function route(exchange: Exchange): Promise<void> | void {
    const { method, httpVersion, headers } = exchange.request;
    if (httpVersion === '1.1' && headers.host === undefined) {
      const close = { connection: 'close' };
      return replyWithProblem(exchange, 400, 'HTTP/1.1 asks for a Host header.', close);
    }
    if (exchange.path === '/graphql') {
      exchange.route = '/graphql';
      return endpoint(exchange);
    }
    const exported = exportedBy(exchange.path);
    if (exported) {
      exchange.route = exchange.path;
      return exporter(exchange, exported);
    }
    const document = findDocument(exchange);
    if (!document) return replyWithProblem(exchange, 404, 'There is nothing here.');
    if (method === 'GET' || method === 'HEAD') return document(exchange);
    if (method === 'OPTIONS') return reply(exchange, 204, '', readableByAllOrigins, allowed);
    return replyWithProblem(exchange, 405, 'This is only there to be read.', allowed);
  }

  /** For documents; GraphQL answers for its own errors. */
  function answerFailure(exchange: Exchange, error: unknown): void {
    const { requestId, route, response } = exchange;
    const { status, headers, body } = faultReply(error, {
      requestId,
      log: log.child({ requestId, route }),
    });
    if (response.headersSent) response.destroy();
    else replyWithProblem(exchange, status, body.errors[0].message, headers);
  }

  const isLast = () => readiness.isDraining;
  function answer(request: IncomingMessage, response: ServerResponse): void {
    const path = pathOf(request);
    const requestId = addresses.requestIdOf(request);
    const exchange: Exchange = { request, response, requestId, path, isLast };
    followRequest(exchange, tools.metrics, log);
    try {
      route(exchange)?.catch((error) => answerFailure(exchange, error));
    } catch (error) {
      answerFailure(exchange, error);
    }
  }
  const server = createServer(
    // Node's own refusal, of requests without a host, has no request id.
    { maxHeaderSize: limits.headerBytesMax, requireHostHeader: false },
    answer,
  );
  server.on('checkExpectation', answer); // of expectations that nobody knows, which may be ignored
  server.on('upgrade', (request, socket, head) => {
    if (pathOf(request) === '/graphql' && !isLast()) {
      webSockets.upgrade(request, socket, head);
      return;
    }
    const by = { requestId: addresses.requestIdOf(request), log };
    if (isLast()) replyOnSocket(socket, 503, 'The server is stopping.', by);
    else replyOnSocket(socket, 404, 'There is nothing here.', by);
  });
  server.on('clientError', (error, socket) => answerClientError(error, socket, log));
  server.requestTimeout = 30_000; // a megabyte at 35 KB/s
  server.headersTimeout = 15_000;
  server.keepAliveTimeout = 75_000; // longer than proxies keep theirs, or they meet closed ones

  return {
    server,
    drain(timeoutMs = 10_000) {
      readiness.isDraining = true;
      tools.connections.endAll();
      webSockets.close();
      return drainServer(server, timeoutMs);
    },
    countLive: () => webSockets.count(),
  };
}

function pathOf({ url = '/' }: IncomingMessage): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

function replyWithProblem(
  exchange: Exchange,
  status: number,
  message: string,
  headers: OutgoingHttpHeaders = {},
): void {
  replyWithJson(exchange, status, { message, requestId: exchange.requestId }, headers);
}
