import { type ActivityScope, withinProjects } from '../activity-scope.ts';
import type { Call } from '../call.ts';
import type { Connection, PageInput } from '../keyset.ts';
import { type PagedList, readPage } from '../read-page.ts';
import { checkLogFilter, type LogFilter } from './filter.ts';
import type { LogRecord } from './find.ts';
import { logColumnsSql, logSight } from './sight.ts';
import { logSources, sessionLogSource } from './sources.ts';

const entries = {
  kind: 'logEntry',
  table: 'log_entries l',
  row: 'l',
  instant: 'l.at',
  id: 'l.id',
} as const;

/**
 * The log of a scope, newest first.
 *
 * @throws {ValidationError} a cursor, a page size or the filter is malformed
 */
export async function listLogs(
  call: Call,
  scope: ActivityScope,
  page: PageInput,
  filter?: LogFilter | null,
): Promise<Connection<LogRecord>> {
  return readPage(call.db, logList(call, scope, filter), page);
}

/**
 * The same, to be read.
 *
 * @throws {ValidationError} the filter is malformed
 */
export function logList(
  call: Pick<Call, 'actor'>,
  scope: ActivityScope,
  input?: LogFilter | null,
): PagedList<LogRecord> {
  const { projectIds, ...filter } = checkLogFilter(input);
  const within = projectIds ? withinProjects(scope, projectIds) : scope;
  return {
    ...entries,
    followed: { to: filter.to ?? null },
    select(bind) {
      const sight = logSight(call, bind);
      return {
        columns: () => logColumnsSql(sight),
        sources: logSources(within, filter, sight, bind),
      };
    },
  };
}

/** The log of one session, newest first. The session itself was found to be readable. */
export async function listSessionLogs(
  call: Call,
  sessionId: string,
  page: PageInput,
): Promise<Connection<LogRecord>> {
  const list: PagedList<LogRecord> = {
    ...entries,
    select: (bind) => ({
      columns: () => logColumnsSql(logSight(call, bind)),
      sources: [sessionLogSource(sessionId, bind)],
    }),
  };
  return readPage(call.db, list, page);
}
