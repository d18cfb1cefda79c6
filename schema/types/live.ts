/** What can be subscribed to. */
import { watchLog, watchSession, watchSessionCounts } from '../../server/domain/live/subscribe.ts';
import type { SessionCounts as Counts } from '../../server/domain/session-counts.ts';
import { builder } from '../builder.ts';
import { LogFilter } from './activity-filters.ts';
import { WatchedSession } from './auth-session.ts';
import { LogEntry } from './refs.ts';
import { SessionCounts } from './session-counts.ts';

builder.subscriptionType({
  description:
    'What can be watched, by WebSocket (graphql-transport-ws) or as an event stream. Each opens with the present state, and then tells changes. A connection is closed within a second when the credential that opened it ends.',
});

const scopeArgs = {
  projectId: 'Of this project. A user must say which; an API key means its own.',
  environmentId: 'Of this environment of it only; left out: of all that you may see.',
};

builder.subscriptionFields((t) => ({
  liveSessionCounts: t.field({
    type: SessionCounts,
    description:
      'The session counts of a project or environment: the present ones, then whenever they change, at most four times a second, the last ones always. `today` begins anew at midnight UTC.',
    args: {
      projectId: t.arg.id({ description: scopeArgs.projectId }),
      environmentId: t.arg.id({ description: scopeArgs.environmentId }),
    },
    subscribe: (_root, args, { call }) => watchSessionCounts(call, args),
    resolve: (counts: Counts) => counts,
  }),
  sessionChanged: t.field({
    type: WatchedSession,
    description:
      'The session that a client secret opens, as it is and whenever its state changes. Takes no API key. Ends by itself after the final state, or when a confirmed session can no longer be exchanged.',
    extensions: { takesSecret: true },
    args: {
      clientSecret: t.arg.string({ required: true, description: 'From `startSession`, `cs_…`.' }),
    },
    subscribe: (_root, { clientSecret }, { call }) => watchSession(call, clientSecret),
    resolve: (session) => session,
  }),
  logAppended: t.field({
    type: LogEntry,
    description:
      'New log entries of a project or environment, each once. With `after`, first those that the page of that cursor did not show yet; of these one can come that it did show, so tell entries apart by their ids.',
    args: {
      projectId: t.arg.id({ description: scopeArgs.projectId }),
      environmentId: t.arg.id({ description: scopeArgs.environmentId }),
      filter: t.arg({ type: LogFilter, description: 'Which entries; left out: all.' }),
      after: t.arg.string({
        description:
          'A cursor of `logs`, such as the `startCursor` of its first page, which has one even without entries.',
      }),
    },
    subscribe: (_root, args, { call }) => watchLog(call, args),
    resolve: (entry) => entry,
  }),
}));
