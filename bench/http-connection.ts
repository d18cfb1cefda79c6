/**
 * HTTP over plain sockets, with requests made up beforehand: who asks shares the processors with what
 * is measured. One request at a time on each connection.
 */
import { connect, type Socket } from 'node:net';

export interface GraphQLRequest {
  query: string;
  variables?: object;
  /** A secret key. */
  key?: string;
  /** Of a signed-in user. */
  cookie?: string;
}

/** @param more headers beside those that each request has */
export function bytesOf(
  { key, cookie, ...body }: GraphQLRequest,
  port: number,
  { accept = 'application/json', ...more }: Record<string, string> = {},
): Buffer {
  const json = JSON.stringify(body);
  const lines = [
    'POST /graphql HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    'Connection: keep-alive',
    `Accept: ${accept}`,
    'Content-Type: application/json',
    'User-Agent: latchkey-bench',
    `Content-Length: ${Buffer.byteLength(json)}`,
    ...(key ? [`X-API-Key: ${key}`] : []),
    ...(cookie ? [`Cookie: ${cookie}`] : []),
    ...Object.entries(more).map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${json}`);
}

export function openSocket(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });
}

export class HttpConnection {
  readonly #socket: Socket;
  #received: Buffer | null = null;
  #onReply: ((body: string) => void) | null = null;
  #onFailure: ((error: Error) => void) | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.once('close', () => this.#onFailure?.(new Error('The server closed a connection.')));
  }

  static async open(port: number): Promise<HttpConnection> {
    return new HttpConnection(await openSocket(port));
  }

  /** Called at once with the body of the reply, rather than in a later turn, for its latency. */
  ask(request: Buffer, onReply: (body: string) => void, onFailure: (error: Error) => void): void {
    this.#onReply = onReply;
    this.#onFailure = onFailure;
    this.#socket.write(request);
  }

  /** @throws {Error} a reply other than 200 */
  answerTo(request: Buffer): Promise<string> {
    return new Promise((resolve, reject) => this.ask(request, resolve, reject));
  }

  close(): void {
    this.#onFailure = null;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    try {
      this.#received = this.#received ? Buffer.concat([this.#received, chunk]) : chunk;
      const body = readReply(this.#received);
      if (body === null) return;
      this.#received = null;
      this.#onReply?.(body);
    } catch (error) {
      this.#onFailure?.(error as Error);
    }
  }
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

export async function within<Value>(ms: number, promise: Promise<Value>): Promise<Value> {
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
