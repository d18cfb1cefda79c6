/**
 * Removes the rows of deleted scopes, in small batches: short locks, steady disk, and a kill at any
 * instant loses nothing but the batch. A task is done when nothing is left and every statement that
 * had begun before the deletion is surely over; until then it is looked at again.
 */
import { statementTimeoutMs } from '../platform/db.ts';
import type { Call } from './call.ts';
import { kindOfId } from './ids.ts';
import { placeSql } from './logs/place.ts';
import { removeDeliveriesOf } from './webhooks/purge.ts';

const batchSize = 2_000;
/** Longer than any statement may run. */
const settleSeconds = (2 * statementTimeoutMs) / 1000;

/** What holds rows of a scope of this kind, and how they name it. */
const remains = {
  environment: [
    ['auth_sessions', 'environment_id = $1'],
    ['log_entries', `${placeSql('log_entries')} = $1`],
    ['session_rollups', 'environment_id = $1'],
    ['session_totals', 'environment_id = $1'],
    ['session_days', 'environment_id = $1'],
    ['confirm_time_rollups', 'environment_id = $1'],
    ['confirm_time_days', 'environment_id = $1'],
    ['confirm_time_months', 'environment_id = $1'],
    ['outbox_events', 'environment_id = $1'],
  ],
  project: [['log_entries', `${placeSql('log_entries')} = $1`]],
  workspace: [['log_entries', `${placeSql('log_entries')} = $1`]],
} as const;

/** Works on every task until nothing is left to remove. @returns how many rows went */
export async function purgeDeleted({ db, log }: Pick<Call, 'db' | 'log'>): Promise<number> {
  let removed = 0;
  const tasks = await db.purgeTask.findMany({ orderBy: { createdAt: 'asc' } });
  for (const { scopeId } of tasks) {
    let ofScope = 0;
    for (;;) {
      const count = await removeBatch({ db }, scopeId);
      ofScope += count;
      if (count === 0) break;
    }
    if (ofScope > 0) log.info({ scopeId, rows: ofScope }, 'Rows of a deleted scope removed');
    removed += ofScope;
    await db.$executeRaw`DELETE FROM purge_tasks WHERE scope_id = ${scopeId}
      AND created_at < now() - make_interval(secs => ${settleSeconds})`;
  }
  return removed;
}

async function removeBatch({ db }: Pick<Call, 'db'>, scopeId: string): Promise<number> {
  const kind = kindOfId(scopeId);
  if (kind === 'webhookEndpoint') return removeDeliveriesOf(db, scopeId);
  if (kind !== 'environment' && kind !== 'project' && kind !== 'workspace') return 0;
  let count = 0;
  for (const [table, where] of remains[kind]) {
    const { rowCount } = await db.$pool.query(
      `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE ${where} LIMIT ${batchSize}))`,
      [scopeId],
    );
    count += rowCount ?? 0;
  }
  return count;
}
