import type { ReactNode } from 'react';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { Badge, Status } from '../ui/Badge.tsx';
import { CopyText } from '../ui/Copy.tsx';
import { type Column, Table } from '../ui/Table.tsx';
import { DateOf, Time, useNow } from '../ui/Time.tsx';
import { keyStatus } from '../words.ts';
import { ApiKeyMenu } from './ApiKeyMenu.tsx';
import styles from './ApiKeysTable.module.css';
import { RefusedCount } from './RefusedCount.tsx';
import { shortenKey } from './shorten-key.ts';

const ApiKeysTable_ApiKey = graphql(`
  fragment ApiKeysTable_ApiKey on ApiKey {
    id
    name
    status
    preview
    publishableValue
    createdAt
    createdBy { id name }
    regeneratedAt
    lastUsedAt
    lastUsedIp
    lastUsedUserAgent
    expiresAt
    ...RefusedCount_ApiKey
    ...ApiKeyMenu_ApiKey
  }
`);

const oldDays = 180;
const dayMs = 86_400_000;

export function ApiKeysTable({
  label,
  keys,
  canManage,
  highlightedId,
  empty,
}: {
  label: string;
  keys: readonly FragmentType<typeof ApiKeysTable_ApiKey>[];
  canManage: boolean;
  highlightedId: string | null;
  empty: ReactNode;
}) {
  const now = useNow();
  const rows = keys.map((key) => readFragment(ApiKeysTable_ApiKey, key));
  const columns: Column<(typeof rows)[number]>[] = [
    {
      key: 'name',
      header: 'Name',
      grow: true,
      cell: ({ name, createdBy }) => (
        <span
          className={styles.name}
          title={createdBy ? `Created by ${createdBy.name}` : undefined}
        >
          {name}
        </span>
      ),
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
          <code className={styles.preview} title="A secret key is shown once, when it is made.">
            {preview}
          </code>
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
      cell: ({ lastUsedAt, lastUsedIp, lastUsedUserAgent }) =>
        lastUsedAt ? (
          <span title={[lastUsedIp, lastUsedUserAgent].filter(Boolean).join(' · ')}>
            <Time at={lastUsedAt} capital />
          </span>
        ) : (
          <span className={styles.none}>Never</span>
        ),
    },
    {
      key: 'created',
      header: 'Created',
      cell: ({ createdAt, regeneratedAt }) => (
        <span className={styles.created}>
          <DateOf at={createdAt} />
          {now - Date.parse(regeneratedAt ?? createdAt) > oldDays * dayMs && (
            <Badge tone="caution">over {oldDays} days old</Badge>
          )}
        </span>
      ),
    },
    {
      key: 'expires',
      header: 'Expires',
      cell: ({ expiresAt }) =>
        expiresAt ? <Time at={expiresAt} capital /> : <span className={styles.none}>Never</span>,
    },
    {
      key: 'refused',
      header: 'Refused',
      align: 'end',
      cell: (apiKey) => <RefusedCount apiKey={apiKey} />,
    },
    {
      key: 'menu',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (apiKey) => <ApiKeyMenu apiKey={apiKey} canManage={canManage} />,
    },
  ];
  return (
    <Table
      label={label}
      columns={columns}
      rows={rows}
      highlightedId={highlightedId}
      empty={empty}
    />
  );
}
