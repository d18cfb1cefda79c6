import { type ExecutionArgs, type ExecutionResult, execute, type GraphQLSchema } from 'graphql';
import { isAsyncIterable, mapAsyncIterator, type Plugin, YogaServer } from 'graphql-yoga';
import type { Context } from '../../schema/builder.ts';
import type { Call } from '../domain/call.ts';
import { iterate, type LiveListener, LiveSource } from '../domain/live/source.ts';
import { useCostLimit } from './cost-limit.ts';
import { maskErrors, refuse, shownErrors } from './faults.ts';
import { useAuthenticatedIntrospection, useLimits, useSecretsByPostOnly } from './limits.ts';
import type { LiveResult, LiveResults } from './live-results.ts';
import { countOutcome, useOperationNotes } from './operation-figures.ts';

/** Yoga silent: whatever goes wrong passes through `maskErrors`, which logs it. */
const silent = { debug() {}, info() {}, warn() {}, error() {} };

export type GraphQL = YogaServer<Context, object>;

/**
 * GraphQL over HTTP by Yoga, from a request whose body is read and whose actor is known to a reply
 * that is not yet sent: parsing (kept per document), limits, execution, masking, content types.
 *
 * Yoga's own server around this, which knows how to read a Node request, was left out: our reading
 * and sending is a quarter faster (29,000 trivial queries a second against 21,000, 64 connections,
 * 2 cores, November 2026), and what it adds (CORS, GraphiQL, routes) we have rules of our own for.
 */
export function createGraphQL(
  schema: GraphQLSchema,
  live: LiveResults,
  { openIntrospection }: { openIntrospection: boolean },
): GraphQL {
  return new YogaServer<Context, object>({
    schema,
    plugins: [
      useOperationNotes(),
      useLimits(),
      useSecretsByPostOnly(schema),
      ...(openIntrospection ? [] : [useAuthenticatedIntrospection()]),
      useCostLimit(),
      useFormErrors(),
      useGraphQLExecution(),
      useKnownResults(),
      useMaskedFaults(),
      useLiveResults(live),
    ],
    logging: silent,
    maskedErrors: false, // by useMaskedFaults, which knows the request
    maxRequestBodySize: false, // by readBody
    multipart: false, // nothing takes a file
    batching: false,
    cors: false,
    graphiql: false,
    landingPage: false,
  });
}

function useMaskedFaults(): Plugin<object, Context> {
  return {
    onResultProcess({ result, setResult, serverContext: { call } }) {
      if (isAsyncIterable(result)) {
        setResult(mapAsyncIterator(result, (part: ExecutionResult) => maskErrors(part, call)));
        countOutcome(call, {});
      } else if (!Array.isArray(result)) {
        setResult(shownByHttp(result, call));
      }
    },
  };
}

/** A single result as it is sent over HTTP, whether Yoga sends it or not: masked, and counted. */
export function shownByHttp(result: ExecutionResult, call: Call): ExecutionResult {
  const shown = maskErrors(result, call);
  countOutcome(call, shown);
  return shown;
}

/** As over WebSockets. Yoga's own executor took 9 µs more of a trivial query (November 2026). */
function useGraphQLExecution(): Plugin {
  return {
    onExecute({ setExecuteFn }) {
      setExecuteFn(execute);
    },
  };
}

/** What was executed before Yoga was asked, and has errors: it knows how to answer them. */
function useKnownResults(): Plugin {
  return {
    onParams({ context, setResult }) {
      const { result } = context as { result?: ExecutionResult | null };
      if (result) setResult(result);
    },
  };
}

/** Subscriptions as event streams. The results are written already when Yoga sends them. */
function useLiveResults(live: LiveResults): Plugin<object, Context> {
  return {
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn(async (args: ExecutionArgs) => {
        const opened = await live.open(args);
        if (!(opened instanceof LiveSource)) return opened;
        const { call } = args.contextValue as Context;
        const onOverflow = () => overflows.get(call)?.();
        return iterate(endable(call, opened.listen), onOverflow) as AsyncGenerator<never>;
      });
    },
  };
}

/** How to end the stream of a request. */
const ends = new WeakMap<Call, (error: unknown) => void>();

/** Whether this request opened a subscription: else its event stream holds one result, and ends by itself. */
export function isLive(call: Call): boolean {
  return ends.has(call);
}

/** Ends the event stream of this request, if it has one. @param error the last that it tells */
export function endStream(call: Call, error: unknown): void {
  ends.get(call)?.(error);
}

/** What is to happen when the stream of a request is read too slowly. */
const overflows = new WeakMap<Call, () => void>();

/** @param then called when the event stream of this request ends because its reader is too slow */
export function whenOverflown(call: Call, then: () => void): void {
  overflows.set(call, then);
}

/** Streams are read later than they are made, and may have been ended by then. */
function endable(call: Call, listen: LiveSource<LiveResult>['listen']): typeof listen {
  let reader: LiveListener<LiveResult> | null = null;
  let last: LiveResult | null = null;
  const tellLast = () => {
    if (!reader || !last) return;
    void reader.next(last);
    reader.end();
  };
  ends.set(call, (error) => {
    const json = JSON.stringify({ errors: shownErrors([error], call) });
    last = { json, stringify: () => json };
    tellLast();
  });
  return (listener) => {
    reader = listener;
    if (!last) return listen(listener);
    tellLast();
    return () => {};
  };
}

/** Yoga takes variables that are no JSON for a fault of its own, in a URL and in a form. */
function useFormErrors(): Plugin {
  return {
    onRequestParse({ request, requestParser, setRequestParser }) {
      const isForm = request.headers.get('content-type')?.startsWith('application/x-www-form');
      if (!requestParser || !(isForm || request.method === 'GET')) return;
      setRequestParser(async (sent) => {
        try {
          return await requestParser(sent);
        } catch (error) {
          if (!(error instanceof SyntaxError)) throw error;
          throw refuse('GRAPHQL_INVALID', 'Variables and extensions must be JSON.', {
            status: 400,
          });
        }
      });
    },
  };
}
