/** Refuses operations that cost too much, before anything is executed, and tells what the others cost. */
import type { ExecutionResult, OperationTypeNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { costOf, type Operation } from './cost.ts';
import { refuse } from './faults.ts';
import { limits } from './limits.ts';

/** In the `extensions` of every result of an operation that was executed, or refused for this. */
export interface Cost {
  readonly requested: number;
  readonly maximum: number;
}

/**
 * @param type of the operation: a subscription is paid for with each of its events
 * @throws {GraphQLError} QUERY_TOO_COMPLEX, with the cost in its extensions
 */
export function demandAffordable(operation: Operation, type: `${OperationTypeNode}`): Cost {
  const maximum = type === 'subscription' ? limits.subscriptionCostMax : limits.costMax;
  const cost = { requested: costOf(operation), maximum };
  if (cost.requested <= cost.maximum) return cost;
  const { requested } = cost;
  throw refuse(
    'QUERY_TOO_COMPLEX',
    `The operation costs ${requested}, and may cost ${maximum} at most: ask for smaller pages, or for less of each thing.`,
    undefined,
    { cost },
  );
}

export function withCost<Result extends ExecutionResult>(result: Result, cost: Cost): Result {
  return { ...result, extensions: { ...result.extensions, cost } };
}

export function useCostLimit(): Plugin {
  return {
    onExecute({ args }) {
      const cost = demandAffordable(args, 'query');
      return {
        onExecuteDone({ result, setResult }) {
          setResult(withCost(result as ExecutionResult, cost));
        },
      };
    },
    onSubscribe({ args }) {
      demandAffordable(args, 'subscription');
    },
  };
}
