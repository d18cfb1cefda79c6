import { graphql } from '../gql/index.ts';

/** Apart from its table, which the page loads only once it is wanted. */
export const LogEvents = graphql(`
  query LogEvents($scopeId: ID!, $first: Int!, $after: String, $filter: LogFilter) {
    node(id: $scopeId) {
      id
      ... on ActivityScope {
        logs(first: $first, after: $after, filter: $filter) {
          edges { node { id ...EventsTable_LogEntry } }
          pageInfo { hasNextPage startCursor endCursor }
          searchedUntil
        }
      }
    }
  }
`);
