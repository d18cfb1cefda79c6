import { RateLimitedError } from '../errors.ts';

/** Who is told of something live. */
export interface LiveListener<Event> {
  /**
   * The present state first, then what changes. A promise asks a source that reads on, page by page, to
   * wait until there is room again; what happens by itself is told all the same.
   */
  next(event: Event): void | Promise<void>;
  /** Nothing more comes: it is final, or the error says why. */
  end(error?: unknown): void;
}

/**
 * Something that can be watched. It is what a subscription's resolver returns: GraphQL asks for an
 * AsyncIterable, while those who deliver to many listen, so that one change costs each of them a call.
 */
export class LiveSource<Event> implements AsyncIterable<Event> {
  /** Listeners of sources with the same key are told the same events; null: this one has its own. */
  readonly key: string | null;
  /** @returns a function that ends it, after which nothing is told */
  readonly listen: (listener: LiveListener<Event>) => () => void;

  constructor(key: string | null, listen: LiveSource<Event>['listen']) {
    this.key = key;
    this.listen = listen;
  }

  [Symbol.asyncIterator](): AsyncGenerator<Event, void> {
    return iterate(this.listen);
  }
}

/** Whoever reads more slowly than things happen gets the end instead, before the queue fills the memory. */
class SlowReaderError extends RateLimitedError {
  constructor() {
    super('This subscription was read more slowly than things happened.', 1);
  }
}

/** Events that wait for a reader, at most. */
const queueMax = 1_000;
/** Above this a source that reads on is asked to wait. */
const queueEnough = 50;

/**
 * The same as an async generator, for those who pull.
 *
 * It is no `async function*`: returning from one waits until a pending `next` is answered, which may
 * be never, and the listener would stay.
 *
 * @param onOverflow called when its reader is too slow, and gets the end
 */
export function iterate<Event>(
  listen: LiveSource<Event>['listen'],
  onOverflow: () => void = () => {},
): AsyncGenerator<Event, void> {
  let queue: Event[] = [];
  let ended: { error?: unknown } | null = null;
  const waiting: {
    resolve(result: IteratorResult<Event, void>): void;
    reject(error: unknown): void;
  }[] = [];
  /** For those who wait until there is room again. */
  let draining: Promise<void> | null = null;
  let drained: (() => void) | null = null;
  let close: (() => void) | null = null;

  function settle(): void {
    while (waiting.length > 0 && (queue.length > 0 || ended)) {
      const { resolve, reject } = waiting.shift()!;
      if (queue.length > 0) resolve({ done: false, value: queue.shift()! });
      else if (ended && 'error' in ended) {
        reject(ended.error);
        ended = {};
      } else resolve({ done: true, value: undefined });
    }
    if (queue.length < queueEnough) drained?.();
  }
  function finish(how: { error?: unknown }): void {
    if (ended) return;
    ended = how;
    close?.();
    settle();
  }
  const listener: LiveListener<Event> = {
    next(event) {
      if (ended) return;
      queue.push(event);
      if (queue.length > queueMax) {
        queue = [];
        finish({ error: new SlowReaderError() });
        onOverflow();
        return;
      }
      settle();
      if (queue.length < queueEnough) return;
      draining ??= new Promise((resolve) => {
        drained = () => {
          draining = drained = null;
          resolve();
        };
      });
      return draining;
    },
    end: (error) => finish(error === undefined ? {} : { error }),
  };
  return {
    next() {
      close ??= listen(listener);
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        settle();
      });
    },
    async return() {
      queue = [];
      finish({});
      drained?.();
      return { done: true, value: undefined };
    },
    async throw(error) {
      queue = [];
      finish({});
      drained?.();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
