/** What pages know of the live connection. Subscriptions themselves go by urql's `useSubscription`. */
import { useCallback, useSyncExternalStore } from 'react';
import { useClient } from 'urql';
import type { LiveStatus } from './live-connection.ts';
import type { LatchkeyClient } from './urql.ts';

/** Whether the subscriptions of this page are told of changes, and since when not. */
export function useLiveStatus(): LiveStatus {
  const { live } = useClient() as LatchkeyClient;
  return useSyncExternalStore(
    useCallback((listener) => live.onStatus(listener), [live]),
    () => live.status,
  );
}
