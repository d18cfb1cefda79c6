/** WebSockets that speak almost as they should, frame by frame (RFC 6455, section 5.2). */
import { connect } from 'node:net';
import fc from 'fast-check';
import type { Known, Seed } from './fuzz-corpus.ts';
import { judge, judgeError } from './fuzz-replies.ts';
import { type Edit, editBytes, editJson, edits, editText, jsonEdits } from './fuzz-values.ts';

const rarely = <T>(usual: T, arbitrary: fc.Arbitrary<T>, usually = 8) =>
  fc.oneof({ weight: usually, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary });

export interface FrameOptions {
  seeds: readonly Seed[];
  known: Known;
  /** Payloads of `connection_init`. */
  inits: readonly object[];
}

/** What is written to a socket after its handshake, piece by piece. */
export function conversations({ seeds, known, inits }: FrameOptions): fc.Arbitrary<Buffer[]> {
  const id = fc.constantFrom('1', '1', '2', '3', '', '__proto__', 'x'.repeat(300), '"\n\u2028');
  const subscribe = fc
    .record({
      id,
      seed: fc.constantFrom(...seeds),
      document: rarely<Edit[]>([], edits(4), 2),
      variables: rarely([], jsonEdits(3, known), 2),
    })
    .map(({ id, seed, document, variables }) => ({
      id,
      type: 'subscribe',
      payload: {
        query: editText(seed.query, document),
        variables: editJson(seed.variables, variables),
      },
    }));
  const init = fc.constantFrom(...inits).map((payload) => ({ type: 'connection_init', payload }));
  const small = fc.oneof(
    id.map((of) => ({ id: of, type: 'complete' })),
    fc
      .constantFrom('ping', 'pong', 'connection_ack', 'next', 'error', 'start', '')
      .map((type) => ({ type, payload: {} })),
  );
  const message = fc.oneof(
    { weight: 5, arbitrary: subscribe },
    { weight: 2, arbitrary: small },
    { weight: 1, arbitrary: init },
  );
  const framed = (of: typeof message) =>
    fc
      .record({
        message: of,
        json: rarely([], jsonEdits(2, known), 5),
        text: rarely<Edit[]>([], edits(3)),
        opcode: rarely(1, fc.nat(15), 12),
        rsv: rarely(0, fc.nat(7), 25),
        isMasked: rarely(true, fc.constant(false), 25),
        length: rarely('true', fc.constantFrom('wide', 'huge', 'longer', 'shorter'), 15),
        parts: rarely(1, fc.integer({ min: 2, max: 5 })),
        padding: rarely(0, fc.constantFrom(70_000, 1_100_000), 30),
        bytes: rarely<Edit[]>([], edits(2), 15),
      })
      .map((made) => framesOf(made));
  return fc
    .tuple(
      rarely(true, fc.constant(false), 12),
      framed(init),
      fc.array(framed(message), { maxLength: 6, size: 'max' }),
    )
    .map(([begins, first, rest]) => (begins ? [first, ...rest] : rest));
}

interface Made {
  message: unknown;
  json: Parameters<typeof editJson>[1];
  text: Edit[];
  opcode: number;
  rsv: number;
  isMasked: boolean;
  length: string;
  parts: number;
  padding: number;
  bytes: Edit[];
}

function framesOf(made: Made): Buffer {
  const text = JSON.stringify(editJson(made.message, made.json)) ?? '';
  const payload = Buffer.from(editText(text, made.text) + ' '.repeat(made.padding));
  const size = Math.ceil(payload.length / made.parts);
  const frames: Buffer[] = [];
  for (let part = 0; part < made.parts; part += 1) {
    const isLast = part === made.parts - 1;
    const opcode = part === 0 ? made.opcode : 0;
    const first = (isLast ? 0x80 : 0) | (made.rsv << 4) | opcode;
    frames.push(frameOf(first, payload.subarray(part * size, (part + 1) * size), made));
    if (!isLast) frames.push(frameOf(0x89, Buffer.from('between'), made)); // a ping may come between
  }
  return editBytes(Buffer.concat(frames), made.bytes);
}

function frameOf(first: number, payload: Buffer, { isMasked, length }: Made): Buffer {
  const claims = { longer: 9, shorter: -2 }[length] ?? 0;
  const claimed = Math.max(0, payload.length + claims);
  const head = Buffer.alloc(
    length === 'wide' || length === 'huge' || claimed > 65_535 ? 10 : claimed > 125 ? 4 : 2,
  );
  head[0] = first;
  const mask = isMasked ? 0x80 : 0;
  if (head.length === 2) head[1] = mask | claimed;
  else if (head.length === 4) {
    head[1] = mask | 126;
    head.writeUInt16BE(claimed, 2);
  } else {
    head[1] = mask | 127;
    head.writeBigUInt64BE(length === 'huge' ? 2n ** 62n : BigInt(claimed), 2);
  }
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([head, Buffer.alloc(isMasked ? 4 : 0), payload]);
}

/** For the handshake, on a machine that has other things to do. */
const dueMs = 15_000;
/** After which nothing more is expected. */
const quietMs = 200;
/** Of a socket that subscribed to everything. */
const chunksMax = 200;

/**
 * Opens a socket and says all of it; hears until it is closed, or nothing more comes.
 *
 * @returns null where the connection was reset, and what was heard with it
 */
export function converse(port: number, pieces: readonly Buffer[]): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(
        'GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
          'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
          'Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n',
      );
      for (const each of pieces) socket.write(each);
    });
    let timer = setTimeout(() => socket.destroy(), dueMs);
    // What a server has said to one who goes on talking is lost where it closes.
    let isReset = false;
    socket.on('error', () => {
      isReset = true;
    });
    socket.on('data', (data) => {
      chunks.push(data);
      clearTimeout(timer);
      if (chunks.length < chunksMax) timer = setTimeout(() => socket.destroy(), quietMs);
      else socket.destroy();
    });
    socket.once('end', () => socket.destroy());
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(isReset && chunks.length === 0 ? null : Buffer.concat(chunks));
    });
  });
}

/** Codes by which a server says that something went wrong with itself. */
const ownFaults = new Set([1011, 1012, 4500]);

/** @returns what is wrong with what was heard; null: nothing */
export function judgeFrames(heard: Buffer | null): string | null {
  if (heard === null) return null;
  const end = heard.indexOf('\r\n\r\n');
  if (end === -1) return 'no handshake';
  if (!heard.toString('latin1').startsWith('HTTP/1.1 101 ')) {
    return judge(heard, { isWhole: false, isHead: false });
  }
  for (let at = end + 4; at + 2 <= heard.length; ) {
    const short = heard[at + 1]!;
    if (heard[at]! < 0x80 || short > 127) return 'a frame in parts, or with a mask';
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (at + head > heard.length) return null; // the rest was on its way
    const length =
      short < 126
        ? short
        : short === 126
          ? heard.readUInt16BE(at + 2)
          : Number(heard.readBigUInt64BE(at + 2));
    if (at + head + length > heard.length) return null;
    const payload = heard.subarray(at + head, at + head + length);
    const problem = judgeFrame(heard[at]! & 0x7f, payload);
    if (problem) return `${problem}: ${payload.toString('utf8').slice(0, 1_000)}`;
    at += head + length;
  }
  return null;
}

function judgeFrame(opcode: number, payload: Buffer): string | null {
  if (opcode === 8) {
    const code = payload.length > 1 ? payload.readUInt16BE(0) : 1005;
    return ownFaults.has(code) ? `closed with ${code}` : null;
  }
  if (opcode === 9 || opcode === 10) return null;
  if (opcode !== 1) return `the opcode ${opcode}`;
  const { type, payload: told } = JSON.parse(payload.toString('utf8'));
  if (!['connection_ack', 'next', 'error', 'complete', 'ping', 'pong'].includes(type))
    return 'no such message';
  for (const error of (type === 'error' ? told : told?.errors) ?? []) {
    const problem = judgeError(error, null);
    if (problem) return problem;
  }
  return null;
}
