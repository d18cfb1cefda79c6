/** A server of graphql-transport-ws that does to each connection what a test wants of it. */
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';

export interface Visit {
  readonly socket: WebSocket;
  /** The payload of its `connection_init`. */
  readonly init: unknown;
  /** Lets it in. @returns its first subscription */
  acknowledge(): Promise<{ id: string; payload: { query: string; variables?: object } }>;
  send(message: object): void;
}

export interface MoodyServer {
  readonly url: string;
  /** The instants of its connections, by performance.now(). */
  readonly visits: number[];
}

/** @param behave told each connection after its `connection_init`, and which one it is, from 1 */
export async function startMoodyServer(
  behave: (visit: Visit, number: number) => unknown,
): Promise<MoodyServer> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  const visits: number[] = [];
  server.on('connection', async (socket) => {
    const number = visits.push(performance.now());
    const nextMessage = () =>
      new Promise<{ id: string; type: string; payload: never }>((resolve) =>
        socket.once('message', (data) => resolve(JSON.parse(String(data)))),
      );
    const send = (message: object) => socket.send(JSON.stringify(message));
    const { payload: init } = await nextMessage();
    const acknowledge = () => {
      const first = nextMessage();
      send({ type: 'connection_ack' });
      return first;
    };
    await behave({ socket, init, acknowledge, send }, number);
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, visits };
}
