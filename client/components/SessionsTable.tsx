import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { Status } from '../ui/Badge.tsx';
import { type Column, Table } from '../ui/Table.tsx';
import { Time } from '../ui/Time.tsx';
import { sessionStatus } from '../words.ts';

const SessionsTable_AuthSession = graphql(`
  fragment SessionsTable_AuthSession on AuthSession {
    id
    status
    subject { provider id name }
    createdAt
    confirmedAt
  }
`);

/** One row a session: whose it is, where it stands. */
export function SessionsTable({
  sessions,
  hrefOf,
  empty,
}: {
  sessions: readonly FragmentType<typeof SessionsTable_AuthSession>[];
  /** Where a session's timeline is. */
  hrefOf: (id: string) => string;
  empty: ReactNode;
}) {
  const rows = sessions.map((session) => readFragment(SessionsTable_AuthSession, session));
  const columns: Column<(typeof rows)[number]>[] = [
    {
      key: 'id',
      header: 'Session',
      cell: ({ id }) => (
        <Link href={hrefOf(id)}>
          <code>{id}</code>
        </Link>
      ),
    },
    {
      key: 'user',
      header: 'User',
      grow: true,
      cell: ({ subject }) =>
        subject ? (subject.name ?? `${subject.provider}:${subject.id}`) : '–',
    },
    {
      key: 'status',
      header: 'Status',
      cell: ({ status }) => {
        const { tone, word } = sessionStatus(status);
        return <Status tone={tone}>{word}</Status>;
      },
    },
    { key: 'created', header: 'Created', cell: ({ createdAt }) => <Time at={createdAt} capital /> },
    {
      key: 'confirmed',
      header: 'Confirmed',
      cell: ({ confirmedAt }) => (confirmedAt ? <Time at={confirmedAt} capital /> : '–'),
    },
  ];
  return <Table label="Sessions" columns={columns} rows={rows} empty={empty} />;
}
