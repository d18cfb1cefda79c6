import type { LogEntry } from '../../../prisma/generated/client.ts';
import { environmentOfKey, mayReadBeyondOwnName, readableWorkspaceIds } from '../access.ts';
import { kindOfId } from '../ids.ts';
import { gathered } from '../load.ts';
import { logColumnsSql, logSight } from './sight.ts';

/** An entry as its reader may see it. */
export type LogRecord = Omit<LogEntry, 'xid' | 'dedupeKey'>;

/** One entry that the actor may see, or null. Many in one statement. */
export const loadLogEntry = gathered<LogRecord>(
  async (call, ids) => {
    if (!mayReadBeyondOwnName(call.actor)) return [];
    const values: unknown[] = [];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const sight = logSight(call, bind);
    const only = environmentOfKey(call.actor);
    const inScope =
      only === null
        ? `l.workspace_id = ANY (${bind(readableWorkspaceIds(call))})`
        : `l.environment_id = ${bind(only)}`;
    const named = ids.filter((id) => kindOfId(id) === 'logEntry');
    const { rows } = await call.db.$pool.query<LogRecord>(
      `SELECT ${logColumnsSql(sight)} FROM log_entries l
       WHERE l.id = ANY (${bind(named)}) AND ${inScope} AND ${sight.readable ?? 'true'}
       AND (l.project_id IS NULL OR EXISTS (SELECT FROM projects p WHERE p.id = l.project_id))
       AND (l.environment_id IS NULL OR EXISTS (SELECT FROM environments e WHERE e.id = l.environment_id))`,
      values,
    );
    return rows;
  },
  ({ id }) => id,
);
