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
import { gathered } from './load.ts';
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

/** What an entry says of its actor. Columns by the names of the record. */
const actorColumns = {
  actorKind: 'l.actor_kind',
  actorId: 'l.actor_id',
  actorLabel: 'l.actor_label',
  ip: 'l.ip',
  userAgent: 'l.user_agent',
  requestId: 'l.request_id',
};

/**
 * The select list of an entry, as this actor may see it. From an API key users and other keys are
 * hidden: it sees that one of them acted, and not which or from where.
 */
function columnsFor({ actor }: Call, bind: (value: unknown) => string): string {
  const own = actor.kind === 'apiKey' ? bind(actor.key.id) : null;
  const hidden =
    own &&
    `(l.actor_kind IN ('USER', 'ACCESS_TOKEN') OR (l.actor_kind = 'API_KEY' AND l.actor_id <> ${own}))`;
  const shown = Object.entries(actorColumns).map(([name, column]) => {
    if (hidden === null || name === 'actorKind') return `${column} AS "${name}"`;
    const instead =
      name === 'actorLabel'
        ? `CASE l.actor_kind WHEN 'API_KEY' THEN 'Another API key' ELSE 'A member' END`
        : 'NULL';
    return `CASE WHEN ${hidden} THEN ${instead} ELSE ${column} END AS "${name}"`;
  });
  return `l.id, l.at, l.type, l.level, l.message, l.reason, ${shown.join(', ')},
    l.workspace_id AS "workspaceId", l.project_id AS "projectId", l.environment_id AS "environmentId",
    l.session_id AS "sessionId", l.api_key_id AS "apiKeyId", l.subject_key AS "subjectKey", l.channel, l.data`;
}

/** Which entries an API key sees: all of its environment but what was done to other keys. */
function readableEntriesSql({ actor }: Call, bind: (value: unknown) => string): string {
  if (actor.kind !== 'apiKey') return 'true';
  return `(l.type NOT LIKE 'key.%' OR l.api_key_id = ${bind(actor.key.id)})`;
}

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
    const columns = columnsFor(call, bind);
    const conditions = [keyset, readableEntriesSql(call, bind)];
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
      columns: columnsFor(call, bind),
      from: `log_entries l WHERE l.session_id = e.id AND ${keyset}`,
    },
  ]);
}

/** One entry that the actor may see, or null. Many in one statement. */
export const loadLogEntry = gathered<LogRecord>(
  async (call, ids) => {
    if (!mayReadBeyondOwnName(call.actor)) return [];
    const values: unknown[] = [];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const only = environmentOfKey(call.actor);
    const inScope =
      only === null
        ? `l.workspace_id = ANY (${bind(readableWorkspaceIds(call))})`
        : `l.environment_id = ${bind(only)}`;
    const named = ids.filter((id) => kindOfId(id) === 'logEntry');
    const { rows } = await call.db.$pool.query<LogRecord>(
      `SELECT ${columnsFor(call, bind)} FROM log_entries l
       WHERE l.id = ANY (${bind(named)}) AND ${inScope} AND ${readableEntriesSql(call, bind)}
       AND (l.project_id IS NULL OR EXISTS (SELECT FROM projects p WHERE p.id = l.project_id))
       AND (l.environment_id IS NULL OR EXISTS (SELECT FROM environments e WHERE e.id = l.environment_id))`,
      values,
    );
    return rows;
  },
  ({ id }) => id,
);
