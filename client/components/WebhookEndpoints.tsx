import { Plus } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'wouter';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { useEnvironmentId } from '../location.ts';
import { paths } from '../paths.ts';
import { Button } from '../ui/Button.tsx';
import { CodeBlock } from '../ui/Code.tsx';
import { Empty } from '../ui/Empty.tsx';
import { Notice } from '../ui/Notice.tsx';
import { Section } from '../ui/Section.tsx';
import { type Column, Table } from '../ui/Table.tsx';
import { Time } from '../ui/Time.tsx';
import { AddWebhookDialog } from './AddWebhookDialog.tsx';
import { EventTypes } from './EventTypes.tsx';
import { receiverSnippet } from './receiver-snippet.ts';
import styles from './WebhookEndpoints.module.css';
import { WebhookHealth } from './WebhookHealth.tsx';
import { WebhookMenu } from './WebhookMenu.tsx';
import { noWebhookRole, webhookRoleNote } from './webhook-role.ts';

const WebhookEndpoints_Environment = graphql(`
  fragment WebhookEndpoints_Environment on Environment {
    id
    name
    kind
    viewerCanManageKeys
    webhookEndpoints {
      id
      url
      eventTypes
      lastSuccessAt
      ...WebhookHealth_WebhookEndpoint
      ...WebhookMenu_WebhookEndpoint
    }
  }
`);

const endpointsMax = 20;

/** The endpoints of an environment, with how they fare. */
export function WebhookEndpoints({
  projectId,
  ...props
}: {
  environment: FragmentType<typeof WebhookEndpoints_Environment>;
  projectId: string;
}) {
  const environment = readFragment(WebhookEndpoints_Environment, props.environment);
  const { kind, webhookEndpoints } = environment;
  // Webhooks take the same role as keys.
  const canManage = environment.viewerCanManageKeys;
  const environmentId = useEnvironmentId();
  const [adding, setAdding] = useState(false);
  const [newId, setNewId] = useState<string | null>(null);
  const isFull = webhookEndpoints.length >= endpointsMax;
  const note = canManage ? null : webhookRoleNote(kind);

  const add = (
    <Button
      look="primary"
      icon={<Plus aria-hidden="true" />}
      data-shortcut="c"
      reason={note ? noWebhookRole : isFull ? `An environment has at most ${endpointsMax}.` : null}
      onClick={() => setAdding(true)}
    >
      Add endpoint
    </Button>
  );
  const columns: Column<(typeof webhookEndpoints)[number]>[] = [
    {
      key: 'url',
      header: 'URL',
      grow: true,
      cell: ({ id, url }) => (
        <Link
          href={paths.webhookEndpoint(projectId, id, { environment: environmentId })}
          className={styles.url}
        >
          {url}
        </Link>
      ),
    },
    {
      key: 'types',
      header: 'Told of',
      wrap: true,
      cell: ({ eventTypes }) => <EventTypes types={eventTypes} />,
    },
    {
      key: 'health',
      header: 'Health',
      cell: (endpoint) => <WebhookHealth endpoint={endpoint} />,
    },
    {
      key: 'success',
      header: 'Last success',
      cell: ({ lastSuccessAt }) =>
        lastSuccessAt ? (
          <Time at={lastSuccessAt} capital />
        ) : (
          <span className={styles.muted}>Never</span>
        ),
    },
    {
      key: 'menu',
      header: 'Actions',
      hideHeader: true,
      align: 'end',
      cell: (endpoint) => <WebhookMenu endpoint={endpoint} canManage={canManage} />,
    },
  ];

  return (
    <div className={styles.page}>
      {note && <Notice>{note} You may look at all but secrets.</Notice>}
      <Section title="Endpoints" actions={webhookEndpoints.length > 0 && add}>
        <Table
          label="Endpoints"
          columns={columns}
          rows={webhookEndpoints}
          highlightedId={newId}
          empty={
            <Empty title="No endpoint yet" action={add}>
              <p>Add the URL of a server of yours. In Node, this receives and checks a message:</p>
              <CodeBlock label="the receiver" text={receiverSnippet} />
            </Empty>
          }
        />
      </Section>
      <AddWebhookDialog
        open={adding}
        environment={environment}
        onClose={() => setAdding(false)}
        onAdded={setNewId}
      />
    </div>
  );
}
