/** Receivers of our own, which answer slowly, badly or not at all; and requests to them. */
import { once } from 'node:events';
import * as http from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterAll } from 'vitest';
import { type OutboundOptions, post } from '../../server/platform/outbound.ts';

/** A little less patient than the product, and with nothing forbidden. */
export const options: OutboundOptions = {
  allowPrivate: true,
  timeoutMs: 5_000,
  bodyBytesMax: 4_096,
};

/** A webhook, as it is sent. */
export const send = (url: string, some: Partial<OutboundOptions> = {}) =>
  post(
    url,
    { 'content-type': 'application/json', 'webhook-id': 'evt_1' },
    '{"type":"session.started"}',
    { ...options, ...some },
  );

/** Listens on a free port until the end of the test file; counts its connections. */
export async function listen<S extends Server>(server: S, host = '127.0.0.1') {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket.on('error', () => {}).once('close', () => sockets.delete(socket)));
  });
  server.listen(0, host);
  await once(server, 'listening');
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    server,
    port,
    url: `http://127.0.0.1:${port}/`,
    sockets,
    connections: () => connections,
  };
}

/** A receiver that speaks HTTP. */
export const receive = (answer: http.RequestListener) => listen(http.createServer(answer));

/** One that listens and says nothing. */
export const listenSilently = (host?: string) =>
  listen(
    createServer((socket) => socket.resume()),
    host,
  );

/** One that says bytes of its choice, when it has heard a whole request. */
export const say = (answer: (socket: Socket) => unknown) =>
  listen(
    createServer((socket) => {
      let heard = '';
      socket.on('data', (data) => {
        heard += data;
        if (!heard.endsWith('}')) return;
        heard = '';
        answer(socket);
      });
    }),
  );

/** Begins, and then never ends. */
export const drip = (socket: Socket, head: string, piece: string) => {
  socket.write(head);
  const timer = setInterval(() => socket.write(piece), 20);
  socket.once('close', () => clearInterval(timer));
};
