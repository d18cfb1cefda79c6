/**
 * Removes what a workspace no longer keeps: log entries and sessions older than its settings say.
 * Counts stay as they are, for ever: what is counted is how many there were, not how many there are. So
 * an environment keeps until when its sessions are no longer what they were counted from.
 *
 * In small batches, each of which also counts what it removed in the workspace's entry of the day. So
 * that entry is exact wherever a process dies, and however many work at once.
 */
import type { Call } from './call.ts';
import { newId } from './ids.ts';
import { placeSql } from './logs/place.ts';
import type { LogType } from './logs/types.ts';

const rowsMax = 2_000;
const logType: LogType = 'retention.applied';

type What = 'logEntries' | 'sessions';

/** What is kept of a place, and for how many days; those of a workspace `w`. */
const kept: Record<What, { from: string; instant: string; days: string }> = {
  logEntries: {
    from: `log_entries x WHERE ${placeSql('x')}`,
    instant: 'x.at',
    days: 'w.log_retention_days',
  },
  // One that is pending is moved first, with its entry and its counts.
  sessions: {
    from: `auth_sessions x WHERE x.status <> 'PENDING' AND x.environment_id`,
    instant: 'x.created_at',
    days: 'w.session_retention_days',
  },
};

const daysAgo = (days: string) => `now() - make_interval(days => ${days})`;

interface Due {
  workspaceId: string;
  placeId: string;
  what: What;
}

/** Works until nothing is over. @returns how many rows went */
export async function applyRetention(
  { db, log }: Pick<Call, 'db' | 'log'>,
  batchSize = rowsMax,
): Promise<number> {
  let removed = 0;
  for (const due of await findDue({ db })) {
    let ofPlace = 0;
    for (;;) {
      const count = await removeBatch({ db }, due, batchSize);
      ofPlace += count;
      if (count === 0) break;
    }
    log.info({ ...due, rows: ofPlace }, 'Rows removed that were kept for long enough');
    removed += ofPlace;
  }
  return removed;
}

/** One look at the oldest row of each place. */
async function findDue({ db }: Pick<Call, 'db'>): Promise<Due[]> {
  const isDue = (what: What) => {
    const { from, instant, days } = kept[what];
    return `SELECT w.id AS "workspaceId", p.id AS "placeId", '${what}' AS what
      FROM places p JOIN workspaces w ON w.id = p.workspace_id
      WHERE EXISTS (SELECT FROM ${from} = p.id AND ${instant} < ${daysAgo(days)})`;
  };
  const { rows } = await db.$pool.query<Due>(`
    WITH places AS (
      SELECT e.id, p.workspace_id FROM environments e JOIN projects p ON p.id = e.project_id
      UNION ALL SELECT id, workspace_id FROM projects
      UNION ALL SELECT id, id FROM workspaces
    )
    ${isDue('logEntries')} UNION ALL ${isDue('sessions')}`);
  return rows;
}

/** The setting is read again with each batch: who raises it keeps what is still there. */
async function removeBatch(
  { db }: Pick<Call, 'db'>,
  { workspaceId, placeId, what }: Due,
  batchSize: number,
): Promise<number> {
  const { from, instant, days } = kept[what];
  const [table] = from.split(' ', 1);
  // Looked up apart, or the index would be read to its end for the rows that are not over.
  const cutoff = `(SELECT ${daysAgo(days)} FROM workspaces w WHERE w.id = $1)`;
  const { rows } = await db.$pool.query<{ count: number }>(
    `WITH gone AS (
       DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
         SELECT x.ctid FROM ${from} = $2 AND ${instant} < ${cutoff} ORDER BY ${instant} LIMIT $3))
       RETURNING 1
     ),
     counted AS (SELECT count(*) AS count FROM gone),
     marked AS (
       UPDATE environments SET sessions_purged_before = greatest(sessions_purged_before, ${cutoff})
       WHERE ${what === 'sessions'} AND id = $2 AND EXISTS (SELECT FROM gone)
     ),
     told AS (${tellSql(what)})
     SELECT count::int FROM counted`,
    [workspaceId, placeId, batchSize, newId('logEntry')],
  );
  return rows[0]?.count ?? 0;
}

function tellSql(what: What): string {
  const before = (field: What) => `(log_entries.data->>'${field}')::bigint`;
  const added = (field: What) => `(EXCLUDED.data->>'${field}')::bigint`;
  const sum = (field: What) => `(${before(field)} + ${added(field)})`;
  const message = (logEntries: string, sessions: string) =>
    `format('Retention removed log entries: %s, sessions: %s.', ${logEntries}, ${sessions})`;
  const data = (logEntries: string, sessions: string) =>
    `jsonb_build_object('logEntries', ${logEntries}, 'sessions', ${sessions})`;
  const [logEntries, sessions] = what === 'logEntries' ? ['count', '0'] : ['0', 'count'];
  return `INSERT INTO log_entries (id, type, message, actor_kind, actor_label, workspace_id, dedupe_key, data)
    SELECT $4, '${logType}', ${message(logEntries, sessions)}, 'SYSTEM', 'Retention', $1,
      concat_ws(' ', '${logType}', $1, date_trunc('day', now(), 'UTC')), ${data(logEntries, sessions)}
    FROM counted WHERE count > 0
    ON CONFLICT (dedupe_key) WHERE dedupe_key IS NOT NULL DO UPDATE SET
      message = ${message(sum('logEntries'), sum('sessions'))},
      data = ${data(sum('logEntries'), sum('sessions'))}`;
}
