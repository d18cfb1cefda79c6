import {
  type Client,
  type CombinedError,
  type Exchange,
  makeOperation,
  mapExchange,
  type Operation,
  type OperationResult,
} from '@urql/core';
import { isRefusal, LatchkeyError } from './urql.ts';

export interface Refreshing {
  /**
   * Reads what is shown anew after every mutation that went through. A page has one query, and one for
   * each further page of its list, so no list can be forgotten that a mutation adds to. What fails is
   * answered with what is known, beside the error: a page stays, with what is typed into it.
   */
  exchange: Exchange;
  /** Reads what is shown anew, as after a time without news. */
  refresh: () => void;
}

interface Shown {
  query: Operation;
  /** What was answered last. */
  data?: unknown;
  /** Why the server did not answer the last time. */
  error?: CombinedError | undefined;
}

export function createRefreshing(client: () => Client): Refreshing {
  const shown = new Map<number, Shown>();
  function refresh() {
    for (const { query } of shown.values()) {
      const context = { ...query.context, requestPolicy: 'network-only' as const };
      client().reexecuteOperation(makeOperation('query', query, context));
    }
  }
  const exchange = mapExchange({
    onOperation(operation) {
      const { kind, key } = operation;
      if (kind === 'query') shown.set(key, { ...shown.get(key), query: operation });
      if (kind === 'teardown') shown.delete(key);
    },
    onResult(result) {
      const { operation, error } = result;
      if (operation.kind === 'mutation' && !error) refresh();
      const known = shown.get(operation.key);
      if (!known) return;
      if (isFailure(result)) {
        known.error = error;
        return { ...result, data: known.data };
      }
      known.data = result.data;
      // Another answer may have touched a record of it, which says nothing of what failed.
      if (isFromCache(result)) return { ...result, error: known.error };
      known.error = undefined;
    },
  });
  return { exchange, refresh };
}

function isFromCache({ operation: { context } }: OperationResult): boolean {
  return context.meta?.cacheOutcome === 'hit' || context.meta?.cacheOutcome === 'partial';
}

/** Nobody answered, or not with data. What is refused is not to be seen any more. */
function isFailure({ data, error }: OperationResult): boolean {
  return error !== undefined && data == null && !isRefusal(new LatchkeyError(error));
}
