/**
 * What the browser knows of the API: one record for each thing with an id, and each page of a list. A
 * mutation's payload refreshes the records that it holds; lists are read anew (see refresh.ts).
 */
import type { Exchange } from '@urql/core';
import { cacheExchange, type Resolver, type UpdateResolver } from '@urql/exchange-graphcache';

/** Without an id of their own: kept with what holds them. */
const embedded = () => null;

export function createCache(): Exchange {
  return cacheExchange({
    possibleTypes: __POSSIBLE_TYPES__,
    keys: {
      Analytics: embedded,
      AnalyticsDay: embedded,
      AnalyticsTotals: embedded,
      Actor: embedded, // its id is another thing's, as that was then
      ApiKeyRefusals: embedded,
      ApiKeyRotation: embedded,
      ConfirmChannel: embedded,
      DeliveryAttempt: embedded,
      Membership: ({ user, workspace }) => pairKey(user, workspace),
      Percentiles: embedded,
      ServerInfo: embedded,
      SessionFunnel: embedded,
      SessionToConfirm: embedded,
      SessionTotals: embedded,
      Subject: embedded,
      ValidationIssue: embedded,
      Viewer: embedded,
      // Watching is not seeing: never one record with the AuthSession of that id.
      WatchedSession: embedded,
    },
    resolvers: {
      Query: {
        // What a list has loaded need not be loaded again for its page.
        project: knownAs('Project'),
        workspace: knownAs('Workspace'),
        environment: knownAs('Environment'),
        apiKey: knownAs('ApiKey'),
        authSession: knownAs('AuthSession'),
      },
    },
    updates: {
      Mutation: {
        deleteProject: removes('Project'),
        deleteEnvironment: removes('Environment'),
        deleteApiKey: removes('ApiKey'),
        deleteWorkspace: removes('Workspace'),
        deleteWebhookEndpoint: removes('WebhookEndpoint'),
      },
    },
  });
}

/** The record with the id that is asked for, unless the server said that there is none. */
function knownAs(typeName: string): Resolver {
  return (_parent, args, cache, { fieldName }) => {
    const answered = cache.resolve('Query', fieldName, args);
    return answered === undefined ? { __typename: typeName, id: String(args.id) } : answered;
  };
}

function pairKey(...things: unknown[]): string | null {
  const ids = things.map((thing) => (thing as { id?: unknown } | undefined)?.id);
  return ids.every((id) => typeof id === 'string') ? ids.join(':') : null;
}

/** The record of `deletedId` is gone, and every list that held it is incomplete. */
function removes(typeName: string): UpdateResolver {
  return (result, _args, cache) => {
    for (const answer of Object.values(result)) {
      const id = (answer as { deletedId?: string } | null)?.deletedId;
      if (id) cache.invalidate({ __typename: typeName, id });
    }
  };
}
