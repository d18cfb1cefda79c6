import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { paths } from '../paths.ts';
import { Status } from '../ui/Badge.tsx';
import { CopyText } from '../ui/Copy.tsx';
import { type Column, Table } from '../ui/Table.tsx';
import { Time } from '../ui/Time.tsx';
import { keyStatus } from '../words.ts';
import styles from './ApiKeysTable.module.css';
import { shortenKey } from './shorten-key.ts';

const WorkspaceKeysTable_ApiKey = graphql(`
  fragment WorkspaceKeysTable_ApiKey on ApiKey {
    id
    name
    status
    preview
    publishableValue
    lastUsedAt
    project { id name }
    environment { id name }
  }
`);

/** The keys of many projects: to find one, and go where it is managed. */
export function WorkspaceKeysTable({
  keys,
  empty,
}: {
  keys: readonly FragmentType<typeof WorkspaceKeysTable_ApiKey>[];
  empty: ReactNode;
}) {
  const rows = keys.map((key) => readFragment(WorkspaceKeysTable_ApiKey, key));
  const columns: Column<(typeof rows)[number]>[] = [
    {
      key: 'name',
      header: 'Name',
      grow: true,
      cell: ({ name, project, environment }) => (
        <Link
          href={paths.keys(project.id, { environment: environment.id })}
          className={styles.link}
        >
          {name}
        </Link>
      ),
    },
    { key: 'project', header: 'Project', wrap: true, cell: ({ project }) => project.name },
    {
      key: 'environment',
      header: 'Environment',
      cell: ({ environment }) => environment.name,
    },
    {
      key: 'key',
      header: 'Key',
      cell: ({ preview, publishableValue }) =>
        publishableValue ? (
          <CopyText value={publishableValue} label="publishable key">
            {shortenKey(publishableValue)}
          </CopyText>
        ) : (
          <code className={styles.preview}>{preview}</code>
        ),
    },
    {
      key: 'status',
      header: 'Status',
      cell: ({ status }) => {
        const { tone, word } = keyStatus(status);
        return <Status tone={tone}>{word}</Status>;
      },
    },
    {
      key: 'used',
      header: 'Last used',
      cell: ({ lastUsedAt }) =>
        lastUsedAt ? <Time at={lastUsedAt} capital /> : <span className={styles.none}>Never</span>,
    },
  ];
  return <Table label="API keys" columns={columns} rows={rows} empty={empty} />;
}
