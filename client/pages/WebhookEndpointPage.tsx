import { useLocation, useParams } from 'wouter';
import { Answer } from '../answers.tsx';
import { Refused } from '../components/Failure.tsx';
import { PageHeader } from '../components/PageHeader.tsx';
import {
  WebhookDeliveries,
  WebhookDeliveries_WebhookEndpoint,
} from '../components/WebhookDeliveries.tsx';
import { WebhookDeliveryDialog } from '../components/WebhookDeliveryDialog.tsx';
import { WebhookMenu } from '../components/WebhookMenu.tsx';
import { WebhookSummary } from '../components/WebhookSummary.tsx';
import { webhookRoleNote } from '../components/webhook-role.ts';
import { deliveryStatuses } from '../components/webhook-words.ts';
import type { DeliveryStatus } from '../gql/graphql.ts';
import { graphql, readFragment } from '../gql/index.ts';
import { useEnvironmentId, useSearchState } from '../location.ts';
import { usePagedAnswer } from '../paged-answer.ts';
import { paths } from '../paths.ts';
import { Notice } from '../ui/Notice.tsx';
import { TableSkeleton } from '../ui/Skeleton.tsx';
import styles from './WebhookEndpointPage.module.css';

const WebhookEndpoint = graphql(`
  query WebhookEndpoint($id: ID!, $first: Int!, $after: String, $status: DeliveryStatus) {
    node(id: $id) {
      __typename
      id
      ... on WebhookEndpoint {
        url
        environment { id name kind viewerCanManageKeys project { id } }
        ...WebhookSummary_WebhookEndpoint
        ...WebhookMenu_WebhookEndpoint
        ...WebhookDeliveries_WebhookEndpoint
      }
    }
  }
`);

const first = 25;

export default function WebhookEndpointPage() {
  const { projectId = '', endpointId = '' } = useParams();
  const environmentId = useEnvironmentId();
  const [wanted] = useSearchState('status');
  const [deliveryId, openDelivery] = useSearchState('delivery');
  const status = wanted in deliveryStatuses ? (wanted as DeliveryStatus) : null;
  const variables = { id: endpointId, first, after: null, status };
  const answer = usePagedAnswer(WebhookEndpoint, variables, ({ node }) =>
    node?.__typename === 'WebhookEndpoint'
      ? readFragment(WebhookDeliveries_WebhookEndpoint, node).deliveries
      : null,
  );
  const [, navigate] = useLocation();
  const found = answer.data?.node;
  const shown = found?.__typename === 'WebhookEndpoint' ? found : null;
  const environment = shown?.environment;
  const canManage = environment?.viewerCanManageKeys ?? false;
  return (
    <>
      <PageHeader
        title={shown?.url ?? 'Webhook endpoint'}
        description={environment && `Endpoint of ${environment.name}`}
        operation={{ query: WebhookEndpoint, variables }}
        actions={
          shown && (
            <WebhookMenu
              endpoint={shown}
              canManage={canManage}
              onDeleted={() =>
                navigate(paths.webhooks(projectId, { environment: environmentId }), {
                  replace: true,
                })
              }
            />
          )
        }
      />
      <Answer keep of={answer} loading={<TableSkeleton rows={5} />}>
        {({ node }) => {
          if (node?.__typename !== 'WebhookEndpoint' || node.environment.project.id !== projectId) {
            return <Refused />;
          }
          return (
            <div className={styles.page}>
              {!canManage && (
                <Notice>{webhookRoleNote(node.environment.kind)} You may look.</Notice>
              )}
              <WebhookSummary endpoint={node} />
              <WebhookDeliveries
                endpoint={node}
                canManage={canManage}
                status={status}
                more={answer.more}
              />
              <WebhookDeliveryDialog
                id={deliveryId || null}
                canManage={canManage}
                onClose={() => openDelivery('')}
              />
            </div>
          );
        }}
      </Answer>
    </>
  );
}
