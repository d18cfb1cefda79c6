import type { StartedWith } from '../../../prisma/generated/enums.ts';
import { type Db, writeInTurn } from '../../platform/db.ts';
import { refusalSql } from '../api-keys/refusal.ts';
import type { RefusalReason } from '../errors.ts';
import { announcedSql, effectsInput, effectsSql, namesOf, type Origin } from './effects.ts';
import type { SessionRecord } from './record.ts';

/** One session to start. Column names, because the statement reads the items as JSON. */
export interface NewSession extends Origin {
  id: string;
  started_with: StartedWith;
  environment_id: string;
  /** The secret of the key that starts it; null without a key. */
  secret_id: string | null;
  user_code: string;
  metadata?: unknown;
  nonce: string | null;
  return_url: string | null;
  master_key_id: string;
  idempotency_key: string | null;
  /** Digest of the whole input, in hex. */
  idempotency_digest: string | null;
  /** Of the end user's waiting device, not of a server that speaks for it; null where unknown. */
  device_ip: string | null;
  device_user_agent: string | null;
  /** Of a start without a secret key alone: its project, and how many of those may be pending. */
  project_id?: string;
  pending_max?: number;
}

export type StartRefusal =
  | 'NOT_FOUND'
  | 'PROJECT_INACTIVE'
  | 'PUBLIC_ACCESS_DISABLED'
  | 'TOO_MANY_PENDING'
  | RefusalReason;

export type Started =
  | { session: SessionRecord }
  | { refused: StartRefusal }
  /** Its user code or its idempotency key is another session's. */
  | { taken: true };

const columns = `id text, started_with started_with, environment_id text, secret_id text, user_code text,
  metadata jsonb, nonce text, return_url text, master_key_id text, idempotency_key text,
  idempotency_digest text, device_ip text, device_user_agent text, pending_max int, ${effectsInput}`;

/**
 * Joins a row by its id, through the index. PostgreSQL takes JSON for a hundred rows, however few they
 * are, and would read whole tables for them: with 3,000 projects a start alone took twice as long
 * (740 against 370 µs, PostgreSQL 18, November 2026). OFFSET 0 keeps it from pulling this apart.
 */
const looked = (table: string, as: string, id: string) =>
  `LEFT JOIN LATERAL (SELECT * FROM ${table} x WHERE x.id = ${id} OFFSET 0) ${as} ON true`;

/**
 * One statement for many requests. Each row is judged by itself: environment, key and project are
 * read in the statement that writes, so what was switched off before it began starts nothing.
 */
export const sqlOf = ({
  judged,
  refused,
  judging,
}: {
  judged: string;
  refused: string;
  judging: string;
}) => `
WITH input AS (
  SELECT * FROM ROWS FROM (jsonb_to_recordset($1) AS (${columns}))
    WITH ORDINALITY AS i(${namesOf(columns)}, n)
),
checked AS (
  SELECT i.*, k.id AS api_key_id, p.id AS project_id, p.workspace_id, p.require_user_code,
    p.session_lifetime_seconds,
    CASE
      WHEN i.secret_id IS NOT NULL AND ${refusalSql} IS NOT NULL THEN ${refusalSql}
      WHEN e.id IS NULL THEN 'NOT_FOUND'
      WHEN k.environment_id <> e.id THEN 'WRONG_ENVIRONMENT'
      WHEN NOT p.active THEN 'PROJECT_INACTIVE'
      WHEN i.started_with = 'PROJECT_ID' AND p.default_environment_id <> e.id THEN 'NOT_FOUND'
      WHEN i.started_with = 'PROJECT_ID' AND NOT p.public_access THEN 'PUBLIC_ACCESS_DISABLED'
      WHEN i.started_with = 'PUBLISHABLE_KEY' AND e.kind = 'PRODUCTION' AND NOT p.public_access
        THEN 'PUBLIC_ACCESS_DISABLED'
    END AS refused
  FROM input i
  ${looked('environments', 'e', 'i.environment_id')}
  ${looked('projects', 'p', 'e.project_id')}
  ${looked('api_key_secrets', 's', 'i.secret_id')}
  ${looked('api_keys', 'k', 's.api_key_id')}
),
${judging}
made AS (
  INSERT INTO auth_sessions (id, workspace_id, project_id, environment_id, api_key_id, started_with,
    user_code, require_user_code, metadata, nonce, return_url, master_key_id, idempotency_key,
    idempotency_digest, started_from_ip, started_from_user_agent, created_at, expires_at)
  SELECT id, workspace_id, project_id, environment_id, api_key_id, started_with, user_code,
    require_user_code, metadata, nonce, return_url, master_key_id, idempotency_key,
    decode(idempotency_digest, 'hex'), device_ip, device_user_agent, now(),
    now() + make_interval(secs => session_lifetime_seconds)
  FROM ${judged} j WHERE ${refused} IS NULL
  ON CONFLICT DO NOTHING
  RETURNING *
),
changed AS (
  SELECT m.*, i.n, 'session.started' AS event_type, now() AS event_at, 1 AS delta_started, 0 AS delta_confirmed,
    0 AS delta_cancelled, 0 AS delta_expired, 0 AS delta_used
  FROM made m JOIN input i ON i.id = m.id
),
${effectsSql}
SELECT ${refused} AS refused, made.id, made.workspace_id, made.project_id, made.api_key_id,
  made.require_user_code, made.created_at, made.expires_at, ${announcedSql}
FROM ${judged} j LEFT JOIN made ON made.id = j.id ORDER BY j.n`;

const text = sqlOf({ judged: 'checked', refused: 'j.refused', judging: '' });

/**
 * Starts the sessions, with their log entries, counters and events, in one transaction.
 *
 * @param slot which slot of the counters to add to
 * @param onAnnounced called once it is committed, where it wrote an event
 * @returns one result per item, in order
 */
export async function insertSessions(
  db: Db,
  items: NewSession[],
  slot: number,
  onAnnounced?: () => void,
): Promise<Started[]> {
  const { rows } = await writeInTurn<Record<string, never>>(db, {
    name: 'sessions-start',
    text,
    values: [JSON.stringify(items), slot],
  });
  return startedBy(items, rows, onAnnounced);
}

/** What became of the items, by the rows of the statement. */
export function startedBy(
  items: readonly NewSession[],
  rows: Record<string, never>[],
  onAnnounced?: () => void,
): Started[] {
  if (rows[0]?.announced) onAnnounced?.();
  return rows.map((row, n) => {
    if (row.refused) return { refused: row.refused };
    return row.id ? { session: sessionOf(items[n]!, row) } : { taken: true };
  });
}

/** The session as it was written. What the item says need not come back from the database. */
function sessionOf(item: NewSession, row: Record<string, never>): SessionRecord {
  return {
    id: item.id,
    workspaceId: row.workspace_id!,
    projectId: row.project_id!,
    environmentId: item.environment_id,
    apiKeyId: row.api_key_id!,
    startedWith: item.started_with,
    status: 'PENDING',
    channel: null,
    subject: null,
    subjectKey: null,
    userCode: item.user_code,
    requireUserCode: row.require_user_code!,
    metadata: item.metadata,
    nonce: item.nonce,
    returnUrl: item.return_url,
    reason: null,
    masterKeyId: item.master_key_id,
    idempotencyKey: item.idempotency_key,
    exchangeKey: null,
    proofKeyId: null,
    startedFromIp: item.device_ip,
    startedFromUserAgent: item.device_user_agent,
    confirmedFromIp: null,
    confirmedFromUserAgent: null,
    createdAt: row.created_at!,
    expiresAt: row.expires_at!,
    confirmedAt: null,
    exchangeableUntil: null,
    cancelledAt: null,
    expiredAt: null,
    usedAt: null,
  };
}
