/** What the demonstration of live subscriptions asks, beside the documents of the other one. */
import { graphql } from './gql/index.ts';

export const LiveCounts = graphql(`
  subscription LiveCounts {
    liveSessionCounts {
      pending
      lifetime { started confirmed cancelled expired used }
    }
  }
`);

export const WaitForSession = graphql(`
  subscription WaitForSession($clientSecret: String!) {
    sessionChanged(clientSecret: $clientSecret) { status exchangeableUntil }
  }
`);

export const LogTail = graphql(`
  subscription LogTail($projectId: ID!, $after: String) {
    logAppended(projectId: $projectId, after: $after) { id at ...LogLine_LogEntry }
  }
`);

export const LookAtKey = graphql(`
  query LookAtKey {
    viewerKey { id name }
  }
`);

export const DeleteKey = graphql(`
  mutation DeleteKey($input: DeleteApiKeyInput!) {
    deleteApiKey(input: $input) {
      __typename
      ... on DeleteApiKeyPayload { deletedId }
      ... on UserError { code message }
    }
  }
`);
