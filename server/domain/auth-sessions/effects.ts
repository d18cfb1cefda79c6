/**
 * What every change of a session writes beside the session, in the same statement: a log entry, the
 * counters of its cohort, and an event for the webhooks that want it. Shared by starting and moving;
 * sample data has the first two of them, so that it cannot differ from what happened.
 *
 * Each of these statements has a common table `changed` with the session's columns as they became,
 * `event_type`, `event_at`, `n` and `delta_…` counters; and `input` with what the request brought,
 * matched by `n`.
 */
import type { ActorKind } from '../../../prisma/generated/enums.ts';
import { bucketSql } from '../confirm-times.ts';
import { sessionDataSql, wantsEventsSql } from '../webhooks/event-sql.ts';

export const counters = ['started', 'confirmed', 'cancelled', 'expired', 'used'] as const;

/** Something of each of the counters, one after the other: of a select list, of a SET clause. */
export const eachCounter = (part: (name: (typeof counters)[number]) => string) =>
  counters.map(part).join(', ');

/** The columns of the counters. */
export const counterColumns = eachCounter((name) => name);

/** For ON CONFLICT: adds the counters to those that are there. */
export const addCounters = (table: string) =>
  `UPDATE SET ${eachCounter((name) => `${name} = ${table}.${name} + EXCLUDED.${name}`)}`;

/** The quarter hour a session counts in: the one it started in. Zones are multiples of it. */
export const quarterSql = (instant: string) =>
  `date_bin('15 minutes', ${instant}, TIMESTAMPTZ '2000-01-01 00:00:00Z')`;

const sums = eachCounter((name) => `sum(delta_${name})`);

/**
 * Rows are written in the order of their keys, so that two statements that share a slot and several
 * environments wait for each other instead of deadlocking.
 */
export const recordSql = `
logged AS (
  INSERT INTO log_entries (id, at, type, message, reason, actor_kind, actor_id, actor_label, workspace_id,
    project_id, environment_id, session_id, api_key_id, subject_key, channel, ip, user_agent, request_id)
  SELECT i.log_id, c.event_at, c.event_type, 'Session ' || substr(c.event_type, 9) || '.', c.reason, i.actor_kind, i.actor_id,
    i.actor_label, c.workspace_id, c.project_id, c.environment_id, c.id, c.api_key_id, c.subject_key,
    c.channel, i.ip, i.user_agent, i.request_id
  FROM changed c JOIN input i USING (n)
),
counted AS (
  INSERT INTO session_rollups (environment_id, quarter_at, slot, project_id, workspace_id, ${counterColumns})
  SELECT environment_id, ${quarterSql('created_at')}, $2, project_id, workspace_id, ${sums}
  FROM changed GROUP BY environment_id, 2, project_id, workspace_id ORDER BY environment_id, 2
  ON CONFLICT (environment_id, quarter_at, slot) DO ${addCounters('session_rollups')}
),
totalled AS (
  INSERT INTO session_totals (environment_id, slot, project_id, workspace_id, ${counterColumns})
  SELECT environment_id, $2, project_id, workspace_id, ${sums}
  FROM changed GROUP BY environment_id, project_id, workspace_id ORDER BY environment_id
  ON CONFLICT (environment_id, slot) DO ${addCounters('session_totals')}
)`;

/** The same, and the event. */
export const effectsSql = `${recordSql},
announced AS (
  INSERT INTO outbox_events (id, type, workspace_id, project_id, environment_id, session_id, data)
  SELECT i.event_id, c.event_type, c.workspace_id, c.project_id, c.environment_id, c.id, ${sessionDataSql('c')}
  FROM changed c JOIN input i USING (n)
  WHERE EXISTS (SELECT FROM webhook_endpoints w WHERE w.environment_id = c.environment_id
    AND ${wantsEventsSql('w')} AND c.event_type = ANY (w.event_types))
  RETURNING id
)`;

/** How long those took that were confirmed. Only moving writes it: no session starts confirmed. */
export const confirmTimesSql = `
timed AS (
  INSERT INTO confirm_time_rollups (environment_id, quarter_at, slot, bucket, project_id, workspace_id, count)
  SELECT environment_id, ${quarterSql('created_at')}, $2, ${bucketSql('changed')}, project_id, workspace_id, count(*)
  FROM changed WHERE delta_confirmed = 1
  GROUP BY environment_id, 2, 4, project_id, workspace_id ORDER BY environment_id, 2, 4
  ON CONFLICT (environment_id, quarter_at, slot, bucket)
    DO UPDATE SET count = confirm_time_rollups.count + EXCLUDED.count
)`;

/** Whether the statement wrote an event: true of every row of its result, or of none. */
export const announcedSql = 'EXISTS (SELECT FROM announced) AS announced';

/** The columns of `input` that the effects read. */
export const effectsInput =
  'log_id text, event_id text, actor_kind actor_kind, actor_id text, actor_label text, ip text, user_agent text, request_id text';

/** The names in a list of columns with types. */
export function namesOf(columns: string): string {
  return columns
    .split(',')
    .map((column) => column.trim().split(' ', 1)[0])
    .join(', ');
}

/** Who did it and from where, as every item of a statement says. */
export interface Origin {
  log_id: string;
  event_id: string;
  actor_kind: ActorKind;
  actor_id: string | null;
  actor_label: string;
  ip: string | null;
  user_agent: string | null;
  request_id: string | null;
}
