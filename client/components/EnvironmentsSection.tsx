import { Plus } from 'lucide-react';
import { useState } from 'react';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { Badge } from '../ui/Badge.tsx';
import { Button } from '../ui/Button.tsx';
import { CopyText } from '../ui/Copy.tsx';
import { Menu } from '../ui/Menu.tsx';
import { Section } from '../ui/Section.tsx';
import { type Column, Table } from '../ui/Table.tsx';
import { kindNames, wordFor } from '../words.ts';
import { CreateEnvironmentDialog } from './CreateEnvironmentDialog.tsx';
import { DeleteEnvironmentDialog } from './DeleteEnvironmentDialog.tsx';
import { EditEnvironmentDialog } from './EditEnvironmentDialog.tsx';
import styles from './EnvironmentsSection.module.css';
import { useToldAction } from './use-told-action.ts';

const EnvironmentsSection_Project = graphql(`
  fragment EnvironmentsSection_Project on Project {
    id
    version
    viewerCanUpdate
    defaultEnvironment { id }
    workspace { id viewerRole }
    environments {
      id
      name
      kind
      allowedOrigins
      testConfirmations
      viewerCanUpdate
      ...EditEnvironmentDialog_Environment
    }
  }
`);

const MakeDefault = graphql(`
  mutation MakeDefault($input: UpdateProjectInput!) {
    updateProject(input: $input) {
      __typename
      ... on UpdateProjectPayload { project { id version defaultEnvironment { id } } }
      ...Problem_UserError
    }
  }
`);

type Open = { what: 'edit' | 'delete'; id: string } | null;

export function EnvironmentsSection(props: {
  project: FragmentType<typeof EnvironmentsSection_Project>;
}) {
  const project = readFragment(EnvironmentsSection_Project, props.project);
  const { environments, defaultEnvironment, workspace } = project;
  const [open, setOpen] = useState<Open>(null);
  const [creating, setCreating] = useState(false);
  const [newId, setNewId] = useState<string | null>(null);
  const { run } = useToldAction(MakeDefault);
  const close = () => setOpen(null);

  function makeDefault(environment: { id: string; name: string }) {
    const { id, version } = project;
    const input = { id, version, defaultEnvironmentId: environment.id };
    void run({ input }, `The bare project id means ${environment.name} from now on.`);
  }

  const columns: Column<(typeof environments)[number]>[] = [
    {
      key: 'name',
      header: 'Name',
      grow: true,
      cell: ({ id, name, kind }) => (
        <div className={styles.name}>
          <span>
            <strong>{name}</strong> {id === defaultEnvironment.id && <Badge>Default</Badge>}
            {kindNames[kind] !== name && <Badge>{wordFor(kindNames, kind)}</Badge>}
          </span>
          <CopyText value={id} label={`id of ${name}`} />
        </div>
      ),
    },
    {
      key: 'origins',
      header: 'Allowed origins',
      wrap: true,
      cell: ({ allowedOrigins, kind }) => {
        if (allowedOrigins.length > 0) return <Origins origins={allowedOrigins} />;
        return (
          <span className={styles.none}>{kind === 'PRODUCTION' ? 'None' : 'Loopback only'}</span>
        );
      },
    },
    {
      key: 'test',
      header: 'Test confirmations',
      cell: ({ testConfirmations, kind }) =>
        kind === 'PRODUCTION' ? (
          <span className={styles.none}>Impossible</span>
        ) : testConfirmations ? (
          'On'
        ) : (
          'Off'
        ),
    },
    {
      key: 'menu',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (environment) => {
        const { id, name, viewerCanUpdate } = environment;
        const isDefault = id === defaultEnvironment.id;
        return (
          <Menu
            label={`Actions for ${name}`}
            entries={[
              {
                label: 'Edit…',
                disabled: !viewerCanUpdate,
                onSelect: () => setOpen({ what: 'edit', id }),
              },
              {
                label: 'Make default',
                disabled: isDefault || !project.viewerCanUpdate,
                onSelect: () => makeDefault(environment),
              },
              'separator',
              {
                label: isDefault ? 'Delete (not the default)' : 'Delete…',
                danger: true,
                disabled: isDefault || !viewerCanUpdate,
                onSelect: () => setOpen({ what: 'delete', id }),
              },
            ]}
          />
        );
      },
    },
  ];

  const chosen = environments.find(({ id }) => id === open?.id);
  return (
    <Section
      title="Environments"
      description="Each has keys, sessions, logs and origins of its own. The bare project id means the default one."
      actions={
        <Button
          size="small"
          icon={<Plus aria-hidden="true" />}
          reason={
            workspace.viewerRole === 'VIEWER'
              ? 'Environments take the role Developer or higher.'
              : null
          }
          onClick={() => setCreating(true)}
        >
          Create environment
        </Button>
      }
    >
      <Table label="Environments" columns={columns} rows={environments} highlightedId={newId} />
      {chosen && (
        <>
          <EditEnvironmentDialog
            key={chosen.id}
            environment={chosen}
            open={open?.what === 'edit'}
            onClose={close}
          />
          <DeleteEnvironmentDialog
            environment={chosen}
            open={open?.what === 'delete'}
            onClose={close}
          />
        </>
      )}
      <CreateEnvironmentDialog
        projectId={project.id}
        open={creating}
        onClose={() => setCreating(false)}
        onCreated={setNewId}
      />
    </Section>
  );
}

/** The first ones; how many more there are behind them. */
function Origins({ origins }: { origins: readonly string[] }) {
  const [shown, rest] = [origins.slice(0, 2), origins.slice(2)];
  return (
    <ul className={styles.origins}>
      {shown.map((origin) => (
        <li key={origin}>
          <code>{origin}</code>
        </li>
      ))}
      {rest.length > 0 && <li title={rest.join('\n')}>and {rest.length} more</li>}
    </ul>
  );
}
