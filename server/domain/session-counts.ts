import { type Db, promptly } from '../platform/db.ts';
import { environmentOfKey } from './access.ts';
import { scopesSql } from './activity-scope.ts';
import { type counters, eachCounter } from './auth-sessions/effects.ts';
import { overdueSql } from './auth-sessions/record.ts';
import { gathered } from './load.ts';

export type SessionTotals = Record<(typeof counters)[number], number>;

export interface SessionCounts {
  /** The workspace, project or environment that was asked for. */
  scopeId: string;
  /** Pending now. */
  pending: number;
  /** Of the sessions that started today, in UTC. */
  today: SessionTotals;
  lifetime: SessionTotals;
  at: Date;
}

const midnight = `date_trunc('day', now(), 'UTC')`;
const select = (table: string) => eachCounter((name) => `sum(${table}.${name}) AS ${name}`);
/** numeric sums as numbers; exact up to 2^53. */
const read = (from: string, as: string) =>
  eachCounter((name) => `coalesce(${from}.${name}, 0)::float8 AS "${as}_${name}"`);

/**
 * Counters say what was written; a pending session past its lifetime is expired although nothing was
 * written yet, so the few of those (a sweep is at most a second behind) are counted and moved over.
 */
const text = `
WITH scope AS (${scopesSql('$1', '$2')}
),
lifetime AS (
  SELECT scope_id, ${select('t')} FROM scope JOIN session_totals t USING (environment_id) GROUP BY scope_id
),
today AS (
  SELECT scope_id, ${select('r')} FROM scope JOIN session_rollups r USING (environment_id)
  WHERE r.quarter_at >= ${midnight} GROUP BY scope_id
),
overdue AS (
  SELECT scope_id, count(*) AS lifetime, count(*) FILTER (WHERE a.created_at >= ${midnight}) AS today
  FROM auth_sessions a JOIN scope USING (environment_id) WHERE ${overdueSql('a')} GROUP BY scope_id
)
SELECT ids.id AS "scopeId", now() AS at, EXISTS (SELECT FROM scope WHERE scope_id = ids.id) AS "hasEnvironments", ${read('today', 'today')}, ${read('lifetime', 'lifetime')},
  coalesce(overdue.today, 0)::float8 AS today_overdue, coalesce(overdue.lifetime, 0)::float8 AS lifetime_overdue
FROM unnest($1::text[]) WITH ORDINALITY AS ids(id, n)
LEFT JOIN lifetime ON lifetime.scope_id = ids.id
LEFT JOIN today ON today.scope_id = ids.id
LEFT JOIN overdue ON overdue.scope_id = ids.id
ORDER BY ids.n`;

/**
 * The present counts of a workspace, project or environment that was found to be readable. All that one request
 * asks for take one statement, whose cost follows the quarter hours of today, not the sessions. A key
 * counts its own environment only.
 */
export const loadSessionCounts = gathered(
  (call, ids) => countSessions(call.db, ids, environmentOfKey(call.actor)),
  ({ scopeId }) => scopeId,
);

/**
 * The present counts of a project or environment, whoever asks, in time; null where it is gone.
 *
 * @param only the one environment to count; null: all of the project
 */
export async function readSessionCounts(
  db: Db,
  scopeId: string,
  only: string | null,
): Promise<SessionCounts | null> {
  const [counts] = await countSessions(db, [scopeId], only, promptly);
  return counts?.hasEnvironments ? counts : null;
}

/** A workspace may have none to count in. */
async function countSessions(
  db: Db,
  scopeIds: readonly string[],
  only: string | null,
  how?: typeof promptly,
): Promise<(SessionCounts & { hasEnvironments: boolean })[]> {
  const { rows } = await db.$pool.query({
    name: 'session-counts',
    text,
    values: [scopeIds, only],
    ...how,
  });
  return rows.map((row) => {
    const totals = (of: 'today' | 'lifetime'): SessionTotals => ({
      started: row[`${of}_started`],
      confirmed: row[`${of}_confirmed`],
      cancelled: row[`${of}_cancelled`],
      expired: row[`${of}_expired`] + row[`${of}_overdue`],
      used: row[`${of}_used`],
    });
    const lifetime = totals('lifetime');
    const { started, confirmed, cancelled, expired } = lifetime;
    return {
      scopeId: row.scopeId,
      hasEnvironments: row.hasEnvironments,
      pending: started - confirmed - cancelled - expired,
      today: totals('today'),
      lifetime,
      at: row.at,
    };
  });
}
