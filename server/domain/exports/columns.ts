/**
 * What an export has of each row, in this order: what its reader sees of it elsewhere, and no more. The
 * README lists the columns. New ones are added at the end.
 */
import { environmentOfKey } from '../access.ts';
import type { SessionRecord, Subject } from '../auth-sessions/record.ts';
import type { Call } from '../call.ts';
import type { LogRecord } from '../logs/find.ts';

export interface Column<Row> {
  name: string;
  /** A string, an instant, JSON, or null. */
  read(row: Row): unknown;
}

const plain = <Row>(...names: (keyof Row & string)[]): Column<Row>[] =>
  names.map((name) => ({ name, read: (row) => row[name] }));

export function logColumns({ actor }: Pick<Call, 'actor'>): Column<LogRecord>[] {
  const isWorkspaceHidden = environmentOfKey(actor) !== null;
  return [
    ...plain<LogRecord>('id', 'at', 'type', 'level', 'message', 'reason'),
    ...plain<LogRecord>('actorKind', 'actorId', 'actorLabel'),
    {
      name: 'workspaceId',
      read: ({ workspaceId }) => (isWorkspaceHidden ? null : workspaceId),
    },
    ...plain<LogRecord>('projectId', 'environmentId', 'sessionId', 'apiKeyId'),
    { name: 'subject', read: ({ subjectKey }) => subjectKey },
    ...plain<LogRecord>('channel', 'ip', 'userAgent', 'requestId', 'data'),
  ];
}

const subjectFields = ['provider', 'id', 'name', 'username', 'email', 'phone', 'picture'] as const;

export function sessionExportColumns({ actor }: Pick<Call, 'actor'>): Column<SessionRecord>[] {
  const onlyKeyId = actor.kind === 'apiKey' ? actor.key.id : null;
  const columnOfSubject = (field: keyof Subject): Column<SessionRecord> => ({
    name: `subject${field[0]!.toUpperCase()}${field.slice(1)}`,
    read: ({ subject }) => subject?.[field] ?? null,
  });
  return [
    ...plain<SessionRecord>('id', 'status', 'channel', 'projectId', 'environmentId'),
    {
      name: 'apiKeyId',
      read: ({ apiKeyId }) => (onlyKeyId === null || apiKeyId === onlyKeyId ? apiKeyId : null), // other keys are hidden
    },
    ...subjectFields.map(columnOfSubject),
    ...plain<SessionRecord>('reason', 'startedFromIp', 'startedFromUserAgent'),
    ...plain<SessionRecord>('confirmedFromIp', 'confirmedFromUserAgent'),
    ...plain<SessionRecord>('createdAt', 'expiresAt', 'confirmedAt', 'exchangeableUntil'),
    ...plain<SessionRecord>('cancelledAt', 'expiredAt', 'usedAt', 'metadata'),
  ];
}
