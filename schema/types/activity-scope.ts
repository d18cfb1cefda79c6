import type { ActivityScope as Scope } from '../../server/domain/activity-scope.ts';
import { findAnalytics } from '../../server/domain/analytics/find.ts';
import { listSessions } from '../../server/domain/auth-sessions/list.ts';
import type { Call } from '../../server/domain/call.ts';
import { found } from '../../server/domain/errors.ts';
import { listLogs } from '../../server/domain/logs/list.ts';
import { loadSessionCounts } from '../../server/domain/session-counts.ts';
import { builder } from '../builder.ts';
import { AuthSessionFilter, LogFilter } from './activity-filters.ts';
import { Analytics, AnalyticsRange } from './analytics.ts';
import { AuthSession, AuthSessionConnection, LogEntry, LogEntryConnection } from './refs.ts';
import { SessionCounts } from './session-counts.ts';

/** What the interface's fields need of their parent: its id, by whose prefix the scope is known. */
interface Parent {
  id: string;
}

/** Implemented by each type with how it makes a scope of itself. */
const scopes = new Map<string, (call: Call, id: string) => Scope>();

export function addActivityScope(idPrefix: string, scope: (call: Call, id: string) => Scope): void {
  scopes.set(idPrefix, scope);
}

function scopeOf(call: Call, { id }: Parent): Scope {
  const scope = scopes.get(id.slice(0, 3));
  if (!scope) throw new Error(`No activity scope is known for ${id}.`);
  return scope(call, id);
}

export const ActivityScope = builder.interfaceRef<Parent>('ActivityScope').implement({
  description: 'What has sessions, logs and counts: a workspace, a project or an environment.',
  fields: (t) => ({
    authSessions: t.connection(
      {
        type: AuthSession,
        description: 'Its sessions, newest first. An API key sees those of its own environment.',
        args: {
          filter: t.arg({ type: AuthSessionFilter, description: 'Which sessions; left out: all.' }),
        },
        resolve: ({ id }, { filter, ...page }, { call }) =>
          listSessions(call, scopeOf(call, { id }), page, filter),
      },
      AuthSessionConnection,
    ),
    logs: t.connection(
      {
        type: LogEntry,
        description: 'Its log, newest first. An API key sees that of its own environment.',
        args: { filter: t.arg({ type: LogFilter, description: 'Which entries; left out: all.' }) },
        resolve: ({ id }, { filter, ...page }, { call }) =>
          listLogs(call, scopeOf(call, { id }), page, filter),
      },
      LogEntryConnection,
    ),
    analytics: t.field({
      type: Analytics,
      description:
        'What became of the sessions that started in a range of days. An API key counts its own environment.',
      extensions: { cost: { own: 10 } },
      args: { range: t.arg({ type: AnalyticsRange, required: true, description: 'Which days.' }) },
      resolve: ({ id }, { range }, { call }) => findAnalytics(call, id, range),
    }),
    sessionCounts: t.field({
      type: SessionCounts,
      description: 'Its present session counts. An API key counts its own environment.',
      resolve: ({ id }, _args, { call }) => found('The scope', loadSessionCounts(call, id)),
    }),
  }),
});
