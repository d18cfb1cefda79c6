import type { Server } from 'node:http';

/** How often connections that fell idle are looked for. */
const idleCheckMs = 25;

/**
 * Ends a server without breaking off a reply: accepts no connection, closes each as soon as nothing
 * is under way on it, and the rest once the time is over.
 *
 * Node closes idle connections only at the moment of `close()`. Those that a reply is still under way
 * on would then be kept alive for the next request, hence the looking again.
 */
export async function drainServer(server: Server, timeoutMs: number): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  const idleCheck = setInterval(() => server.closeIdleConnections(), idleCheckMs);
  const deadline = setTimeout(() => server.closeAllConnections(), timeoutMs);
  await closed;
  clearInterval(idleCheck);
  clearTimeout(deadline);
}
