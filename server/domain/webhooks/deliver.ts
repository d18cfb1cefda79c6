import { setTimeout as sleep } from 'node:timers/promises';
import { isDatabaseUnavailable } from '../../platform/db.ts';
import type { MasterKeys } from '../../platform/master-keys.ts';
import { type OutboundOutcome, post } from '../../platform/outbound.ts';
import type { Tools } from '../call.ts';
import { cleanText } from '../validation.ts';
import type { ClaimedDelivery } from './claim.ts';
import { attemptTimeoutMs, leaseSeconds, replyBytesMax } from './delivery.ts';
import { headersOf, openWebhookSecret, payloadOf, type SealedSecret } from './message.ts';
import type { AttemptOutcome, OutcomeRecorder, RecordedOutcome } from './record.ts';
import { retryDelaySeconds } from './schedule.ts';

const recordAgainMs = 500;

/** What may be asked of headers that somebody else wrote. */
const headersMax = 64;
const headerCharactersMax = 1_024;

/**
 * Makes one attempt at a delivery and records the outcome.
 *
 * @param signal breaks the attempt off; then nothing is recorded, and the lease lapses
 * @param onDelivered called once the receiver took it, before that is recorded
 * @throws the outcome could not be recorded for as long as the lease lasts, or `signal` was aborted
 */
export async function deliver(
  {
    masterKeys,
    allowPrivateWebhooks,
    metrics,
  }: Pick<Tools, 'masterKeys' | 'allowPrivateWebhooks' | 'metrics'>,
  recorder: OutcomeRecorder,
  claimed: ClaimedDelivery,
  signal: AbortSignal,
  onDelivered?: () => void,
): Promise<RecordedOutcome> {
  const leaseEndsAt = performance.now() + leaseSeconds * 1_000;
  const body = JSON.stringify(payloadOf(claimed.event));
  const secrets = openSecrets(masterKeys, claimed.secrets);
  const isSigned = secrets.length > 0;
  const headers = isSigned ? headersOf(claimed.event.id, claimed.at, body, secrets) : {};
  const outcome = isSigned
    ? await post(claimed.url, headers, body, {
        allowPrivate: allowPrivateWebhooks,
        timeoutMs: attemptTimeoutMs,
        bodyBytesMax: replyBytesMax,
        signal,
      })
    : unsigned;
  let item = judge(claimed, headers, outcome);
  const failure = outcome.kind === 'response' ? 'refused' : isSigned ? 'unreachable' : 'unsigned';
  if (!signal.aborted)
    metrics.webhookAttempts.inc({ outcome: item.delivered ? 'delivered' : failure });
  if (item.delivered) onDelivered?.();
  for (;;) {
    try {
      return await recorder.add(item);
    } catch (error) {
      // What was sent is known: try to keep it, or the message goes again.
      const isLate = performance.now() + recordAgainMs > leaseEndsAt;
      if (isLate || signal.aborted) throw error;
      // SQLSTATE: a value, a constraint or a limit.
      const { code = '' } = error as { code?: string };
      if (/^(22|23|54)...$/.test(code) && hasAnswer(item)) item = withoutAnswer(item);
      else if (isDatabaseUnavailable(error)) await sleep(recordAgainMs);
      else throw error;
    }
  }
}

/** Those that can be decrypted. While one replaces another, the receiver may know the one that is left. */
function openSecrets(masterKeys: MasterKeys, sealed: readonly SealedSecret[]): Buffer[] {
  return sealed.flatMap((secret) => {
    try {
      return [openWebhookSecret(masterKeys, secret)];
    } catch {
      return [];
    }
  });
}

type Reply = Extract<OutboundOutcome, { kind: 'response' }>;
type NoReply = Pick<Extract<OutboundOutcome, { kind: 'failed' }>, 'kind' | 'error' | 'durationMs'>;

/** The outcome where no secret can be decrypted: then nothing is sent. */
const unsigned: NoReply = {
  kind: 'failed',
  error:
    "The message could not be signed: MASTER_KEY has lost the entry that the endpoint's secret was encrypted with. Put it back, or regenerate the secret.",
  durationMs: 0,
};

/** What an outcome means for the delivery. */
function judge(
  { id, lease, tries, at }: ClaimedDelivery,
  requestHeaders: Record<string, string>,
  outcome: Reply | NoReply,
): AttemptOutcome {
  const response = outcome.kind === 'response' ? outcome : null;
  const now = at.getTime() + outcome.durationMs;
  const status = response?.status ?? 0;
  const delivered = status >= 200 && status < 300;
  const error =
    outcome.kind === 'failed'
      ? outcome.error
      : status >= 300 && status < 400
        ? 'The receiver redirected, and redirects are not followed.'
        : null;
  return {
    id,
    lease,
    delivered,
    gone: status === 410,
    reason: delivered ? null : (error ?? `The receiver answered ${status}.`),
    delay_seconds: delivered
      ? null
      : retryDelaySeconds(tries, now, response?.headers['retry-after']),
    attempt: {
      durationMs: outcome.durationMs,
      requestHeaders,
      responseStatus: response?.status ?? null,
      responseHeaders: response && headersToShow(response.headers),
      responseBody: response?.body ?? null,
      error,
    },
  };
}

const hasAnswer = ({ attempt }: AttemptOutcome) => attempt.responseHeaders !== null;

/** An outcome that the database refuses, without what the receiver said but its status. */
function withoutAnswer(outcome: AttemptOutcome): AttemptOutcome {
  const attempt = { ...outcome.attempt, responseHeaders: null, responseBody: null };
  return { ...outcome, attempt };
}

/** A receiver's headers, without the cookies that are nobody's but its own, and not without end. */
function headersToShow(headers: Record<string, string>): Record<string, string> {
  const shown = Object.entries(headers)
    .filter(([name]) => name !== 'set-cookie')
    .slice(0, headersMax)
    .map(([name, value]) => [name, cleanText(value, headerCharactersMax)]);
  return Object.fromEntries(shown);
}
