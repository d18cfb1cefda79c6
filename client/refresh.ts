import { type Client, type Exchange, makeOperation, mapExchange, type Operation } from '@urql/core';

export interface Refreshing {
  /**
   * Reads what is shown anew after every mutation that went through. A page has one query, and one for
   * each further page of its list, so no list can be forgotten that a mutation adds to.
   */
  exchange: Exchange;
  /** Reads what is shown anew, as after a time without news. */
  refresh: () => void;
}

export function createRefreshing(client: () => Client): Refreshing {
  const shown = new Map<number, Operation>();
  function refresh() {
    for (const query of shown.values()) {
      const context = { ...query.context, requestPolicy: 'network-only' as const };
      client().reexecuteOperation(makeOperation('query', query, context));
    }
  }
  const exchange = mapExchange({
    onOperation(operation) {
      if (operation.kind === 'query') shown.set(operation.key, operation);
      if (operation.kind === 'teardown') shown.delete(operation.key);
    },
    onResult({ operation, error }) {
      if (operation.kind === 'mutation' && !error) refresh();
    },
  });
  return { exchange, refresh };
}
