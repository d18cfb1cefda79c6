/** A client of graphql-transport-ws and of event streams that does what it is told and forgets nothing. */
import { expect, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';

// biome-ignore lint/suspicious/noExplicitAny: tests look into messages of every shape
type Payload = any;

export interface SocketOptions {
  /** The payload of `connection_init`; null: none is sent. */
  init?: object | null;
  headers?: Record<string, string>;
  protocol?: string;
}

export interface Subscription {
  /** The payloads of its `next` messages so far. */
  readonly results: Payload[];
  /** The payload of its `error` message, where one came. */
  error: Payload;
  isComplete: boolean;
  /** Waits for a result. @param test left out: any that comes after those there are */
  until(test?: (result: Payload) => boolean): Promise<Payload>;
  complete(): void;
}

export interface TestSocket {
  readonly socket: WebSocket;
  readonly isAcknowledged: boolean;
  /** How it was closed; null while it is open. */
  closed: { code: number; reason: string } | null;
  subscribe(query: string, variables?: object): Subscription;
  /** One operation: its first result, or its errors. */
  ask(query: string, variables?: object): Promise<Payload>;
  untilClosed(): Promise<{ code: number; reason: string }>;
}

const waiting = { timeout: 10_000, interval: 5 };

/** Connects, and waits to be acknowledged or closed. Closed after the test. */
export async function openSocket(
  url: string,
  { init = {}, headers, protocol = 'graphql-transport-ws' }: SocketOptions = {},
): Promise<TestSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, protocol, { headers });
  const subscriptions = new Map<string, Subscription>();
  let isAcknowledged = false;
  const self: TestSocket = {
    socket,
    get isAcknowledged() {
      return isAcknowledged;
    },
    closed: null,
    subscribe(query, variables = {}) {
      const id = String(subscriptions.size + 1);
      const subscription: Subscription = {
        results: [],
        error: null,
        isComplete: false,
        async until(test) {
          const seen = test ? 0 : subscription.results.length;
          const find = () => subscription.results.slice(seen).find(test ?? (() => true));
          await expect
            .poll(() => find() !== undefined || { ...subscription, closed: self.closed }, waiting)
            .toBe(true);
          return find();
        },
        complete: () => socket.send(JSON.stringify({ id, type: 'complete' })),
      };
      subscriptions.set(id, subscription);
      socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query, variables } }));
      return subscription;
    },
    async ask(query, variables) {
      const subscription = self.subscribe(query, variables);
      await expect
        .poll(() => subscription.isComplete || subscription.error || self.closed, waiting)
        .toBeTruthy();
      return subscription.results[0] ?? { errors: subscription.error };
    },
    async untilClosed() {
      await expect.poll(() => self.closed, waiting).not.toBeNull();
      return self.closed!;
    },
  };
  socket.on('message', (data) => {
    const { type, id, payload } = JSON.parse(String(data));
    const subscription = subscriptions.get(id);
    if (type === 'connection_ack') isAcknowledged = true;
    else if (type === 'next') subscription?.results.push(payload);
    else if (type === 'error' && subscription) subscription.error = payload;
    else if (type === 'complete' && subscription) subscription.isComplete = true;
  });
  socket.on('close', (code, reason) => {
    self.closed = { code, reason: String(reason) };
  });
  onTestFinished(() => socket.terminate());
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  if (init === null) return self;
  socket.send(JSON.stringify({ type: 'connection_init', payload: init }));
  await expect.poll(() => isAcknowledged || self.closed !== null, waiting).toBe(true);
  return self;
}

export interface EventStream {
  readonly status: number;
  readonly results: Payload[];
  isComplete: boolean;
  /** Whether the server has ended it, or broken it off. */
  isOver: boolean;
  /** Resolves when it has. */
  readonly over: Promise<void>;
  until(test: (result: Payload) => boolean): Promise<Payload>;
  untilOver(): Promise<void>;
  close(): void;
}

/** Subscribes by an event stream. Closed after the test. */
export async function openStream(
  url: string,
  query: string,
  variables: object = {},
  headers: Record<string, string> = {},
): Promise<EventStream> {
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    body: JSON.stringify({ query, variables }),
    signal: abort.signal,
  });
  let end: () => void;
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  const self: EventStream = {
    status: response.status,
    results: [],
    isComplete: false,
    isOver: false,
    over,
    async until(test) {
      await expect.poll(() => self.results.some(test) || { ...self }, waiting).toBe(true);
      return self.results.find(test);
    },
    async untilOver() {
      await expect.poll(() => self.isOver, waiting).toBe(true);
    },
    close: () => abort.abort(),
  };
  void read(response, self).finally(() => {
    self.isOver = true;
    end();
  });
  return self;
}

async function read(response: Response, stream: EventStream): Promise<void> {
  let text = '';
  try {
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const events = text.split('\n\n');
      text = events.pop()!;
      for (const event of events) {
        const [, type, data] = /^event: (\w+)\ndata: ?(.*)$/.exec(event) ?? [];
        if (type === 'next') stream.results.push(JSON.parse(data!));
        if (type === 'complete') stream.isComplete = true;
      }
    }
  } catch {
    // Broken off, by either side.
  }
}
