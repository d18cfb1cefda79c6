import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/**
 * Small messages between the processes of one database, by LISTEN and NOTIFY.
 *
 * A message sent inside a transaction reaches every process when that commits, and in the order of
 * commits. What a listener must know is whether it still hears: a connection can be cut without a
 * word. So it sends itself a beat several times a second. Once it hears a beat, it has heard all that
 * was committed before that beat was sent; `heardUpTo` is that moment. Whoever keeps what the database
 * said may use it for as long as that is recent, and must ask again when it is not.
 */
export interface Message {
  /** What kind of thing changed. */
  kind: string;
  /** Which one. */
  id: string;
}

export interface Listener {
  message?(message: Message): void;
  /** Messages may have been missed: whatever was kept is worth nothing. */
  reset?(): void;
}

export interface Events {
  /** On the clock of performance.now(); -Infinity while nothing is heard. */
  readonly heardUpTo: number;
  /** Since when no message was missed, on the same clock; Infinity while some may be. */
  readonly listeningSince: number;
  /** @returns a function that ends it */
  listen(listener: Listener): () => void;
  /** Resolves once it hears; goes on until `stop`, over broken connections. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const channel = 'latchkey';
const beatEveryMs = 250;
/** A connection that is silent for so long is given up. */
const silenceMaxMs = 3_000;
const reconnectMs = { least: 50, most: 1_000 };

/**
 * The statement that sends a message when its transaction commits. Payloads are ids: NOTIFY takes
 * less than 8000 bytes.
 */
export const notifySql = `SELECT pg_notify('${channel}', $1)`;

export function encodeMessage(message: Message): string {
  return JSON.stringify(message);
}

/** Returns null for what `encodeMessage` did not make. */
function decodeMessage(payload: string): Message | null {
  try {
    const message: Partial<Message> | null = JSON.parse(payload);
    const isOurs = typeof message?.kind === 'string' && typeof message.id === 'string';
    return isOurs ? (message as Message) : null;
  } catch {
    return null;
  }
}

export interface EventsOptions {
  /** Of the database itself: a pooler between would not hand messages on. */
  url: string;
  onError?: (error: Error) => void;
  /** It is connected, and hears nothing, not even itself: a pooler stands between. Told once. */
  onDeaf?: () => void;
}

export function createEvents({ url, onError, onDeaf }: EventsOptions): Events {
  const ownChannel = `latchkey_${randomBytes(8).toString('hex')}`;
  const listeners = new Set<Listener>();
  const beats = new Map<string, number>();
  let heardUpTo = Number.NEGATIVE_INFINITY;
  let listeningSince = Number.POSITIVE_INFINITY;
  /** Goes on over connections: what is left of one could pass for a beat of the next. */
  let beatsSent = 0;
  let isDeafTold = false;
  let stopped = false;
  let client: pg.Client | null = null;
  let starting: Promise<void> | null = null;
  let running: Promise<void> | null = null;

  /** One connection, from its first message to its end. */
  async function listenOnce(onConnected: () => void): Promise<void> {
    const connection = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: 5_000,
      application_name: 'latchkey events',
      keepAlive: true,
    });
    const ended = new Promise<void>((resolve) => {
      connection.once('end', resolve).on('error', () => resolve());
    });
    connection.on('notification', ({ channel: from, payload = '' }) => {
      if (from === ownChannel) hearBeat(payload);
      else hearMessage(payload);
    });
    client = connection;
    try {
      // pg never answers one who ends a connection that is still being made.
      await Promise.race([connection.connect(), ended]);
      if (stopped) return;
      const since = performance.now();
      await connection.query(`LISTEN ${channel}; LISTEN ${ownChannel}`);
      listeningSince = since;
      for (const listener of listeners) listener.reset?.();
      onConnected();
      await Promise.race([ended, beat(connection)]);
    } finally {
      client = null;
      beats.clear();
      heardUpTo = Number.NEGATIVE_INFINITY;
      listeningSince = Number.POSITIVE_INFINITY;
      // A connection that hangs does not say goodbye: give it up without waiting.
      void connection.end().catch(() => {});
    }
  }

  /** Anybody who may use the database may send anything here: what is not ours is nothing to us. */
  function hearMessage(payload: string): void {
    const message = decodeMessage(payload);
    if (message) for (const listener of listeners) listener.message?.(message);
  }

  function hearBeat(name: string): void {
    heardUpTo = Math.max(heardUpTo, beats.get(name) ?? heardUpTo);
    beats.delete(name);
  }

  /** Returns when the connection has fallen silent. */
  async function beat(connection: pg.Client): Promise<void> {
    let isAnswered = true;
    while (!stopped && client === connection) {
      const sentAt = performance.now();
      if (sentAt - Math.max(heardUpTo, listeningSince) > silenceMaxMs) {
        if (heardUpTo === Number.NEGATIVE_INFINITY && !isDeafTold) onDeaf?.();
        isDeafTold = true;
        return;
      }
      if (isAnswered) {
        isAnswered = false;
        const name = String(beatsSent++);
        beats.set(name, sentAt);
        const answered = () => {
          isAnswered = true;
        };
        // An error is said by the end of the connection.
        connection.query('SELECT pg_notify($1, $2)', [ownChannel, name]).then(answered, () => {});
      }
      await sleep(beatEveryMs, undefined, { ref: false });
    }
  }

  async function run(onFirst: () => void): Promise<void> {
    for (let delay = reconnectMs.least; !stopped; ) {
      try {
        await listenOnce(() => {
          delay = reconnectMs.least;
          onFirst();
        });
      } catch (error) {
        if (!stopped) onError?.(error as Error);
      }
      if (stopped) return;
      await sleep(delay * (0.5 + Math.random() / 2), undefined, { ref: false });
      delay = Math.min(2 * delay, reconnectMs.most);
    }
  }

  return {
    get heardUpTo() {
      return heardUpTo;
    },
    get listeningSince() {
      return listeningSince;
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start() {
      starting ??= new Promise((resolve) => {
        running = run(resolve);
      });
      return starting;
    },
    async stop() {
      stopped = true;
      await client?.end().catch(() => {});
      await running;
    },
  };
}
