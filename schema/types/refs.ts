import type { SessionRecord } from '../../server/domain/auth-sessions/record.ts';
import type { LogRecord } from '../../server/domain/log-entries.ts';
import { builder, connectionOf } from '../builder.ts';

/** Named before they have fields, for those whom their own fields refer to. */
export const AuthSession = builder.objectRef<SessionRecord>('AuthSession');
export const LogEntry = builder.objectRef<LogRecord>('LogEntry');

export const AuthSessionConnection = connectionOf('AuthSession', AuthSession, 'sessions');
export const LogEntryConnection = connectionOf('LogEntry', LogEntry, 'log entries');
