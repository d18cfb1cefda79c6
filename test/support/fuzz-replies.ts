/** Sends bytes, and says of what comes back what is wrong with it. */
import { connect } from 'node:net';
import { errorCodes } from '../../server/domain/errors.ts';
import type { Shot } from './fuzz-requests.ts';

/** After which nothing more is expected of what is no whole request. */
const patienceMs = 300;
/** For a reply that is due, on a machine that has other things to do. */
const dueMs = 15_000;

/** Everything that came until the reply was whole, the server closed, or nothing more came. */
export function fire(port: number, { pieces, isWhole, isHead }: Shot): Promise<Buffer> {
  return new Promise((resolve) => {
    let heard = Buffer.alloc(0);
    const socket = connect(port, '127.0.0.1', () => {
      const [first, second] = pieces;
      socket.write(first!);
      setImmediate(() => !socket.destroyed && socket.write(second!));
    });
    const timer = setTimeout(() => socket.destroy(), isWhole ? dueMs : patienceMs);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      heard = Buffer.concat([heard, data]);
      if (isComplete(heard, isHead)) socket.destroy();
      else if (isStream(heard)) setTimeout(() => socket.destroy(), patienceMs);
    });
    socket.once('end', () => socket.destroy());
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(heard);
    });
  });
}

/** Whether it goes on for as long as something happens. */
const isStream = (heard: Buffer) =>
  /^content-type: text\/event-stream/im.test(heard.toString('latin1'));

interface RawReply {
  status: number;
  headers: Map<string, string>;
  body: string;
  /** Whether all of the body came. */
  isWhole: boolean;
}

function isComplete(heard: Buffer, isHead: boolean): boolean {
  return readReply(heard, isHead)?.isWhole ?? false;
}

/** @returns null where there is no head. @throws {Error} it is no HTTP */
export function readReply(heard: Buffer, isHead: boolean): RawReply | null {
  const text = heard.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const [statusLine, ...lines] = text.slice(0, end).split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) [\w -]+$/.exec(statusLine!)?.[1]);
  if (!status) throw new Error(`no status line: ${statusLine}`);
  if (status === 100) return readReply(heard.subarray(end + 4), isHead);
  const headers = new Map(
    lines.map((line) => {
      const [, name, value] = /^([\w-]+): (.*)$/.exec(line) ?? [];
      if (!name) throw new Error(`no header: ${line}`);
      return [name.toLowerCase(), value!] as const;
    }),
  );
  const rest = text.slice(end + 4);
  const own = { status, headers };
  const decode = (body: string) => Buffer.from(body, 'latin1').toString('utf8');
  if (isHead || status === 204 || status === 304) return { ...own, body: '', isWhole: true };
  const length = headers.get('content-length');
  if (length !== undefined) {
    return {
      ...own,
      body: decode(rest.slice(0, Number(length))),
      isWhole: rest.length >= Number(length),
    };
  }
  if (headers.get('transfer-encoding') !== 'chunked') {
    return { ...own, body: decode(rest), isWhole: false };
  }
  let body = '';
  for (let at = 0; ; ) {
    const [line, size] = /^([0-9a-f]+)\r\n/.exec(rest.slice(at, at + 20)) ?? [];
    if (!line) return { ...own, body: decode(body), isWhole: false };
    const bytes = Number.parseInt(size!, 16);
    if (bytes === 0) return { ...own, body: decode(body), isWhole: true };
    body += rest.slice(at + line.length, at + line.length + bytes);
    at += line.length + bytes + 2;
  }
}

/** What may be answered to nonsense while the database is well. */
const statuses = new Set([
  ...[200, 204, 304, 400, 401, 403, 404, 405, 406, 408, 413, 415, 417, 426, 429, 431],
]);
/** Of what is ours, and of nobody who asks: a stack, a path, Prisma's words. */
const innards =
  /\n\s+at .+[:)]\d*|node_modules|\/server\/|\bprisma\b|invocation:|SQLSTATE|\bpg_|ECONN/i;

/** @returns what is wrong with the reply; null: nothing */
export function judge(
  heard: Buffer,
  { isWhole, isHead }: Pick<Shot, 'isWhole' | 'isHead'>,
): string | null {
  let reply: RawReply | null;
  try {
    reply = readReply(heard, isHead);
  } catch (error) {
    return (error as Error).message;
  }
  if (reply === null) return isWhole ? 'no reply' : null;
  const { status, headers, body } = reply;
  const requestId = headers.get('x-request-id');
  if (!statuses.has(status)) return `the status ${status}`;
  if (isStream(heard)) return requestId ? judgeEvents(body, requestId) : 'no request id';
  if (isWhole && !reply.isWhole) return 'half a reply';
  if (!requestId) return 'no request id';
  if (!reply.isWhole) return null;
  const type = headers.get('content-type') ?? '';
  if (/json\b/.test(type) && body !== '') return judgeJson(body, requestId, status);
  return null;
}

function judgeEvents(body: string, requestId: string): string | null {
  const events = [...body.matchAll(/^data: ?(\{.*\})\n\n/gm)];
  return events.map(([, json]) => judgeJson(json!, requestId, 200)).find((each) => each) ?? null;
}

function judgeJson(body: string, requestId: string, status: number): string | null {
  // biome-ignore lint/suspicious/noExplicitAny: replies of every shape
  let json: any;
  try {
    json = JSON.parse(body);
  } catch {
    return 'no JSON';
  }
  if (json.errors === undefined) return status >= 400 ? judgeProblem(json, requestId) : null;
  for (const error of json.errors) {
    const problem = judgeError(error, requestId);
    if (problem) return problem;
  }
  return json.errors.length > 0 ? null : 'no error among errors';
}

function judgeProblem(json: { message?: unknown; requestId?: unknown }, requestId: string) {
  if (typeof json.message !== 'string') return 'no message';
  if (innards.test(json.message)) return `innards: ${json.message}`;
  return json.requestId === requestId ? null : 'another request id in the body';
}

/** @param requestId null: any */
export function judgeError(
  { message, extensions }: { message: unknown; extensions?: Record<string, unknown> },
  requestId: string | null,
): string | null {
  const code = String(extensions?.code);
  if (!(code in errorCodes) || code === 'INTERNAL' || code === 'UNAVAILABLE')
    return `the code ${code}`;
  if (typeof message !== 'string' || message === '') return 'no message';
  if (/Unexpected error/.test(message) || innards.test(message)) return `innards: ${message}`;
  if (requestId !== null && extensions?.requestId !== requestId)
    return 'another request id in the body';
  return typeof extensions?.requestId === 'string' ? null : 'no request id in the body';
}
