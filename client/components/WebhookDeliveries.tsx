import { Link } from 'wouter';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { useEnvironmentId, useSearchState } from '../location.ts';
import type { More } from '../paged-answer.ts';
import { paths } from '../paths.ts';
import { Status } from '../ui/Badge.tsx';
import { Button } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';
import { SelectField } from '../ui/Field.tsx';
import { Section } from '../ui/Section.tsx';
import { type Column, Table } from '../ui/Table.tsx';
import { Time } from '../ui/Time.tsx';
import { ShowMore } from './ShowMore.tsx';
import { useSettling } from './use-settling.ts';
import { useTestWebhook } from './use-test-webhook.ts';
import styles from './WebhookDeliveries.module.css';
import { noWebhookRole } from './webhook-role.ts';
import { deliveryStatus, deliveryStatuses } from './webhook-words.ts';

export const WebhookDeliveries_WebhookEndpoint = graphql(`
  fragment WebhookDeliveries_WebhookEndpoint on WebhookEndpoint {
    id
    active
    environment { id project { id } }
    deliveries(first: $first, after: $after, status: $status) {
      edges {
        node {
          id
          eventType
          createdAt
          status
          nextAttemptAt
          attempts { at durationMs responseStatus error }
        }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

/** What was and is to be sent to an endpoint, newest first. */
export function WebhookDeliveries({
  canManage,
  status,
  more,
  ...props
}: {
  endpoint: FragmentType<typeof WebhookDeliveries_WebhookEndpoint>;
  canManage: boolean;
  status: string | null;
  more: More;
}) {
  const endpoint = readFragment(WebhookDeliveries_WebhookEndpoint, props.endpoint);
  const { id, active, environment, deliveries } = endpoint;
  const rows = deliveries.edges.map(({ node }) => node);
  const environmentId = useEnvironmentId();
  const [, filter] = useSearchState('status');
  const sendTest = useTestWebhook(id);
  useSettling(id, rows);

  const columns: Column<(typeof rows)[number]>[] = [
    {
      key: 'event',
      header: 'Event',
      cell: (delivery) => (
        <Link
          href={paths.webhookEndpoint(environment.project.id, id, {
            environment: environmentId,
            status: status ?? undefined,
            delivery: delivery.id,
          })}
          className={styles.event}
        >
          {delivery.eventType}
        </Link>
      ),
    },
    {
      key: 'status',
      header: 'Status',
      cell: (delivery) => {
        const { tone, word } = deliveryStatus(delivery.status);
        return <Status tone={tone}>{word}</Status>;
      },
    },
    {
      key: 'answer',
      header: 'Last answer',
      grow: true,
      cell: ({ attempts }) => <LastAnswer attempt={attempts.at(-1)} />,
    },
    { key: 'attempts', header: 'Attempts', cell: ({ attempts }) => attempts.length },
    {
      key: 'next',
      header: 'Next attempt',
      cell: ({ nextAttemptAt }) =>
        nextAttemptAt ? <Time at={nextAttemptAt} capital /> : <span aria-hidden="true">–</span>,
    },
    { key: 'at', header: 'Happened', cell: ({ createdAt }) => <Time at={createdAt} capital /> },
  ];

  return (
    <Section
      title="Deliveries"
      actions={
        <>
          <SelectField
            label="Status"
            hideLabel
            value={status ?? ''}
            onChange={(event) => filter(event.target.value)}
          >
            <option value="">All</option>
            {Object.entries(deliveryStatuses).map(([value, { word }]) => (
              <option key={value} value={value}>
                {word}
              </option>
            ))}
          </SelectField>
          <Button
            busy={sendTest.busy}
            reason={!canManage ? noWebhookRole : active ? null : 'The endpoint is switched off.'}
            onClick={sendTest.send}
          >
            Send test
          </Button>
        </>
      }
    >
      <Table
        label="Deliveries"
        columns={columns}
        rows={rows}
        empty={
          status ? (
            <Empty
              title="No delivery stands so"
              action={<Button onClick={() => filter('')}>Show all</Button>}
            />
          ) : (
            <Empty title="Nothing was sent yet">
              <p>Send a test, or start a session in this environment.</p>
            </Empty>
          )
        }
      />
      <ShowMore more={more} />
    </Section>
  );
}

function LastAnswer({
  attempt,
}: {
  attempt?: { durationMs: number; responseStatus?: number | null; error?: string | null };
}) {
  if (!attempt) return <span className={styles.muted}>None yet</span>;
  const { responseStatus, durationMs, error } = attempt;
  return (
    <span className={styles.muted}>
      {responseStatus ? `${responseStatus} in ${durationMs} ms` : error}
    </span>
  );
}
