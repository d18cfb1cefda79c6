/**
 * A process that asks an HTTP server as fast as it answers, one request at a time on each of its
 * connections, and looks into every reply: the first that is not what was expected ends it.
 *
 * Over plain sockets and with requests made up beforehand, because it shares the processors with
 * what it measures. (CPU per request: see the table's last column.)
 */
import { connect, type Socket } from 'node:net';
import { type Measured, Tally } from './measured.ts';
import { answerTasks } from './processes.ts';

export interface HttpLoad {
  port: number;
  /** What each request is picked from, at random. */
  requests: readonly GraphQLRequest[];
  /** The one root field, and the name that it or its `__typename` must have. */
  field: string;
  expected: string;
  connections: number;
  seconds: number;
}

export interface GraphQLRequest {
  query: string;
  variables?: object;
  /** A secret key. */
  key?: string;
}

/** A reply later than this is a failure. */
const replyTimeoutMs = 10_000;

answerTasks(async (load: HttpLoad): Promise<Measured> => {
  const requests = load.requests.map((request) => bytesOf(request, load.port));
  const sockets: Socket[] = [];
  try {
    for (let n = 0; n < load.connections; n += 1) sockets.push(await open(load.port));
    const tally = new Tally(load.seconds);
    const drives = sockets.map((socket) => drive(socket, requests, load, tally));
    await within(load.seconds * 1000 + replyTimeoutMs, Promise.all(drives));
    return tally.result();
  } finally {
    for (const socket of sockets) socket.destroy();
  }
});

function bytesOf({ key, ...body }: GraphQLRequest, port: number): Buffer {
  const json = JSON.stringify(body);
  const lines = [
    'POST /graphql HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    'Connection: keep-alive',
    'Accept: application/json',
    'Content-Type: application/json',
    'User-Agent: latchkey-bench',
    `Content-Length: ${Buffer.byteLength(json)}`,
    ...(key ? [`X-API-Key: ${key}`] : []),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${json}`);
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Resolves when time is up and the last reply is there. */
function drive(
  socket: Socket,
  requests: readonly Buffer[],
  { field, expected }: HttpLoad,
  tally: Tally,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let sentAt = 0;
    let received: Buffer | null = null;
    function send(): void {
      sentAt = performance.now();
      socket.write(requests[Math.floor(Math.random() * requests.length)]!);
    }
    socket.on('data', (chunk: Buffer) => {
      try {
        received = received ? Buffer.concat([received, chunk]) : chunk;
        const body = readReply(received);
        if (body === null) return;
        received = null;
        checkReply(body, field, expected);
      } catch (error) {
        return reject(error);
      }
      if (tally.add(sentAt)) send();
      else resolve();
    });
    socket.once('close', () => reject(new Error('The server closed a connection.')));
    send();
  });
}

/** The body, or null where it is not yet whole. @throws {Error} a status other than 200 */
function readReply(bytes: Buffer): string | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const head = bytes.toString('latin1', 0, end);
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  if (!head.startsWith('HTTP/1.1 200 ') || length === undefined) {
    throw new Error(`A reply of another kind:\n${bytes}`);
  }
  const bodyAt = end + 4;
  const missing = bodyAt + Number(length) - bytes.length;
  if (missing < 0) throw new Error(`More than one reply to one request:\n${bytes}`);
  return missing > 0 ? null : bytes.toString('utf8', bodyAt);
}

function checkReply(body: string, field: string, expected: string): void {
  const { data, errors } = JSON.parse(body);
  const value = data?.[field];
  if (errors || (value?.__typename ?? value) !== expected) {
    throw new Error(`A reply without ${expected}:\n${body}`);
  }
}

async function within<Value>(ms: number, promise: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('A reply did not come in time.')), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
