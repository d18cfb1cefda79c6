import * as http from 'node:http';
import * as https from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { describeFault, OutboundFault } from './outbound-faults.ts';

export interface OutboundRequest {
  url: URL;
  headers: Record<string, string>;
  body: string;
  /** Which of the kept connections may be taken; those that may be private are kept apart. */
  allowPrivate: boolean;
  lookup: LookupFunction;
  bodyBytesMax: number;
  /** Ends the request, and its connection with it. */
  signal: AbortSignal;
}

export interface OutboundResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** How far a request came; written while it runs. */
export interface Progress {
  stage: 'resolving' | 'connecting' | 'waiting' | 'reading';
  /** The one dialled last. */
  address: string | null;
}

const responseHeaderBytesMax = 16 * 1024;

/**
 * Connections are kept for the next request to the same host and port: each was checked when it was
 * dialled. Node's own servers close an idle connection after 5 s, so ours let go of it first.
 */
function createAgents(keepAlive: boolean) {
  const options = {
    keepAlive,
    timeout: 2_000,
    maxFreeSockets: 16,
    autoSelectFamily: true,
    // Before the next address of a name is tried.
    autoSelectFamilyAttemptTimeout: 1_000,
  };
  return { 'http:': new http.Agent(options), 'https:': new https.Agent(options) };
}
type Agents = ReturnType<typeof createAgents>;

const keptPublic = createAgents(true);
const keptAny = createAgents(true);
const fresh = createAgents(false);

/**
 * Sends a request and reads its response.
 *
 * A receiver that closes a kept connection just when we write to it has done nothing wrong, and its
 * request is sent again on a new one. It may hear that request twice, as it may any webhook.
 *
 * @throws {OutboundFault} and nothing else, unless the request itself is malformed
 */
export async function send(
  request: OutboundRequest,
  progress: Progress,
): Promise<OutboundResponse> {
  try {
    return await exchange(request, progress, request.allowPrivate ? keptAny : keptPublic);
  } catch (error) {
    if (!(error instanceof StaleConnection) || request.signal.aborted) throw error;
    return await exchange(request, progress, fresh);
  }
}

/** A kept connection that broke before anything of a response came. */
class StaleConnection extends OutboundFault {}

function exchange(
  { url, headers, body, lookup, bodyBytesMax, signal }: OutboundRequest,
  progress: Progress,
  agents: Agents,
): Promise<OutboundResponse> {
  return new Promise<OutboundResponse>((resolve, reject) => {
    const isSecure = url.protocol === 'https:';
    const request = (isSecure ? https : http).request(url, {
      method: 'POST',
      headers: {
        ...headers,
        'user-agent': 'Latchkey-Webhooks/1',
        'accept-encoding': 'identity',
        'content-length': String(Buffer.byteLength(body)),
      },
      agent: agents[isSecure ? 'https:' : 'http:'],
      lookup,
      maxHeaderSize: responseHeaderBytesMax,
      // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
      rejectUnauthorized: true,
    });
    const fail = (error: unknown) => {
      const isUntrusted =
        request.socket instanceof TLSSocket && Boolean(request.socket.authorizationError);
      const { code, message } = describeFault(error, isUntrusted);
      const isStale = request.reusedSocket && code === 'CONNECTION' && progress.stage === 'waiting';
      reject(new (isStale ? StaleConnection : OutboundFault)(code, message, { cause: error }));
    };
    request.once('socket', (socket) => follow(socket, progress));
    request.on('error', fail);
    request.once('response', (response) => {
      progress.stage = 'reading';
      read(response, bodyBytesMax).then(resolve, fail);
    });
    // Such as when a receiver switches to another protocol, which Node answers by hanging up.
    request.once('close', () => {
      if (progress.stage !== 'reading')
        reject(new OutboundFault('PROTOCOL', 'The receiver sent no response that HTTP knows.'));
    });
    signal.addEventListener('abort', () => request.destroy(signal.reason), { once: true });
    request.end(body);
  });
}

function follow(socket: Socket, progress: Progress): void {
  const isSecure = socket instanceof TLSSocket;
  if (!socket.connecting) {
    progress.stage = 'waiting';
    progress.address = socket.remoteAddress ?? null;
    return;
  }
  socket.on('connectionAttempt', (address: string) => {
    progress.stage = 'connecting';
    progress.address = address;
  });
  socket.once(isSecure ? 'secureConnect' : 'connect', () => {
    progress.stage = 'waiting';
    progress.address = socket.remoteAddress ?? progress.address;
  });
}

async function read(
  response: http.IncomingMessage,
  bodyBytesMax: number,
): Promise<OutboundResponse> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    // Leaving the loop destroys the response and its connection.
    if (bytes >= bodyBytesMax) break;
  }
  const headers = Object.entries(response.headersDistinct).map(([name, values = []]) => [
    name,
    values.join(', '),
  ]);
  return {
    status: response.statusCode ?? 0,
    headers: Object.fromEntries(headers),
    body: textOf(Buffer.concat(chunks), bodyBytesMax),
  };
}

/** As UTF-8 of at most so many bytes, without what a database cannot store. */
function textOf(bytes: Buffer, bytesMax: number): string {
  // What is cut within a character is left out, and not replaced.
  const decode = (some: Buffer) =>
    new TextDecoder().decode(some.subarray(0, bytesMax), { stream: some.length >= bytesMax });
  const text = decode(bytes).replaceAll('\0', '');
  // The mark that stands for a wrong byte takes three.
  return Buffer.byteLength(text) > bytesMax ? decode(Buffer.from(text)) : text;
}

/** Before anything is dialled. */
export function progressOf(host: string): Progress {
  return isIP(host)
    ? { stage: 'connecting', address: host }
    : { stage: 'resolving', address: null };
}
