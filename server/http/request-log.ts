import type { Logger } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { Exchange } from './replies.ts';

/**
 * Counts a request when it is over, and logs a line of it.
 *
 * The line is for `debug`: what fails for a reason of ours has one of its own at `warn` or `error`, under
 * the same request id, and how many requests there are and how long they take is in the figures. To
 * write a line for each costs as much as to answer the smallest of them.
 *
 * Nothing of a client's choosing is in it but the name of its operation: a path may hold a link token.
 */
export function followRequest(exchange: Exchange, metrics: Metrics, log: Logger): void {
  const { request, response, requestId } = exchange;
  const beganAt = performance.now();
  response.once('close', () => {
    const { call, route = 'none' } = exchange;
    const durationMs = performance.now() - beganAt;
    const status = response.headersSent ? response.statusCode : 0; // 0: broken off unanswered
    const outcome = call?.operation?.outcome ?? exchange.outcome;
    metrics.httpRequests.inc({ route, status });
    metrics.httpDuration.observe({ route }, durationMs / 1_000);
    if (status === 429 || outcome === 'RATE_LIMITED') {
      metrics.rateLimitRefusals.inc({ transport: 'http' });
    }
    if (!log.isLevelEnabled('debug')) return;
    (call?.log ?? log.child({ requestId })).debug(
      {
        method: request.method,
        route,
        status,
        durationMs: Math.round(durationMs * 10) / 10,
        operation: call?.operation?.name ?? undefined,
        operationType: call?.operation?.type,
        outcome,
      },
      response.writableFinished ? 'Request served' : 'Request broken off',
    );
  });
}
