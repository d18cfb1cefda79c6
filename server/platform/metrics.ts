import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/**
 * What a process counts of its own work, for Prometheus. Always counted, as that costs less than
 * asking whether to; shown only where the settings say so.
 *
 * Labels are words of ours, of which there are few: never a name, an id or an address that a client
 * chose, each of which would be a time series for ever.
 */
export interface Metrics {
  readonly registry: Registry;
  readonly httpRequests: Counter<'route' | 'status'>;
  readonly httpDuration: Histogram<'route'>;
  readonly operations: Counter<'type' | 'outcome'>;
  readonly sessions: Counter<'became'>;
  readonly keyChecks: Counter<'source'>;
  readonly keyRefusals: Counter<'reason'>;
  readonly rateLimitRefusals: Counter<'transport'>;
  readonly webhookAttempts: Counter<'outcome'>;
  /** Event streams that are open; sockets know their own number. */
  readonly eventStreams: Gauge;
}

/** In seconds. A query takes a millisecond; a sign-in, which hashes a password, a tenth of a second. */
const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    httpRequests: new Counter({
      name: 'latchkey_http_requests_total',
      help: 'HTTP requests that are over, by what they asked for and how they were answered.',
      labelNames: ['route', 'status'],
      registers,
    }),
    httpDuration: new Histogram({
      name: 'latchkey_http_request_duration_seconds',
      help: 'From the head of a request to the end of its reply.',
      labelNames: ['route'],
      buckets: durationBuckets,
      registers,
    }),
    operations: new Counter({
      name: 'latchkey_graphql_operations_total',
      help: 'GraphQL operations by their type and the code of their first error, or OK. The type is unknown of what was refused before it was read.',
      labelNames: ['type', 'outcome'],
      registers,
    }),
    sessions: new Counter({
      name: 'latchkey_sessions_total',
      help: 'Sessions that this process started, confirmed, exchanged, cancelled or expired.',
      labelNames: ['became'],
      registers,
    }),
    keyChecks: new Counter({
      name: 'latchkey_api_key_checks_total',
      help: 'Checks of API keys by where the answer came from: memory, or the database.',
      labelNames: ['source'],
      registers,
    }),
    keyRefusals: new Counter({
      name: 'latchkey_api_key_refusals_total',
      help: 'API keys that were refused, by the reason.',
      labelNames: ['reason'],
      registers,
    }),
    rateLimitRefusals: new Counter({
      name: 'latchkey_rate_limit_refusals_total',
      help: 'Requests, operations and sockets that were refused because there were too many.',
      labelNames: ['transport'],
      registers,
    }),
    webhookAttempts: new Counter({
      name: 'latchkey_webhook_attempts_total',
      help: 'Attempts to deliver a webhook: delivered, refused by the receiver, unreachable, or unsigned.',
      labelNames: ['outcome'],
      registers,
    }),
    eventStreams: new Gauge({
      name: 'latchkey_event_streams',
      help: 'Event streams that are open.',
      registers,
    }),
  };
}
