/**
 * One WebSocket at a time, spoken over by graphql-ws: opened for the first subscription, closed after the
 * last. A server that does not answer counts as gone. Never connects again by itself.
 */
import { createClient, type Client as Protocol } from 'graphql-ws/client';

/** What opens a socket: a browser's WebSocket, Node's from 22 on, or that of the package ws. */
export type WebSocketClass = new (url: string, protocol: string) => WebSocketLike;

interface WebSocketLike {
  readonly readyState: number;
  addEventListener(type: 'error' | 'close', listener: () => void): void;
  close(code?: number, reason?: string): void;
  /** Of ws: breaks off, without waiting for the other side. */
  terminate?(): void;
}

export interface LiveSocketOptions {
  /** Where the server is. Only its origin counts. */
  url: string;
  webSocket: WebSocketClass;
  timing: LiveTiming;
  /** Asked for the payload of each `connection_init`; undefined: there is none. */
  init(): Record<string, unknown> | undefined;
  opened(): void;
  /** However it ended, whether or not it was open. What ran on it has to be started again. */
  closed(end: SocketEnd): void;
}

export interface SocketEnd {
  code: number;
  reason: string;
  /** When the server was last known to be there. */
  at: Date;
}

export interface LiveSocket {
  /** `none` before the first and after each. */
  readonly state: 'none' | 'opening' | 'open' | 'closing';
  /** Opens the socket where there is none. Errors of the connection come by `closed`. */
  readonly subscribe: Protocol['subscribe'];
  /** Ends it, whatever state it is in. */
  leave(): void;
}

/** In milliseconds. */
export interface LiveTiming {
  /** How often the server is asked whether it is there. */
  pingEvery: number;
  /** How long it may take to answer that, or to let in whoever connects. */
  answerWithin: number;
  /** How long it may take to answer a goodbye. */
  goodbyeWithin: number;
}

const closing = 2; // WebSocket.CLOSING

export function createLiveSocket(options: LiveSocketOptions): LiveSocket {
  const { url, webSocket, timing, init } = options;
  /** From its first moment to its end. */
  let socket: WebSocketLike | null = null;
  let isOpen = false;
  let heardAt = 0;
  let isSilent = false;
  let deadline: ReturnType<typeof setTimeout> | undefined;

  const protocol = createClient({
    url: `${new URL(url).origin}/graphql`.replace(/^http/, 'ws'),
    retryAttempts: 0,
    keepAlive: timing.pingEvery,
    connectionParams: init,
    webSocketImpl: class extends webSocket {
      constructor(address: string, subprotocol: string) {
        super(address, subprotocol);
        socket = this;
        // ws throws an error that nobody listens to, and graphql-ws stops listening before the end.
        this.addEventListener('error', () => {});
      }

      override close(code?: number, reason?: string): void {
        super.close(code, reason);
        if (socket === this) expectWithin(timing.goodbyeWithin);
      }
    },
    on: {
      connecting: () => expectWithin(timing.answerWithin),
      ping(isReceived) {
        if (!isReceived) expectWithin(timing.answerWithin);
      },
      message() {
        heardAt = Date.now();
        if (socket?.readyState !== closing) clearTimeout(deadline);
      },
      connected() {
        isOpen = true;
        options.opened();
      },
      // It follows each error of a socket, too.
      closed(event) {
        clearTimeout(deadline);
        const { code, reason } = event as CloseEvent;
        const at = new Date(isOpen && isSilent ? heardAt : Date.now());
        socket = null;
        isOpen = isSilent = false;
        options.closed({ code, reason, at });
      },
    },
  });

  /** Unless something is heard, the server counts as gone. */
  function expectWithin(ms: number): void {
    clearTimeout(deadline);
    deadline = setTimeout(() => {
      const silent = socket;
      isSilent = true;
      protocol.terminate(); // which tells of it as closed
      if (silent) breakOff(silent);
    }, ms);
  }

  return {
    get state() {
      if (socket === null) return 'none';
      if (socket.readyState === closing) return 'closing';
      return isOpen ? 'open' : 'opening';
    },
    subscribe: protocol.subscribe,
    leave() {
      if (isOpen) socket?.close(1000, 'Normal Closure');
      else if (socket) breakOff(socket);
    },
  };
}

function breakOff(socket: WebSocketLike): void {
  if (socket.terminate) socket.terminate();
  else socket.close();
}
