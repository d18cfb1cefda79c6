import type { SessionRecord } from '../../server/domain/auth-sessions/record.ts';
import type { Connection } from '../../server/domain/keyset.ts';
import type { LogRecord } from '../../server/domain/logs/find.ts';
import { builder, connectionOf } from '../builder.ts';

/** Named before they have fields, for those whom their own fields refer to. */
export const AuthSession = builder.objectRef<SessionRecord>('AuthSession');
export const LogEntry = builder.objectRef<LogRecord>('LogEntry');

export const AuthSessionConnection = connectionOf('AuthSession', AuthSession, 'sessions');
export const LogEntryConnection = connectionOf('LogEntry', LogEntry, 'log entries');

for (const connection of [AuthSessionConnection, LogEntryConnection]) {
  builder.objectField(connection, 'searchedUntil', (t) =>
    t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'How far this page looked, where it ended before it was full because no index answers its filter. Going on from its `endCursor` (with `last`: its `startCursor`) finds the rest. Null where the page is full, or the list at its end.',
      resolve: (page) => (page as unknown as Connection<{ id: string }>).searchedUntil,
    }),
  );
}
