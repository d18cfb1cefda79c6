import type { Tx } from '../../platform/db.ts';
import { confirmTimesSql, effectsInput, namesOf, recordSql } from '../auth-sessions/effects.ts';
import type { Attempt } from './attempt.ts';

const sessionColumns = `id text, environment_id text, api_key_id text, started_with started_with,
  status auth_session_status, channel channel, subject jsonb, subject_key text, user_code text,
  require_user_code boolean, metadata jsonb, reason text, master_key_id text, proof_key_id text,
  started_from_ip text, started_from_user_agent text, confirmed_from_ip text,
  confirmed_from_user_agent text, created_at timestamptz, expires_at timestamptz,
  confirmed_at timestamptz, exchangeable_until timestamptz, cancelled_at timestamptz,
  expired_at timestamptz, used_at timestamptz`;
const eventColumns = `session_id text, became auth_session_status, at timestamptz, ${effectsInput}`;

const delta = (name: string) => `(i.became = '${name.toUpperCase()}')::int AS delta_${name}`;
/** What a session had only once it was confirmed. */
const onceConfirmed = (column: string) =>
  `CASE WHEN i.became IN ('CONFIRMED', 'USED') THEN m.${column} END AS ${column}`;

/**
 * Sessions as they are in the end, and for each of their changes what the product writes beside it.
 * `changed` has the session as it was after each change, as far as the effects read it. No events:
 * what happened in the past, or never, is no news to a webhook.
 */
const text = `
WITH input AS (
  SELECT * FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS (${eventColumns}))
    WITH ORDINALITY AS i(${namesOf(eventColumns)}, n)
),
made AS (
  INSERT INTO auth_sessions (${namesOf(sessionColumns)}, workspace_id, project_id)
  SELECT s.*, p.workspace_id, p.id FROM jsonb_to_recordset($3::jsonb) AS s(${sessionColumns})
    JOIN environments e ON e.id = s.environment_id JOIN projects p ON p.id = e.project_id
  RETURNING *
),
changed AS (
  SELECT i.n, i.at AS event_at, m.id, m.workspace_id, m.project_id, m.environment_id, m.api_key_id,
    m.created_at,
    'session.' || CASE i.became WHEN 'PENDING' THEN 'started' ELSE lower(i.became::text) END AS event_type,
    CASE WHEN i.became = 'CANCELLED' THEN m.reason END AS reason,
    ${['channel', 'subject_key', 'confirmed_at'].map(onceConfirmed).join(', ')},
    (i.became = 'PENDING')::int AS delta_started,
    ${['confirmed', 'cancelled', 'expired', 'used'].map(delta).join(', ')}
  FROM made m JOIN input i ON i.session_id = m.id
),
${recordSql},
${confirmTimesSql}
SELECT count(*)::int AS count FROM made`;

/**
 * Writes history, with log entries and counters, in one statement. Nothing of it is written in an
 * environment that is gone.
 *
 * @param slot which slot of the counters to add to
 * @returns how many sessions there are more
 */
export async function writeHistory(
  tx: Pick<Tx, '$queryRawUnsafe'>,
  attempts: readonly Attempt[],
  slot: number,
): Promise<number> {
  const events = JSON.stringify(attempts.flatMap((attempt) => attempt.events));
  const sessions = JSON.stringify(attempts.map(({ session }) => session));
  const rows = await tx.$queryRawUnsafe<{ count: number }[]>(text, events, slot, sessions);
  return rows[0]!.count;
}
