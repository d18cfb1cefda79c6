/**
 * A process that holds the subscribers of one server, and notes when each was told what.
 *
 * Over plain sockets and with frames made up beforehand, because it shares the processors with what it
 * measures: of a message it looks for one number.
 */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { sharedClock } from './clock.ts';
import { answerTasks } from './processes.ts';

export type LiveTask =
  /** Opens connections until they are acknowledged. Answers how many a second. */
  | { do: 'connect'; port: number; count: number; payload: object }
  /** Where subscriptions open with a message, those are waited for, as many at a time as when connecting. */
  | { do: 'subscribe'; query: string; opensWithMessage: boolean }
  /** Waits until all were told of so many started sessions. Answers when each was, by `sharedClock`. */
  | { do: 'await'; started: number }
  | { do: 'leave' };

export type LiveAnswer = number[];

/** How many connections or subscriptions are being opened at once. */
const openingMax = 64;
const timeoutMs = 60_000;
/** Masks are there to protect proxies: this one leaves everything as it is. */
const mask = Buffer.alloc(4);
const opcodes = { text: 0x1, close: 0x8, ping: 0x9, pong: 0xa };
/** Follows the `lifetime` of the counts, which is asked for last. */
const marker = Buffer.from('"started":');

let subscribers: Subscriber[] = [];
/** Of all sockets: each looks at what it got before the next is read. */
const received = Buffer.allocUnsafe(65_536);

class Subscriber {
  /** Sessions that had started when it was told last, and when that was. */
  started = Number.NEGATIVE_INFINITY;
  toldAt = 0;
  /** Called with the next message that tells counts. */
  told: (() => void) | null = null;
  readonly #socket: Socket;
  /** The beginning of a frame whose end is not here yet. */
  #rest: Buffer | null = null;
  #isUpgraded = false;
  #isLeaving = false;
  readonly #payload: object;
  readonly #acknowledged: () => void;

  /** @param payload of its `connection_init` */
  constructor(port: number, payload: object, settle: { done(): void; fail(error: Error): void }) {
    this.#payload = payload;
    this.#acknowledged = settle.done;
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: received,
        callback: (length) => {
          this.#read(received.subarray(0, length));
          return true;
        },
      },
    });
    this.#socket.on('error', settle.fail);
    this.#socket.once('close', () => {
      if (this.#isLeaving) return;
      settle.fail(new Error('The server broke off a connection.'));
      failure ??= new Error('The server broke off a connection.');
    });
    this.#socket.write(
      [
        'GET /graphql HTTP/1.1',
        `Host: 127.0.0.1:${port}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'User-Agent: latchkey-bench',
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
        'Sec-WebSocket-Protocol: graphql-transport-ws',
        '\r\n',
      ].join('\r\n'),
    );
  }

  send(message: object): void {
    this.#socket.write(frame(opcodes.text, Buffer.from(JSON.stringify(message))));
  }

  leave(): void {
    this.#isLeaving = true;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    let bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    if (!this.#isUpgraded) {
      const end = bytes.indexOf('\r\n\r\n');
      if (end !== -1) bytes = this.#upgrade(bytes, end);
    }
    while (this.#isUpgraded && bytes.length > 0) {
      const start = bytes[1] === 126 ? 4 : 2;
      if (bytes.length < start) break;
      const end = start + (start === 4 ? bytes.readUInt16BE(2) : bytes[1]!);
      if (bytes.length < end) break;
      this.#take(bytes[0]! & 0xf, bytes.subarray(start, end));
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes.length > 0 ? Buffer.from(bytes) : null; // the buffer is used again
  }

  /** @returns what follows the head */
  #upgrade(bytes: Buffer, end: number): Buffer {
    const head = bytes.toString('latin1', 0, end);
    if (!head.startsWith('HTTP/1.1 101 ')) fail(`A reply of another kind:\n${head}`);
    this.#isUpgraded = true;
    this.send({ type: 'connection_init', payload: this.#payload });
    return bytes.subarray(end + 4);
  }

  #take(opcode: number, message: Buffer): void {
    if (opcode === opcodes.ping) this.#socket.write(frame(opcodes.pong, message));
    if (opcode === opcodes.close) fail(`The server closed a socket: ${message.subarray(2)}`);
    if (opcode !== opcodes.text) return;
    const at = message.lastIndexOf(marker);
    if (at !== -1) {
      const before = this.started;
      this.toldAt = sharedClock();
      this.started = Number.parseInt(message.toString('latin1', at + marker.length), 10);
      if (before < awaited.started && this.started >= awaited.started) countTold();
      this.told?.();
      this.told = null;
    } else if (message.includes('"connection_ack"')) this.#acknowledged();
    else if (!message.includes('"ping"')) fail(`A message of another kind: ${message}`);
  }
}

let failure: Error | null = null;
/** What is waited for, of how many, and whom to tell. */
let awaited = { started: Number.POSITIVE_INFINITY, missing: 0, done() {} };

function fail(message: string): void {
  failure ??= new Error(message);
}

function countTold(): void {
  awaited.missing -= 1;
  if (awaited.missing === 0) awaited.done();
}

function frame(opcode: number, payload: Buffer): Buffer {
  const isShort = payload.length < 126;
  const head = Buffer.alloc(isShort ? 2 : 4);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | (isShort ? payload.length : 126);
  if (!isShort) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, mask, payload]);
}

answerTasks(async (task: LiveTask): Promise<LiveAnswer> => {
  switch (task.do) {
    case 'connect':
      return [await open(task)];
    case 'subscribe':
      await subscribe(task);
      return [];
    case 'await':
      return awaitAll(task.started);
    case 'leave':
      for (const each of subscribers) each.leave();
      subscribers = [];
      return [];
  }
});

async function open({ port, count, payload }: LiveTask & { do: 'connect' }): Promise<number> {
  const startedAt = performance.now();
  await inTime(
    someAtOnce(count, () => {
      return new Promise<void>((done, fail) => {
        subscribers.push(new Subscriber(port, payload, { done, fail }));
      });
    }),
  );
  return (count / (performance.now() - startedAt)) * 1000;
}

async function subscribe(task: LiveTask & { do: 'subscribe' }): Promise<void> {
  const { query, opensWithMessage } = task;
  await inTime(
    someAtOnce(subscribers.length, async (n) => {
      const subscriber = subscribers[n]!;
      subscriber.send({ id: '1', type: 'subscribe', payload: { query } });
      if (!opensWithMessage) return;
      await new Promise<void>((resolve) => {
        subscriber.told = resolve;
      });
    }),
  );
}

async function someAtOnce(count: number, run: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const goOn = async () => {
    while (next < count) await run(next++);
  };
  await Promise.all(Array.from({ length: openingMax }, goOn));
}

async function awaitAll(started: number): Promise<number[]> {
  const missing = subscribers.filter((each) => each.started < started).length;
  if (missing > 0) {
    await inTime(
      new Promise<void>((done) => {
        awaited = { started, missing, done };
      }),
    );
  }
  return subscribers.map(({ toldAt }) => Math.round(toldAt * 1e3) / 1e3);
}

/** @throws {Error} it takes too long, or something went wrong meanwhile */
async function inTime(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(failure ?? new Error('Subscribers were not told in time.')),
      timeoutMs,
    );
  });
  try {
    await Promise.race([work, late]);
    if (failure) throw failure;
  } finally {
    clearTimeout(timer);
  }
}
