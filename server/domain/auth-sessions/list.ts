import { type ActivityScope, withinProjects } from '../activity-scope.ts';
import type { Call } from '../call.ts';
import type { Connection, PageInput } from '../keyset.ts';
import { type PagedList, readPage } from '../read-page.ts';
import { checkSessionFilter, type SessionFilter } from './filter.ts';
import { type SessionRecord, sessionColumns } from './record.ts';
import { sessionSources } from './sources.ts';

/**
 * The sessions of a scope, newest first.
 *
 * @throws {ValidationError} a cursor, a page size or the filter is malformed
 */
export async function listSessions(
  call: Call,
  scope: ActivityScope,
  page: PageInput,
  filter?: SessionFilter | null,
): Promise<Connection<SessionRecord>> {
  return readPage(call.db, sessionList(call, scope, filter), page);
}

/**
 * The same, to be read.
 *
 * @throws {ValidationError} the filter is malformed
 */
export function sessionList(
  call: Pick<Call, 'actor'>,
  scope: ActivityScope,
  input?: SessionFilter | null,
): PagedList<SessionRecord> {
  const { projectIds, ...filter } = checkSessionFilter(input);
  const within = projectIds ? withinProjects(scope, projectIds) : scope;
  return {
    kind: 'authSession',
    table: 'auth_sessions a',
    row: 'a',
    instant: 'a.created_at',
    id: 'a.id',
    select: (bind) => ({
      columns: () => sessionColumns('a'),
      sources: sessionSources(call, within, filter, bind),
    }),
  };
}
