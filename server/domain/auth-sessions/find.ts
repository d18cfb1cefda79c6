import { type Db, promptly } from '../../platform/db.ts';
import { environmentOfKey, mayReadEnvironment } from '../access.ts';
import type { Call } from '../call.ts';
import { kindOfId } from '../ids.ts';
import { gathered } from '../load.ts';
import { idempotencyHours } from './idempotency.ts';
import { type SessionRecord, sessionColumns, statusSql } from './record.ts';
import { type Opened, openClientSecret, openLinkToken } from './secrets.ts';

/** A session with what its live environment says of it. */
export type SessionInPlace = SessionRecord & {
  projectName: string;
  environmentKind: 'PRODUCTION' | 'STAGING' | 'DEVELOPMENT' | 'CUSTOM';
  testConfirmations: boolean;
  /** Exchanged less than a minute ago, so the same idempotency key may have the answer again. */
  justUsed: boolean;
  /** It was confirmed too long ago to be exchanged. */
  exchangeWindowOver: boolean;
};

/** For how long a lost answer to an exchange can be asked for again. */
export const exchangeReplaySeconds = 60;

const placeColumns = `${sessionColumns('a')}, p.name AS "projectName", e.kind AS "environmentKind",
    e.test_confirmations AS "testConfirmations",
    coalesce(a.used_at > now() - interval '${exchangeReplaySeconds} seconds', false) AS "justUsed",
    coalesce(a.exchangeable_until <= now(), false) AS "exchangeWindowOver"`;

const inPlaceSql = `FROM auth_sessions a
  JOIN environments e ON e.id = a.environment_id
  JOIN projects p ON p.id = e.project_id`;

const findSql = `SELECT ${placeColumns} ${inPlaceSql} WHERE `;

/**
 * The session of this id, for those who hold something that opens it; null where there is none, or
 * its environment is gone.
 */
export async function readSession(db: Db, id: string): Promise<SessionInPlace | null> {
  if (kindOfId(id) !== 'authSession') return null;
  const { rows } = await db.$pool.query({
    name: 'session-by-id',
    text: `${findSql} a.id = $1`,
    values: [id],
  });
  return rows[0] ?? null;
}

/**
 * The sessions of these ids that are in a live environment, with how long it takes by the database's
 * clock until each changes by itself: expires, or can no longer be exchanged; null where it is final.
 * Answered in time, or not at all.
 */
export async function readSessions(
  db: Db,
  ids: readonly string[],
): Promise<(SessionInPlace & { endsInMs: number | null })[]> {
  const { rows } = await db.$pool.query({
    name: 'sessions-by-ids',
    text: `SELECT ${placeColumns}, extract(epoch FROM
        CASE ${statusSql('a')} WHEN 'PENDING' THEN a.expires_at WHEN 'CONFIRMED' THEN a.exchangeable_until END
        - now())::float8 * 1000 AS "endsInMs"
      ${inPlaceSql} WHERE a.id = ANY ($1)`,
    values: [ids],
    ...promptly,
  });
  return rows;
}

/** The session that has this idempotency key in the environment, or null. */
export async function readSessionByIdempotencyKey(
  db: Db,
  environmentId: string,
  key: string,
): Promise<(SessionInPlace & { idempotencyDigest: string; forgotten: boolean }) | null> {
  const { rows } = await db.$pool.query(
    `SELECT ${placeColumns}, encode(a.idempotency_digest, 'hex') AS "idempotencyDigest",
       a.created_at <= now() - interval '${idempotencyHours} hours' AS forgotten
     ${inPlaceSql} WHERE a.environment_id = $1 AND a.idempotency_key = $2`,
    [environmentId, key],
  );
  return rows[0] ?? null;
}

/** The session, if the actor may read its environment; null otherwise. */
export async function findSession(call: Call, id: string): Promise<SessionInPlace | null> {
  const session = await readSession(call.db, id);
  return session && mayReadEnvironment(call, session) ? session : null;
}

/** Like findSession, many in one statement. */
export const loadSession = gathered(
  async (call, ids) => {
    const { rows } = await call.db.$pool.query<SessionInPlace>(`${findSql} a.id = ANY ($1)`, [ids]);
    return rows.filter((session) => mayReadEnvironment(call, session));
  },
  ({ id }) => id,
);

/** The session that a client secret opens; null where it opens none, or not with this key. */
export async function findWatchedSession(
  call: Call,
  clientSecret: string,
): Promise<SessionInPlace | null> {
  return openSession(call, openClientSecret(call.masterKeys, clientSecret));
}

/** The session that a link token names; null where it names none, or not with this key. */
export async function findSessionToConfirm(
  call: Call,
  linkToken: string,
): Promise<SessionInPlace | null> {
  return openSession(call, openLinkToken(call.masterKeys, linkToken));
}

/** With a key, every path shows its own environment only, whatever else the caller holds. */
async function openSession(call: Call, opened: Opened | null): Promise<SessionInPlace | null> {
  const session = opened && (await readSession(call.db, opened.id));
  if (session?.masterKeyId !== opened?.master_key_id || !session) return null;
  const only = environmentOfKey(call.actor);
  return only === null || only === session.environmentId ? session : null;
}
