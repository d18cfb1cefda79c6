import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

/** The client closed the connection, or takes nothing any more. Nobody is left to answer. */
export class ClientGoneError extends Error {}

/** For how long a client may take nothing of what is there for it. */
const stallMs = 60_000;

/**
 * Sends a part of a reply, and resolves when the client is ready for more.
 *
 * @throws {ClientGoneError}
 */
export async function sendPart(response: ServerResponse, part: string): Promise<void> {
  if (response.destroyed) throw new ClientGoneError();
  if (part === '' || response.write(part)) return;
  const gone = new AbortController();
  const leave = () => gone.abort();
  response.once('close', leave);
  const stalled = setTimeout(leave, stallMs);
  try {
    await once(response, 'drain', { signal: gone.signal });
  } catch {
    throw new ClientGoneError();
  } finally {
    clearTimeout(stalled);
    response.off('close', leave);
  }
}
