import { apart, Batcher, type Failed, settle } from '../../platform/batch.ts';
import { type Db, writeInTurn } from '../../platform/db.ts';
import { newId } from '../ids.ts';
import {
  attemptsKept,
  type DeliveryAttempt,
  failingDaysMax,
  leaseSeconds,
  missedDays,
} from './delivery.ts';
import { withoutAnswerSql } from './erase.ts';

/** What became of an attempt. Column names, because the statement reads the items as JSON. */
export interface AttemptOutcome {
  id: string;
  /** The lease that it was made under. */
  lease: number;
  delivered: boolean;
  /** The receiver wants nothing more, ever. */
  gone: boolean;
  /** Why it failed, for the log; null where it did not. */
  reason: string | null;
  /** Until the next attempt; null: there is none. */
  delay_seconds: number | null;
  attempt: Omit<DeliveryAttempt, 'at'>;
}

export interface RecordedOutcome {
  /** False where the lease is another's by now, or the delivery is gone: nothing was written. */
  recorded: boolean;
  /** Of its endpoint, in a row. */
  failures: number;
}

/** The attempts that these make together, with the instant at which the lease was taken. */
const withAttempt = `
  CASE WHEN jsonb_array_length(d.attempts) >= ${attemptsKept} THEN d.attempts - 0 ELSE d.attempts END
  || jsonb_build_array(jsonb_build_object('at', to_char(
      (d.locked_until - interval '${leaseSeconds} seconds') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
    || CASE WHEN d.erased THEN ${withoutAnswerSql('i.attempt')} ELSE i.attempt END)`;

const entryPlace = ['endpoint_id', 'workspace_id', 'project_id', 'environment_id', 'url', 'example']
  .map((column) => `told.${column}`)
  .join(', ');

const goesOn = 'NOT i.delivered AND NOT i.gone AND i.delay_seconds IS NOT NULL AND w.active';

/**
 * Locks are taken in one order everywhere: deliveries, the health of endpoints, endpoints; and of
 * several endpoints in the order of their ids. Deliveries come in that order where PostgreSQL looks
 * each up by its id, as it does unless they are few, and nothing binds it to. Nobody else writes what we
 * hold the lease of but an erasure: should the two wait for each other and this be ended, the outcomes
 * are written again, one by one.
 *
 * A success is written to the health of its endpoint once a second at most, unless it ends a failure: it
 * would be one hot row.
 *
 * Entries that repeat are counted in the one that is there: a dead endpoint gives up as many deliveries
 * as there are events, and that is one thing to read.
 */
const text = `
WITH input AS (
  SELECT * FROM jsonb_to_recordset($1) AS i(id text, lease int, delivered boolean, gone boolean, reason text,
    delay_seconds float8, attempt jsonb, failing_id text,
    failed_id text, disabled_id text)
  ORDER BY i.id
),
done AS (
  UPDATE webhook_deliveries d SET
    status = (CASE WHEN i.delivered THEN 'DELIVERED' WHEN ${goesOn} THEN 'PENDING' ELSE 'FAILED' END)::delivery_status,
    next_attempt_at = CASE WHEN ${goesOn} THEN now() + make_interval(secs => i.delay_seconds) END,
    tries = d.tries + 1, queued = false, locked_until = NULL, attempts = ${withAttempt}
  FROM input i, webhook_endpoints w
  WHERE d.id = i.id AND d.lease = i.lease AND d.status = 'PENDING' AND w.id = d.endpoint_id
  RETURNING d.id, d.endpoint_id, d.workspace_id, d.project_id, d.environment_id, d.status, w.url,
    i.delivered, i.gone, i.reason, i.failing_id, i.failed_id, i.disabled_id
),
told AS (
  SELECT endpoint_id, workspace_id, project_id, environment_id, split_part(url, '?', 1) AS url,
    bool_or(delivered) AS delivered, bool_or(gone) AS gone,
    count(*) FILTER (WHERE NOT delivered)::int AS failures,
    count(*) FILTER (WHERE status = 'FAILED')::int AS given_up,
    max(reason) AS reason, max(id) FILTER (WHERE NOT delivered) AS example,
    max(failing_id) AS failing_id, max(failed_id) AS failed_id, max(disabled_id) AS disabled_id
  FROM done GROUP BY endpoint_id, workspace_id, project_id, environment_id, url
),
held AS MATERIALIZED (
  SELECT h.endpoint_id FROM webhook_health h JOIN told USING (endpoint_id)
  WHERE NOT told.delivered OR told.gone OR h.consecutive_failures > 0 OR h.last_success_at IS NULL
    OR h.last_success_at < now() - interval '1 second'
  ORDER BY h.endpoint_id FOR UPDATE OF h
),
health AS (
  UPDATE webhook_health h SET
    consecutive_failures = CASE WHEN told.delivered THEN 0 ELSE h.consecutive_failures + told.failures END,
    failing_since = CASE WHEN NOT told.delivered THEN coalesce(h.failing_since, now()) END,
    last_success_at = CASE WHEN told.delivered THEN now() ELSE h.last_success_at END
  FROM held JOIN told USING (endpoint_id) WHERE h.endpoint_id = held.endpoint_id
  RETURNING h.endpoint_id, h.consecutive_failures, h.failing_since, told.gone
),
disabled AS (
  UPDATE webhook_endpoints w SET active = false, version = w.version + 1,
    missed_until = now() + interval '${missedDays} days',
    disabled_reason = CASE WHEN h.gone THEN 'The receiver answered 410 Gone.'
      ELSE 'Every attempt failed for ${failingDaysMax} days.' END
  FROM health h WHERE w.id = h.endpoint_id AND w.active
    AND (h.gone OR h.failing_since <= now() - interval '${failingDaysMax} days')
  RETURNING w.id AS endpoint_id, w.disabled_reason
),
entries AS (
  SELECT told.failing_id AS id, 'webhook.failing' AS type, 'WARN' AS level,
    'A webhook endpoint began to fail.' AS message, told.reason, 'hour' AS dedupe, 1 AS count, ${entryPlace}
  FROM told JOIN health h USING (endpoint_id)
  WHERE told.failures > 0 AND h.consecutive_failures = told.failures
  UNION ALL
  SELECT told.failed_id, 'webhook.failed', 'ERROR', 'Webhook deliveries were given up.', told.reason, 'minute',
    told.given_up, ${entryPlace}
  FROM told WHERE told.given_up > 0
  UNION ALL
  SELECT told.disabled_id, 'webhook.disabled', 'ERROR', 'A webhook endpoint was disabled.', d.disabled_reason,
    NULL, NULL, ${entryPlace}
  FROM told JOIN disabled d USING (endpoint_id)
),
logged AS (
  INSERT INTO log_entries (id, type, level, message, reason, actor_kind, actor_label, workspace_id, project_id,
    environment_id, dedupe_key, data)
  SELECT e.id, e.type, e.level::log_level, e.message, e.reason, 'SYSTEM', 'deliver-webhooks', e.workspace_id,
    e.project_id, e.environment_id,
    CASE WHEN e.dedupe IS NOT NULL
      THEN concat_ws(' ', e.type, e.endpoint_id, date_trunc(e.dedupe, now(), 'UTC')) END,
    jsonb_strip_nulls(jsonb_build_object('endpointId', e.endpoint_id, 'url', e.url, 'deliveryId', e.example,
      'count', e.count))
  FROM entries e ORDER BY e.type, e.endpoint_id
  ON CONFLICT (dedupe_key) WHERE dedupe_key IS NOT NULL DO UPDATE
    SET data = EXCLUDED.data || jsonb_build_object('count',
      (log_entries.data->>'count')::bigint + (EXCLUDED.data->>'count')::bigint)
)
SELECT done.id, coalesce(h.consecutive_failures, 0) AS failures
FROM done LEFT JOIN health h USING (endpoint_id)`;

/** Writes outcomes: those that come together share a statement and a commit. */
export interface OutcomeRecorder {
  /** @throws the database is away, or took too long: the lease goes on until it lapses */
  add(outcome: AttemptOutcome): Promise<RecordedOutcome>;
}

export function createOutcomeRecorder(db: Db): OutcomeRecorder {
  const outcomes = new Batcher<AttemptOutcome, RecordedOutcome | Failed>({
    lanes: 1,
    itemsMax: 100,
    run: (items) => apart(items, (some) => recordOutcomes(db, some)),
  });
  return { add: async (outcome) => settle(await outcomes.add(outcome)) };
}

/** Records outcomes, with all that they do to their endpoints, in one transaction. One result for each, in order. */
export async function recordOutcomes(
  db: Db,
  outcomes: readonly AttemptOutcome[],
): Promise<RecordedOutcome[]> {
  const items = outcomes.map((outcome) => ({
    ...outcome,
    ...(!outcome.delivered && {
      failing_id: newId('logEntry'),
      failed_id: newId('logEntry'),
      disabled_id: newId('logEntry'),
    }),
  }));
  const { rows } = await writeInTurn<{ id: string; failures: number }>(db, {
    name: 'webhooks-record',
    text,
    values: [JSON.stringify(items)],
  });
  const byId = new Map(rows.map(({ id, failures }) => [id, failures]));
  return outcomes.map(({ id }) => ({
    recorded: byId.has(id),
    failures: byId.get(id) ?? 0,
  }));
}
