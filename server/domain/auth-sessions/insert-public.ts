import { createHash } from 'node:crypto';
import type pg from 'pg';
import { answered, type Db, giveUpIdle } from '../../platform/db.ts';
import { type NewSession, type Started, sqlOf, startedBy } from './insert.ts';

/** Sessions that were started without a secret key and are pending, by the index `auth_sessions_public_pending_idx`. */
export function publicPendingSql(row: string): string {
  return `${row}.status = 'PENDING' AND ${row}.started_with IN ('PUBLISHABLE_KEY', 'PROJECT_ID')
    AND ${row}.expires_at > now()`;
}

/** As many of each project as there is room for. */
const text = sqlOf({
  judged: 'counted_in',
  refused: "CASE WHEN j.is_over THEN 'TOO_MANY_PENDING' ELSE j.refused END",
  judging: `
pending AS (
  SELECT project_id, (SELECT count(*) FROM auth_sessions a
    WHERE a.project_id = c.project_id AND ${publicPendingSql('a')}) AS pending
  FROM (SELECT DISTINCT project_id FROM checked WHERE refused IS NULL) c
),
counted_in AS (
  SELECT c.*, c.refused IS NULL AND p.pending
    + row_number() OVER (PARTITION BY c.project_id, c.refused ORDER BY c.n) > c.pending_max AS is_over
  FROM checked c LEFT JOIN pending p ON p.project_id = c.project_id
),`,
});

/** Another transaction starts sessions of the same project just now. Nothing was written. */
export type Busy = { busy: true };

/**
 * How long one of our transactions may be idle before the database ends it. They are in the middle for
 * a round trip, and a process that is frozen there would keep the projects of its batch from all others.
 */
const idleMax = '2s';

/**
 * Starts sessions without a secret key, with all that goes with them, in one transaction. Projects are
 * locked first, so that what is counted as pending includes what others have just started: two processes
 * cannot both take the last place.
 *
 * It waits for no project, for starts of all others stand behind: who finds one locked comes again.
 *
 * @param slot which slot of the counters to add to
 * @param onAnnounced called once it is committed, where it wrote an event
 * @returns one result per item, in order
 */
export async function insertPublicSessions(
  db: Db,
  items: NewSession[],
  slot: number,
  onAnnounced?: () => void,
): Promise<(Started | Busy)[]> {
  const client = await db.$pool.connect();
  const ask = (query: pg.QueryConfig) => client.query({ ...query, ...answered });
  try {
    const locked = await beginLocked(ask, items);
    const isOurs = ({ project_id }: NewSession) => locked.has(lockOf(project_id));
    const ours = items.filter(isOurs);
    const { rows } = await ask({
      name: 'sessions-start-public',
      text,
      values: [JSON.stringify(ours), slot],
    });
    await ask({ text: 'COMMIT' });
    client.release();
    const started = startedBy(ours, rows, onAnnounced).values();
    return items.map((item) => (isOurs(item) ? started.next().value! : { busy: true }));
  } catch (error) {
    client.release(true); // and with it what had begun
    giveUpIdle(db.$pool, error);
    throw error;
  }
}

/**
 * Begins the transaction, in one round trip.
 *
 * @returns the locks that are ours until it is over
 */
async function beginLocked(
  ask: (query: pg.QueryConfig) => Promise<unknown>,
  items: readonly NewSession[],
): Promise<Set<string>> {
  const locks = new Set(items.map(({ project_id }) => lockOf(project_id)));
  const results = (await ask({
    text: `BEGIN; SET LOCAL idle_in_transaction_session_timeout = '${idleMax}';
      SELECT lock::text FROM unnest('{${[...locks]}}'::bigint[]) lock WHERE pg_try_advisory_xact_lock(lock)`,
  })) as pg.QueryResult<{ lock: string }>[];
  return new Set(results.at(-1)!.rows.map(({ lock }) => lock));
}

function lockOf(projectId: string | undefined): string {
  return String(createHash('sha256').update(`pending ${projectId}`).digest().readBigInt64BE());
}
