import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { Status } from '../ui/Badge.tsx';
import { formatCount } from '../ui/numbers.ts';

const WebhookHealth_WebhookEndpoint = graphql(`
  fragment WebhookHealth_WebhookEndpoint on WebhookEndpoint {
    active
    disabledReason
    consecutiveFailures
    lastSuccessAt
  }
`);

/** How an endpoint fares, in a word or two. */
export function WebhookHealth(props: {
  endpoint: FragmentType<typeof WebhookHealth_WebhookEndpoint>;
}) {
  const { active, disabledReason, consecutiveFailures, lastSuccessAt } = readFragment(
    WebhookHealth_WebhookEndpoint,
    props.endpoint,
  );
  if (!active) {
    return disabledReason ? (
      <span title={disabledReason}>
        <Status tone="negative">Disabled</Status>
      </span>
    ) : (
      <Status tone="neutral">Switched off</Status>
    );
  }
  if (consecutiveFailures > 0) {
    return <Status tone="caution">{formatCount(consecutiveFailures)} failed in a row</Status>;
  }
  if (!lastSuccessAt) return <Status tone="accent">Nothing sent yet</Status>;
  return <Status tone="positive">Working</Status>;
}
