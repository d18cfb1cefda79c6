import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { paths } from '../paths.ts';
import { Status } from '../ui/Badge.tsx';
import { CopyText } from '../ui/Copy.tsx';
import { formatCount } from '../ui/numbers.ts';
import { type Column, Table } from '../ui/Table.tsx';
import { Time } from '../ui/Time.tsx';
import { ProjectMenu } from './ProjectMenu.tsx';
import styles from './ProjectsTable.module.css';
import { shortenKey } from './shorten-key.ts';

const ProjectsTable_Project = graphql(`
  fragment ProjectsTable_Project on Project {
    id
    name
    active
    createdAt
    defaultEnvironment {
      id
      secretKey: primaryKey(type: SECRET) { id preview }
      publishableKey: primaryKey(type: PUBLISHABLE) { id publishableValue }
    }
    sessionCounts { id lifetime { started confirmed } }
    ...ProjectMenu_Project
  }
`);

type Project = FragmentType<typeof ProjectsTable_Project>;

export function ProjectsTable({
  projects,
  empty,
}: {
  projects: readonly Project[];
  empty: ReactNode;
}) {
  const rows = projects.map((project) => readFragment(ProjectsTable_Project, project));
  const columns: Column<(typeof rows)[number]>[] = [
    {
      key: 'name',
      header: 'Name',
      grow: true,
      cell: ({ id, name }) => (
        <Link href={paths.settings(id)} className={styles.name}>
          {name}
        </Link>
      ),
    },
    {
      key: 'keys',
      header: 'Keys',
      cell: ({ defaultEnvironment: { secretKey, publishableKey } }) => (
        <div className={styles.keys}>
          {publishableKey?.publishableValue && (
            <CopyText value={publishableKey.publishableValue} label="publishable key">
              {shortenKey(publishableKey.publishableValue)}
            </CopyText>
          )}
          {secretKey && (
            <code className={styles.secret} title="A secret key is shown once, when it is made.">
              {secretKey.preview}
            </code>
          )}
          {!publishableKey && !secretKey && <span className={styles.none}>None active</span>}
        </div>
      ),
    },
    { key: 'created', header: 'Created', cell: ({ createdAt }) => <Time at={createdAt} capital /> },
    {
      key: 'status',
      header: 'Status',
      cell: ({ active }) => (
        <Status tone={active ? 'positive' : 'neutral'}>{active ? 'Active' : 'Inactive'}</Status>
      ),
    },
    {
      key: 'sessions',
      header: 'Sessions',
      align: 'end',
      cell: ({ sessionCounts: { lifetime } }) => (
        <span className="number">{formatCount(lifetime.started)}</span>
      ),
    },
    {
      key: 'confirmed',
      header: 'Confirmed',
      align: 'end',
      cell: ({ sessionCounts: { lifetime } }) => (
        <span className="number">{formatCount(lifetime.confirmed)}</span>
      ),
    },
    {
      key: 'menu',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (project) => <ProjectMenu project={project} />,
    },
  ];
  return <Table label="Projects" columns={columns} rows={rows} empty={empty} />;
}
