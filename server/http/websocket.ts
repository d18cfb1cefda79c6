/**
 * GraphQL over WebSocket at `/graphql`, by the graphql-transport-ws protocol
 * (https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverWebSocket.md).
 *
 * graphql-ws speaks the protocol. What many subscribers are told is written by us into each socket: one
 * text with the subscription's id before it, without a turn of the event loop for each.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ConnectionInitMessage, makeServer } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Tools } from '../domain/call.ts';
import type { Logger } from '../platform/log.ts';
import type { ClientAddresses } from './client-address.ts';
import { limits } from './limits.ts';
import type { LiveResults } from './live-results.ts';
import { describeClient } from './request-call.ts';
import type { Site } from './site.ts';
import { SocketConnection } from './socket-connection.ts';
import { createSocketOperations, type SocketArgs } from './socket-operations.ts';
import { replyOnSocket } from './socket-replies.ts';
import type { GraphQL } from './yoga.ts';

export interface WebSocketOptions {
  readonly graphql: GraphQL;
  readonly live: LiveResults;
  readonly log: Logger;
  readonly addresses: ClientAddresses;
  /** Tests do not wait as long. */
  readonly times?: Partial<SocketTimes>;
  site(): Site;
}

export interface SocketTimes {
  /** A peer may be silent for twice as long; it answers pings by itself. */
  pingEveryMs: number;
  /** Until `connection_init`, and of a socket without a credential until it watches something. */
  initTimeoutMs: number;
}

const usualTimes: SocketTimes = { pingEveryMs: 15_000, initTimeoutMs: 10_000 };

export interface WebSockets {
  /** For the `upgrade` event of the HTTP server, once the path is known to be ours. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Closes every socket, for the process stops; those that do not say goodbye are broken off. */
  close(): void;
  /** How many are open, and how many operations are under way on them: in the main, subscriptions. */
  count(): { sockets: number; operations: number };
}

/** ws closes by itself after a protocol error; nobody else has to hear of it. */
function ignore(): void {}

export function createWebSockets(tools: Tools, options: WebSocketOptions): WebSockets {
  const { graphql, live, log, addresses, site } = options;
  const times = { ...usualTimes, ...options.times };
  const operations = createSocketOperations(tools, { graphql, live, log });
  const protocol = makeServer<ConnectionInitMessage['payload'], SocketConnection>({
    connectionInitWaitTimeout: times.initTimeoutMs,
    onConnect: ({ extra: connection, connectionParams }) => connection.open(connectionParams),
    onSubscribe: ({ extra: connection }, id, payload) =>
      operations.prepare(connection, id, payload),
    execute: (args) => operations.execute(args as SocketArgs),
    subscribe: (args) => operations.subscribe(args as SocketArgs),
    onComplete: ({ extra: connection }, id) => connection.finish(id),
  });

  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false, // we have a set of our own
    perMessageDeflate: false,
    // An operation that is ended has ended, its place and its id are free, when the next message is read.
    allowSynchronousEvents: false,
    maxPayload: limits.bodyBytesMax,
    handleProtocols: (offered) =>
      offered.has('graphql-transport-ws') ? 'graphql-transport-ws' : false,
  });
  server.on('wsClientError', ({ message }, socket, request) => {
    const by = { requestId: addresses.requestIdOf(request), log };
    replyOnSocket(socket, 400, `${message}.`, by, { 'sec-websocket-version': '13' });
  });
  const connections = new Set<SocketConnection>();
  const pings = setInterval(() => {
    for (const connection of connections) connection.ping();
  }, times.pingEveryMs);
  pings.unref();

  function accept(socket: WebSocket, stream: Duplex, request: IncomingMessage): void {
    const connection = new SocketConnection(tools, socket, stream, {
      headers: request.headers,
      client: describeClient({ request }, site(), addresses),
      site: site(),
      requestId: addresses.requestIdOf(request),
      log,
      initTimeoutMs: times.initTimeoutMs,
    });
    connections.add(connection);
    const closed = protocol.opened(connection, connection);
    socket.on('message', (data, isBinary) => connection.receive(data, isBinary));
    socket.on('pong', () => connection.answered());
    socket.on('error', ignore);
    socket.on('close', (code, reason) => {
      connections.delete(connection);
      connection.forget();
      void closed(code, String(reason));
    });
  }

  return {
    upgrade(request, socket, head) {
      server.handleUpgrade(request, socket, head, (opened) => accept(opened, socket, request));
    },
    close() {
      clearInterval(pings);
      for (const connection of connections) connection.end('SERVER_STOPPING');
    },
    count() {
      let operations = 0;
      for (const connection of connections) operations += connection.operationCount;
      return { sockets: connections.size, operations };
    },
  };
}
