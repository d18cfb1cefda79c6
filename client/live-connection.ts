/**
 * What keeps a client's subscriptions alive.
 *
 * Invariant: each subscription runs, or waits for a connection that is to come, or was told why it ended.
 * A connection that is lost is made anew for ever, unless its credential was refused. The server opens
 * each subscription with the present state, so that subscribing again makes up for what was missed.
 *
 * graphql-ws has retries of its own, which are not used. They take 4429 and 4500 for final, open what was
 * closed with 1000 again without a pause, and sit out a pause when nobody waits for its end any more.
 */
import type { SubscribePayload } from 'graphql-ws/client';
import {
  createLiveSocket,
  type LiveSocket,
  type LiveTiming,
  type SocketEnd,
  type WebSocketClass,
} from './live-socket.ts';
import {
  closeCodes,
  finalErrorOf,
  isUnavailable,
  type LiveError,
  retryDelayMs,
} from './retries.ts';

/** Whether what is shown is live. */
export type LiveStatus =
  /** `idle`: nothing is subscribed to. `connecting`: for the first time. */
  | { readonly state: 'idle' | 'connecting' | 'connected' }
  /**
   * Lost, or not to be had, and tried again. `since` the server was last known to be there, or said that
   * it cannot tell anything just now.
   */
  | { readonly state: 'down'; readonly since: Date };

export interface LiveConnection {
  /** The same object until it changes. */
  readonly status: LiveStatus;
  /** @returns a function that ends the listening, here and below */
  onStatus(listener: (status: LiveStatus) => void): () => void;
  /**
   * Calls when a connection that was down is back. Subscriptions go on by themselves; what was read
   * besides was not told of changes meanwhile, and is to be read anew.
   */
  onReconnected(listener: () => void): () => void;
  /** Ends all subscriptions and leaves nothing open. Whoever subscribes after that is refused. */
  dispose(): void;
}

export interface LiveOptions {
  /** Where the server is. Only its origin counts. */
  url: string;
  /** Asked for each connection. */
  apiKey: () => string | undefined;
  /** The platform's own if left out. */
  webSocket?: WebSocketClass | undefined;
  timing?: LiveTiming;
}

/** Who hears of a subscription. After `fail` or `complete` nothing more comes. */
export interface LiveSink {
  next(result: LiveResult): void;
  fail(errors: readonly LiveError[]): void;
  complete(): void;
}

export interface LiveResult {
  data?: Record<string, unknown> | null;
  errors?: readonly LiveError[];
}

export interface LiveTransport extends LiveConnection {
  /** @returns a function that ends it */
  subscribe(payload: SubscribePayload, sink: LiveSink): () => void;
}

interface Subscription {
  readonly payload: SubscribePayload;
  readonly sink: LiveSink;
  /** null: it waits. */
  stop: (() => void) | null;
  /** The server let us in, and said of it that it cannot be just now. */
  isDoubted: boolean;
}

const usualTiming = { pingEvery: 10_000, answerWithin: 10_000, goodbyeWithin: 1_000 };
/** After so long without a new attempt the pauses begin small again. */
const calmMs = 30_000;

export function createLiveConnection(options: LiveOptions): LiveTransport {
  const { url, apiKey, timing = usualTiming } = options;
  const wanted = new Set<Subscription>();
  const statusListeners = new Set<(status: LiveStatus) => void>();
  const reconnectedListeners = new Set<() => void>();
  let status: LiveStatus = { state: 'idle' };
  let socket: LiveSocket | null = null;
  /** Which key opened the connection. */
  let keyUsed: string | undefined;
  let isDisposed = false;
  let pause: ReturnType<typeof setTimeout> | undefined;
  let attempts = 0;
  let attemptedAt = Number.NEGATIVE_INFINITY;
  let trial: ReturnType<typeof setTimeout> | undefined;

  function init(): { apiKey: string } | undefined {
    keyUsed = apiKey();
    return keyUsed === undefined ? undefined : { apiKey: keyUsed };
  }

  function opened(): void {
    settle();
    tryOut();
  }

  /** All is well again once nothing is in doubt. */
  function settle(): void {
    if (socket?.state !== 'open') return;
    for (const { isDoubted } of wanted) if (isDoubted) return;
    const wasDown = status.state === 'down';
    setStatus({ state: wanted.size > 0 ? 'connected' : 'idle' });
    if (wasDown) for (const listener of [...reconnectedListeners]) outside(listener);
  }

  /** What is subscribed to again may have nothing to tell: then silence will do. */
  function tryOut(): void {
    clearTimeout(trial);
    trial = setTimeout(() => {
      for (const subscription of wanted) if (subscription.stop) subscription.isDoubted = false;
      settle();
    }, timing.answerWithin);
  }

  function closed({ code, reason, at }: SocketEnd): void {
    clearTimeout(trial);
    const lost = [...wanted].filter(({ stop }) => stop !== null);
    for (const { stop } of lost) stop!();
    const error = finalErrorOf(code, reason);
    const mayTryOther = code === closeCodes.forbidden && apiKey() !== keyUsed;
    if (error && !mayTryOther) endAll((sink) => sink.fail([error]));
    else if (wanted.size === 0) setStatus({ state: 'idle' });
    // It was closed after the last subscription, and others have come since.
    else if (lost.length === 0 && !pause) startIn(0);
    else {
      setStatus({ state: 'down', since: at });
      retry(code === closeCodes.tooMany);
    }
  }

  function retry(isLater = false): void {
    if (pause) return;
    if (performance.now() - attemptedAt > calmMs) attempts = 0;
    startIn(retryDelayMs(isLater ? Number.POSITIVE_INFINITY : attempts));
    attempts += 1;
  }

  function startIn(ms: number): void {
    pause = setTimeout(() => {
      pause = undefined;
      attemptedAt = performance.now();
      for (const subscription of wanted) if (!subscription.stop) start(subscription);
      if (socket?.state === 'open') tryOut();
    }, ms);
  }

  function start(subscription: Subscription): void {
    const { payload, sink } = subscription;
    let isOver = false;
    const release = socket!.subscribe(payload, {
      next(result) {
        if (isOver) return;
        if (result.data == null && isUnavailable(result.errors)) return wait();
        subscription.isDoubted = false;
        settle();
        outside(() => sink.next(result));
      },
      error(errors) {
        if (isOver || !Array.isArray(errors)) return; // not of the subscription but of the connection
        if (isUnavailable(errors)) wait();
        else {
          remove(subscription);
          outside(() => sink.fail(errors));
        }
      },
      complete() {
        if (isOver) return;
        remove(subscription);
        outside(() => sink.complete());
      },
    });
    const stop = () => {
      isOver = true;
      subscription.stop = null;
      // Of what is released between two messages, graphql-ws counts the end twice: its `complete` may be
      // the second, and the socket would be closed under others.
      Promise.resolve().then(release);
    };
    const wait = () => {
      stop();
      subscription.isDoubted = true;
      setStatus({ state: 'down', since: new Date() });
      retry();
    };
    subscription.stop = stop;
  }

  function remove(subscription: Subscription): void {
    if (!wanted.delete(subscription)) return;
    subscription.stop?.();
    if (wanted.size === 0) rest();
    else settle();
  }

  /** Nobody waits any more. The socket closes by itself. */
  function rest(): void {
    clearTimeout(trial);
    clearTimeout(pause);
    pause = undefined;
    setStatus({ state: 'idle' });
  }

  function endAll(tell: (sink: LiveSink) => void): void {
    const ended = [...wanted];
    wanted.clear();
    for (const { stop } of ended) stop?.();
    rest();
    for (const { sink } of ended) outside(() => tell(sink));
  }

  /** What is down stays so since it went down. */
  function setStatus(next: LiveStatus): void {
    if (next.state === status.state) return;
    status = next;
    for (const listener of [...statusListeners]) outside(() => listener(next));
  }

  return {
    get status() {
      return status;
    },
    onStatus: (listener) => listen(statusListeners, listener),
    onReconnected: (listener) => listen(reconnectedListeners, listener),
    subscribe(payload, sink) {
      const webSocket = options.webSocket ?? (globalThis.WebSocket as WebSocketClass | undefined);
      if (isDisposed || !webSocket) {
        const message = isDisposed
          ? 'This client was disposed of.'
          : 'There is no WebSocket here. Give the client one, such as that of the package ws.';
        sink.fail([{ message }]);
        return () => {};
      }
      socket ??= createLiveSocket({ url, webSocket, timing, init, opened, closed });
      const subscription: Subscription = { payload, sink, stop: null, isDoubted: false };
      wanted.add(subscription);
      const { state } = socket;
      if (state === 'open' || (state !== 'closing' && !pause)) start(subscription);
      if (status.state === 'idle') {
        setStatus({ state: state === 'open' ? 'connected' : 'connecting' });
      }
      return () => remove(subscription);
    },
    dispose() {
      isDisposed = true;
      endAll((sink) => sink.complete());
      socket?.leave();
    },
  };
}

/** What a caller's function throws is the caller's: graphql-ws would close the socket for it. */
function outside(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

function listen<Listener>(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
