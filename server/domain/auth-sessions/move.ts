import type { AuthSessionStatus, Channel } from '../../../prisma/generated/enums.ts';
import { type Db, writeInTurn } from '../../platform/db.ts';
import { refusalSql } from '../api-keys/refusal.ts';
import {
  announcedSql,
  confirmTimesSql,
  effectsInput,
  effectsSql,
  namesOf,
  type Origin,
} from './effects.ts';
import { type SessionRecord, type Subject, sessionColumns } from './record.ts';

/**
 * Every transition of a session, whoever makes it:
 *
 *     PENDING ──► CONFIRMED ──► USED
 *        ├──► CANCELLED
 *        └──► EXPIRED
 *
 * Invariant: a session leaves a state once. The condition on the old state stands in the UPDATE that
 * writes the new one, so of those who race the row lock picks one, and the others find the condition
 * false. The winner's log entry, counters and event are part of the same statement: they are there
 * exactly if the transition is. A wrong user code is counted by the same UPDATE, so that guesses sent
 * at the same time are still counted one by one.
 */
export interface Move extends Origin {
  id: string;
  /** The entry of the master key that made the secret by which it is named; left out: named by id. */
  master_key_id?: string;
  to_status: Exclude<AuthSessionStatus, 'PENDING'>;
  /** The secret of the key that asks, which must open the session's environment; null without a key. */
  secret_id: string | null;
  /** Only where the environment is not production: what a user may do without a key. */
  outside_production: boolean;
  /** Confirming: how, whom, and the code as typed. */
  channel?: Channel;
  subject?: Subject;
  subject_key?: string;
  user_code?: string | null;
  /** Of the device that confirms; left out where a server confirms for it. */
  device_ip?: string | null;
  device_user_agent?: string | null;
  /** Cancelling: why. */
  reason?: string | null;
  /** Exchanging: a session started with a secret key (true), or not (false); null: any. */
  started_with_secret?: boolean | null;
  exchange_key?: string | null;
  proof_key_id?: string;
}

/** Wrong user codes until the session is cancelled. */
export const wrongUserCodesMax = 5;
/** How long after its confirmation a session may be exchanged. */
export const exchangeWindowSeconds = 300;

export type Moved =
  | { session: SessionRecord }
  /** The user code was wrong; with none left the session is now cancelled. */
  | { triesLeft: number }
  /** It was not in the state this starts from, or the key may not: look, and say so. */
  | { refused: true };

const codeMatches = `(i.to_status <> 'CONFIRMED' OR i.user_code IS NULL OR i.user_code = a.user_code)`;
const isLastTry = `a.wrong_user_codes + 1 >= ${wrongUserCodesMax}`;
const when = (status: string, value: string, column: string) =>
  `${column} = CASE WHEN i.to_status = '${status}' AND ${codeMatches} THEN ${value} ELSE a.${column} END`;

const columns = `id text, master_key_id text, to_status auth_session_status, secret_id text, outside_production boolean,
  channel channel, subject jsonb, subject_key text, user_code text, reason text,
  started_with_secret boolean, exchange_key text, proof_key_id text, device_ip text,
  device_user_agent text, ${effectsInput}`;

const text = `
WITH input AS (
  SELECT * FROM ROWS FROM (jsonb_to_recordset($1) AS (${columns}))
    WITH ORDINALITY AS i(${namesOf(columns)}, n)
),
touched AS (
  UPDATE auth_sessions a SET
    status = CASE WHEN ${codeMatches} THEN i.to_status WHEN ${isLastTry} THEN 'CANCELLED' ELSE a.status END,
    wrong_user_codes = a.wrong_user_codes + CASE WHEN ${codeMatches} THEN 0 ELSE 1 END,
    ${when('CONFIRMED', 'now()', 'confirmed_at')},
    ${when('CONFIRMED', `now() + interval '${exchangeWindowSeconds} seconds'`, 'exchangeable_until')},
    ${when('CONFIRMED', 'i.channel', 'channel')},
    ${when('CONFIRMED', 'i.subject', 'subject')},
    ${when('CONFIRMED', 'i.subject_key', 'subject_key')},
    ${when('CONFIRMED', 'i.device_ip', 'confirmed_from_ip')},
    ${when('CONFIRMED', 'i.device_user_agent', 'confirmed_from_user_agent')},
    ${when('EXPIRED', 'a.expires_at', 'expired_at')},
    ${when('USED', 'now()', 'used_at')},
    ${when('USED', 'i.exchange_key', 'exchange_key')},
    ${when('USED', 'i.proof_key_id', 'proof_key_id')},
    cancelled_at = CASE
      WHEN i.to_status = 'CANCELLED' OR (NOT ${codeMatches} AND ${isLastTry}) THEN now()
      ELSE a.cancelled_at END,
    reason = CASE
      WHEN i.to_status = 'CANCELLED' THEN i.reason
      WHEN NOT ${codeMatches} AND ${isLastTry} THEN 'USER_CODE_MISMATCH'
      ELSE a.reason END
  FROM input i
    LEFT JOIN api_key_secrets s ON s.id = i.secret_id
    LEFT JOIN api_keys k ON k.id = s.api_key_id,
    environments e
  WHERE a.id = i.id AND e.id = a.environment_id
    AND CASE i.to_status
      WHEN 'USED' THEN a.status = 'CONFIRMED' AND a.exchangeable_until > now()
      WHEN 'EXPIRED' THEN a.status = 'PENDING' AND a.expires_at <= now()
      ELSE a.status = 'PENDING' AND a.expires_at > now() END
    AND (i.secret_id IS NULL OR (${refusalSql} IS NULL AND k.environment_id = a.environment_id))
    AND (i.master_key_id IS NULL OR i.master_key_id = a.master_key_id)
    AND (NOT i.outside_production OR e.kind <> 'PRODUCTION')
    AND (i.channel IS DISTINCT FROM 'TEST' OR (e.test_confirmations AND e.kind <> 'PRODUCTION'))
    AND (i.to_status <> 'CONFIRMED' OR NOT a.require_user_code OR i.user_code IS NOT NULL)
    AND (i.started_with_secret IS NULL OR i.started_with_secret = (a.started_with = 'SECRET_KEY'))
  RETURNING a.*, i.n
),
changed AS (
  SELECT *, 'session.' || lower(status::text) AS event_type, now() AS event_at, 0 AS delta_started,
    (status = 'CONFIRMED')::int AS delta_confirmed, (status = 'CANCELLED')::int AS delta_cancelled,
    (status = 'EXPIRED')::int AS delta_expired, (status = 'USED')::int AS delta_used
  FROM touched WHERE status <> 'PENDING'
),
${effectsSql},
${confirmTimesSql}
SELECT n::int, ${sessionColumns('touched')}, touched.wrong_user_codes AS wrong, ${announcedSql}
FROM touched`;

/**
 * Moves the sessions, with their log entries, counters and events, in one transaction.
 *
 * @param slot which slot of the counters to add to
 * @param onAnnounced called once it is committed, where it wrote an event
 * @returns one result per item, in order; several items may name the same session
 */
export async function moveSessions(
  db: Db,
  items: Move[],
  slot: number,
  onAnnounced?: () => void,
): Promise<Moved[]> {
  const { rows } = await writeInTurn(db, {
    name: 'sessions-move',
    text,
    values: [JSON.stringify(items), slot],
  });
  if (rows[0]?.announced) onAnnounced?.();
  const byNumber = new Map<number, Record<string, unknown>>(rows.map((row) => [row.n, row]));
  return items.map(({ to_status }, index) => {
    const row = byNumber.get(index + 1); // SQL counts from one
    if (!row) return { refused: true };
    const { n: _, wrong, announced: __, ...session } = row;
    if (session.status === to_status) return { session: session as unknown as SessionRecord };
    return { triesLeft: wrongUserCodesMax - Number(wrong) };
  });
}
