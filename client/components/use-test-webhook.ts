import { useAction } from '../answers.tsx';
import { graphql } from '../gql/index.ts';
import { showToast } from '../ui/Toast.tsx';

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
  const { run, busy } = useAction(TestWebhook);
  return {
    busy,
    async send() {
      const done = await run({ input: { id } });
      showToast(
        done
          ? 'The test is on its way: see the deliveries.'
          : 'No test was sent: the endpoint was changed meanwhile. Look again.',
      );
      return done !== null;
    },
  };
}
