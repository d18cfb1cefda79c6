import { type FragmentType, graphql, readFragment } from './gql/index.ts';

const LogLine_LogEntry = graphql(`
  fragment LogLine_LogEntry on LogEntry {
    at
    type
    actor { kind label }
    environment { kind }
  }
`);

const SessionLine_AuthSession = graphql(`
  fragment SessionLine_AuthSession on AuthSession {
    id
    status
    channel
    subject { provider id }
    environment { kind }
  }
`);

/** One entry of the log on one line: when, what, where, by whom. */
export function describeLogEntry(entry: FragmentType<typeof LogLine_LogEntry>): string {
  const { at, type, environment, actor } = readFragment(LogLine_LogEntry, entry);
  const where = (environment?.kind ?? 'project').toLowerCase();
  return [at.slice(11, 23), type.padEnd(17), where.padEnd(11), `by ${actor.label}`].join('  ');
}

/** One session on one line: what became of it, where, for whom. */
export function describeSession(session: FragmentType<typeof SessionLine_AuthSession>): string {
  const { id, status, environment, subject, channel } = readFragment(
    SessionLine_AuthSession,
    session,
  );
  const who = subject ? `${subject.provider}:${subject.id} by ${channel}` : 'nobody';
  return [id, status.padEnd(9), environment.kind.toLowerCase().padEnd(11), who].join('  ');
}
