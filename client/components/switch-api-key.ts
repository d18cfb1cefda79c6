import { graphql } from '../gql/index.ts';

/** Switches a key off, or on again. */
export const SwitchApiKey = graphql(`
  mutation SwitchApiKey($input: UpdateApiKeyInput!) {
    updateApiKey(input: $input) {
      __typename
      ... on UpdateApiKeyPayload { apiKey { id active status version } }
      ...Problem_UserError
    }
  }
`);
