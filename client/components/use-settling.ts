import { useEffect } from 'react';
import { useClient } from 'urql';
import { graphql } from '../gql/index.ts';
import { useNow } from '../ui/Time.tsx';

const Settling = graphql(`
  query Settling($ids: [ID!]!) {
    nodes(ids: $ids) {
      __typename
      id
      ... on WebhookEndpoint {
        active
        disabledReason
        consecutiveFailures
        lastSuccessAt
        version
      }
      ... on WebhookDelivery {
        status
        nextAttemptAt
        ...DeliveryAttempts_WebhookDelivery
      }
    }
  }
`);

const soonMs = 10_000;
const lookEveryMs = 1_500;
const watchedMax = 20;

interface Delivery {
  id: string;
  status: string;
  nextAttemptAt?: string | null;
}

/**
 * Looks again at deliveries that are due, and at their endpoint, until they are settled: nothing is
 * pushed of them. The cache takes what is found, and shows it wherever it stands.
 */
export function useSettling(endpointId: string | null, deliveries: readonly Delivery[]): void {
  const client = useClient();
  const now = useNow();
  const due = deliveries
    .filter(({ status }) => status === 'PENDING')
    .filter(({ nextAttemptAt }) => !nextAttemptAt || Date.parse(nextAttemptAt) < now + soonMs)
    .slice(0, watchedMax)
    .map(({ id }) => id)
    .join();
  useEffect(() => {
    if (due === '') return;
    const ids = due.split(',');
    if (endpointId) ids.push(endpointId);
    const timer = setInterval(() => {
      if (document.hidden) return;
      void client.query(Settling, { ids }, { requestPolicy: 'network-only' }).toPromise();
    }, lookEveryMs);
    return () => clearInterval(timer);
  }, [client, endpointId, due]);
}
