/** Replies on a socket for which Node has made no response, or has let go of it. */
import { randomUUID } from 'node:crypto';
import { type OutgoingHttpHeaders, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from '../platform/log.ts';
import { headersOf } from './replies.ts';

/** Answers like everything else here does, with a line in the log, and closes. */
export function replyOnSocket(
  socket: Duplex,
  status: number,
  message: string,
  { requestId, log }: { requestId: string; log: Logger },
  own: OutgoingHttpHeaders = {},
): void {
  log.info({ requestId, status }, 'Connection refused');
  const body = JSON.stringify({ message, requestId });
  const headers = headersOf({ requestId }, own, {
    connection: 'close',
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(body),
  });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  // Its errors are nobody's, and it would stay for as long as its peer likes.
  socket.on('error', () => {}).once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
}

const problems: Record<string, readonly [status: number, message: string]> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers are too long.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'The chunk extensions are too long.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request took too long to come.'],
};
const noHttp = [400, 'This is no HTTP request.'] as const;

/** For what Node's parser gives up; its own reply has no request id. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex, log: Logger): void {
  // As Node does: in the middle of a reply nobody would understand another.
  const { _httpMessage: under } = socket as { _httpMessage?: ServerResponse };
  if (!socket.writable || error.code === 'ECONNRESET' || under?.headersSent) {
    socket.destroy();
    return;
  }
  const [status, message] = problems[error.code ?? ''] ?? noHttp;
  replyOnSocket(socket, status, message, { requestId: randomUUID(), log });
}
