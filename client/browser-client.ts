/** The dashboard's clients: the typed client of urql.ts with a cache, and what keeps that fresh. */
import { type Exchange, mapExchange } from '@urql/core';
import { createCache } from './cache.ts';
import { createRefreshing } from './refresh.ts';
import { createLatchkeyClient, type LatchkeyClient } from './urql.ts';

/**
 * Asks as whoever is signed in.
 *
 * @param onSignedOut the server no longer knows who asks
 */
export function createBrowserClient(onSignedOut: () => void): LatchkeyClient {
  const signedOut = mapExchange({
    onError({ graphQLErrors }) {
      const codes = graphQLErrors.map(({ extensions }) => extensions.code);
      if (codes.includes('UNAUTHENTICATED')) onSignedOut();
    },
  });
  return createFreshClient([signedOut]);
}

/**
 * Asks as nobody, whoever is signed in: what a link opens is the same for everybody, and a cookie that
 * has ended would have the request refused. For queries and mutations: a socket takes the cookie along.
 */
export function createVisitorClient(): LatchkeyClient {
  return createFreshClient([], (input, init) => fetch(input, { ...init, credentials: 'omit' }));
}

function createFreshClient(exchanges: Exchange[], fetchAs?: typeof fetch): LatchkeyClient {
  const refreshing = createRefreshing(() => client);
  const client: LatchkeyClient = createLatchkeyClient({
    url: location.origin,
    fetch: fetchAs,
    exchanges: [refreshing.exchange, ...exchanges, createCache()],
  });
  client.live.onReconnected(refreshing.refresh);
  return client;
}
