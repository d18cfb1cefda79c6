import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { Status, type Tone } from '../ui/Badge.tsx';
import { type Column, Table } from '../ui/Table.tsx';
import { Time } from '../ui/Time.tsx';
import styles from './EventsTable.module.css';
import { describeUserAgent } from './user-agent.ts';

export const EventsTable_LogEntry = graphql(`
  fragment EventsTable_LogEntry on LogEntry {
    id
    at
    type
    level
    message
    reason
    actor { id kind label }
    session { id }
    ip
    userAgent
    requestId
    data
  }
`);

const levels: Readonly<Record<string, { tone: Tone; word: string }>> = {
  INFO: { tone: 'neutral', word: 'Info' },
  WARN: { tone: 'caution', word: 'Warning' },
  ERROR: { tone: 'negative', word: 'Error' },
};

/** One row a log entry: what happened, who did it, and on demand all that is known of it. */
export function EventsTable({
  entries,
  hrefOf,
  empty,
}: {
  entries: readonly FragmentType<typeof EventsTable_LogEntry>[];
  /** Where a session's timeline is. */
  hrefOf: (sessionId: string) => string;
  empty: ReactNode;
}) {
  const rows = entries.map((entry) => readFragment(EventsTable_LogEntry, entry));
  const columns: Column<(typeof rows)[number]>[] = [
    {
      key: 'event',
      header: 'Event',
      grow: true,
      cell: (entry) => (
        <div className={styles.event}>
          <span>{entry.message}</span>
          <code className={styles.type}>{entry.type}</code>
          <Details entry={entry} />
        </div>
      ),
    },
    {
      key: 'level',
      header: 'Level',
      cell: ({ level }) => {
        const { tone, word } = levels[level] ?? { tone: 'neutral', word: level };
        return <Status tone={tone}>{word}</Status>;
      },
    },
    { key: 'actor', header: 'By', wrap: true, cell: ({ actor }) => actor.label },
    {
      key: 'session',
      header: 'Session',
      cell: ({ session }) =>
        session ? (
          <Link href={hrefOf(session.id)} title={session.id}>
            <code>…{session.id.slice(-6)}</code>
          </Link>
        ) : (
          '–'
        ),
    },
    { key: 'at', header: 'When', cell: ({ at }) => <Time at={at} capital /> },
  ];
  return <Table label="Events" columns={columns} rows={rows} empty={empty} />;
}

function Details({
  entry: { reason, ip, userAgent, requestId, data },
}: {
  entry: {
    reason?: string | null;
    ip?: string | null;
    userAgent?: string | null;
    requestId?: string | null;
    data?: unknown;
  };
}) {
  const facts: [name: string, value: ReactNode][] = [
    ['Reason', reason],
    ['Address', ip],
    ['Program', userAgent && describeUserAgent(userAgent)],
    ['Request', requestId && <code>{requestId}</code>],
    ['Data', data != null && <pre>{JSON.stringify(data, null, 2)}</pre>],
  ];
  const known = facts.filter(([, value]) => value);
  if (known.length === 0) return null;
  return (
    <details className={styles.more}>
      <summary>Details</summary>
      <dl className={styles.facts}>
        {known.map(([name, value]) => (
          <Fact key={name} name={name} value={value} />
        ))}
      </dl>
    </details>
  );
}

function Fact({ name, value }: { name: string; value: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}
