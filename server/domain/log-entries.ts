import { z } from 'zod';
import type { LogEntry } from '../../prisma/generated/client.ts';
import type { LogLevel } from '../../prisma/generated/enums.ts';
import type { Db, Tx } from '../platform/db.ts';
import { environmentOfKey, mayReadBeyondOwnName, readableWorkspaceIds } from './access.ts';
import type { ActivityScope } from './activity-scope.ts';
import { actorValues } from './actor.ts';
import type { Call } from './call.ts';
import { type IdKind, kindOfId, newId } from './ids.ts';
import { type Connection, type PageInput, readPage } from './keyset.ts';
import { storableText, validate } from './validation.ts';

export interface NewLogEntry {
  /** `<noun>.<what happened>`: `project.updated`. */
  type: string;
  message: string;
  level?: LogLevel;
  reason?: string | null;
  workspaceId: string;
  projectId?: string | null;
  environmentId?: string | null;
  apiKeyId?: string | null;
  /** Details, without secrets. */
  data?: unknown;
}

/** Writes one entry, in the transaction of the change that it reports. */
export async function recordLog(
  tx: Tx | Db,
  call: Pick<Call, 'actor' | 'client' | 'requestId'>,
  entry: NewLogEntry,
): Promise<void> {
  const actor = actorValues(call.actor);
  const { data, ...plain } = entry;
  await tx.logEntry.create({
    data: {
      id: newId('logEntry'),
      ...plain,
      data: data === undefined ? undefined : JSON.parse(JSON.stringify(data)),
      actorKind: actor.kind,
      actorId: actor.id,
      actorLabel: actor.label,
      ip: call.client.ip,
      userAgent: call.client.userAgent,
      requestId: call.requestId,
    },
    select: { id: true },
  });
}

export interface LogFilter {
  types?: string[] | null;
  apiKeyId?: string | null;
  sessionId?: string | null;
  /** Inclusive. */
  from?: Date | null;
  /** Exclusive. */
  to?: Date | null;
}

const filterRules = z.object({
  types: z.array(storableText(64)).max(50, 'Must be at most 50 types.').nullish(),
});

const columns = `l.id, l.at, l.type, l.level, l.message, l.reason, l.actor_kind AS "actorKind",
  l.actor_id AS "actorId", l.actor_label AS "actorLabel", l.workspace_id AS "workspaceId",
  l.project_id AS "projectId", l.environment_id AS "environmentId", l.session_id AS "sessionId",
  l.api_key_id AS "apiKeyId", l.subject_key AS "subjectKey", l.channel, l.ip,
  l.user_agent AS "userAgent", l.request_id AS "requestId", l.data`;

export type LogRecord = Omit<LogEntry, 'xid'>;

/**
 * The log of a scope, newest first.
 *
 * @throws {ValidationError} a cursor, a page size or the filter is malformed
 */
export async function listLogs(
  call: Call,
  scope: ActivityScope,
  page: PageInput,
  filter: LogFilter = {},
): Promise<Connection<LogRecord>> {
  validate(filterRules, filter);
  return readPage<LogRecord>(call.db, page, 'l.at', 'l.id', (bind, keyset) => {
    const conditions = [keyset];
    if (filter.types) conditions.push(`l.type = ANY (${bind(filter.types)})`);
    // A malformed id names nothing.
    const id = (kind: IdKind, text: string) => bind(kindOfId(text) === kind ? text : '');
    if (filter.apiKeyId != null) conditions.push(`l.api_key_id = ${id('apiKey', filter.apiKeyId)}`);
    if (filter.sessionId != null)
      conditions.push(`l.session_id = ${id('authSession', filter.sessionId)}`);
    if (filter.from) conditions.push(`l.at >= ${bind(filter.from)}`);
    if (filter.to) conditions.push(`l.at < ${bind(filter.to)}`);
    const where = conditions.join(' AND ');
    const parts = [
      {
        each: scope.environmentsSql(bind),
        columns,
        from: `log_entries l WHERE l.environment_id = e.id AND ${where}`,
      },
    ];
    if (scope.projectId) {
      // What happened to the project itself, outside any environment.
      parts.push({
        each: `SELECT ${bind(scope.projectId)} AS id`,
        columns,
        from: `log_entries l WHERE l.project_id = e.id AND l.environment_id IS NULL AND ${where}`,
      });
    }
    return parts;
  });
}

/** The log of one session, newest first. The session itself was found to be readable. */
export async function listSessionLogs(
  call: Call,
  sessionId: string,
  page: PageInput,
): Promise<Connection<LogRecord>> {
  return readPage<LogRecord>(call.db, page, 'l.at', 'l.id', (bind, keyset) => [
    {
      each: `SELECT ${bind(sessionId)} AS id`,
      columns,
      from: `log_entries l WHERE l.session_id = e.id AND ${keyset}`,
    },
  ]);
}

/** One entry that the actor may see, or null. */
export async function findLogEntry(call: Call, id: string): Promise<LogRecord | null> {
  if (kindOfId(id) !== 'logEntry') return null;
  if (!mayReadBeyondOwnName(call.actor)) return null;
  const only = environmentOfKey(call.actor);
  const [readable, value] =
    only === null
      ? ['l.workspace_id = ANY ($2)', readableWorkspaceIds(call)]
      : ['l.environment_id = $2', only];
  const { rows } = await call.db.$pool.query(
    `SELECT ${columns} FROM log_entries l WHERE l.id = $1 AND ${readable}
     AND (l.project_id IS NULL OR EXISTS (SELECT FROM projects p WHERE p.id = l.project_id))
     AND (l.environment_id IS NULL OR EXISTS (SELECT FROM environments e WHERE e.id = l.environment_id))`,
    [id, value],
  );
  return rows[0] ?? null;
}
