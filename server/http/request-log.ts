import type { Logger } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import { countOutcome, type OperationCall } from './operation-figures.ts';
import type { Exchange } from './replies.ts';

/**
 * Counts a request when it is over, and logs a line of it.
 *
 * At `info` where anything but what was asked for came of it: whoever is told so is told a request id, and
 * that id finds the line. Of what succeeds the line is for `debug`: how many there are and how long they
 * take is in the figures, and to write a line for each costs as much as to answer the smallest of them.
 * What fails for a reason of ours has a line with its cause besides, at `warn` or `error`.
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
    const failed = status >= 400 || (outcome ?? 'OK') !== 'OK';
    const level = failed ? 'info' : 'debug';
    if (!log.isLevelEnabled(level)) return;
    (call?.log ?? log.child({ requestId }))[level](
      {
        method: request.method,
        route,
        status,
        durationMs: Math.round(durationMs * 10) / 10,
        operation: call?.operation?.name ?? undefined,
        operationType: call?.operation?.type,
        outcome,
      },
      !response.writableFinished
        ? 'Request broken off'
        : failed
          ? 'Request failed'
          : 'Request served',
    );
  });
}

/**
 * The same for an operation on a socket, which has a request id of its own.
 *
 * @param result as the client is told it
 */
export function followOperation(
  call: OperationCall,
  result: Parameters<typeof countOutcome>[1],
): void {
  countOutcome(call, result);
  const { name, type, outcome } = call.operation!;
  if (outcome === 'OK') return;
  call.log.info(
    { operation: name ?? undefined, operationType: type, outcome },
    'Operation on a WebSocket failed',
  );
}
