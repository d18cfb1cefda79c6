import { graphql } from '../gql/index.ts';
import { useToldAction } from './use-told-action.ts';

const TestWebhook = graphql(`
  mutation TestWebhook($input: SendTestWebhookInput!) {
    sendTestWebhook(input: $input) {
      __typename
      ... on SendTestWebhookPayload { webhookDelivery { id status } }
      ...Problem_UserError
    }
  }
`);

/** Sends a test to an endpoint: what comes of it appears among the deliveries. */
export function useTestWebhook(id: string) {
  const { run, busy } = useToldAction(TestWebhook);
  return {
    busy,
    send: () => void run({ input: { id } }, 'The test is on its way: see the deliveries.'),
  };
}
