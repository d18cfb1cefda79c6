/**
 * The typed way to Latchkey's API, for browsers and Node alike.
 *
 *     const client = createLatchkeyClient({ url: 'https://auth.example.com', apiKey });
 *     const { startSession } = readAnswer(await client.mutation(StartSession, { input }));
 *     client.subscription(LiveCounts, {}).subscribe((result) => show(readAnswer(result)));
 *
 * What a caller can expect to go wrong is a member of `startSession`'s union, in the data. What is
 * refused or broken beyond that is a LatchkeyError.
 *
 * Queries and mutations go by POST. Subscriptions share one WebSocket, which is made anew whenever it is
 * lost: `client.live` tells of that.
 */
import {
  type AnyVariables,
  Client,
  type CombinedError,
  type Exchange,
  fetchExchange,
  makeOperation,
  type OperationResult,
  subscriptionExchange,
} from '@urql/core';
import {
  createLiveConnection,
  type LiveConnection,
  type LiveTransport,
} from './live-connection.ts';
import type { WebSocketClass } from './live-socket.ts';

export interface LatchkeyClientOptions {
  /** Where the server is, such as https://auth.example.com. Only its origin counts. */
  url: string;
  /**
   * A secret key on servers, a publishable key in browsers and apps; a function where it may change, which
   * is asked for each request and connection. Left out, both carry the browser's sign-in cookie, or come
   * from nobody.
   */
  apiKey?: string | (() => string | undefined);
  /** Sends the requests; the platform's own if left out. */
  fetch?: typeof fetch;
  /** Opens the sockets; the platform's own if left out. Node 20 has none: give it that of the package ws. */
  webSocket?: WebSocketClass;
  /** What stands before the network, such as a cache. None if left out: every query is sent. */
  exchanges?: readonly Exchange[];
}

export interface LatchkeyClient extends Client {
  /** The connection behind the subscriptions. A program that is done disposes of it. */
  readonly live: LiveConnection;
}

/** A client that sends its key in a header and a first message only, never in a URL. */
export function createLatchkeyClient(options: LatchkeyClientOptions): LatchkeyClient {
  const { url, exchanges = [], webSocket } = options;
  const apiKey = () => (typeof options.apiKey === 'function' ? options.apiKey() : options.apiKey);
  const live = createLiveConnection({ url, apiKey, webSocket });
  const client: Client = new Client({
    url: `${new URL(url).origin}/graphql`,
    fetch: options.fetch,
    // Otherwise short queries go by GET, and client secrets and link tokens end up in access logs.
    preferGetMethod: false,
    fetchOptions: () => requestOptions(apiKey()),
    exchanges: [...exchanges, createSubscriptions(live, () => client), fetchExchange],
  });
  return Object.assign(client, { live });
}

function requestOptions(apiKey: string | undefined): RequestInit {
  return {
    headers: apiKey === undefined ? {} : { 'x-api-key': apiKey },
    // A key and a sign-in cookie together are refused: they may not belong together.
    credentials: apiKey === undefined ? 'same-origin' : 'omit',
    // fetch would follow to another host, and take X-API-Key along.
    redirect: 'error',
  };
}

function createSubscriptions(live: LiveTransport, client: () => Client): Exchange {
  return subscriptionExchange({
    forwardSubscription: ({ query = '', variables, operationName }, operation) => ({
      subscribe(sink) {
        let hasFailed = false;
        const unsubscribe = live.subscribe(
          { query, variables: variables as Record<string, unknown>, operationName },
          {
            next(result) {
              // Unless there are new errors, urql tells the last ones again with each result.
              sink.next(hasFailed ? { errors: [], ...result } : result);
              hasFailed = result.errors !== undefined;
            },
            fail: (errors) => sink.next({ errors, hasNext: false }),
            // sink.complete would have urql tell the last result a second time.
            complete: () =>
              client().reexecuteOperation(makeOperation('teardown', operation, operation.context)),
          },
        );
        return { unsubscribe };
      },
    }),
  });
}

/** A request that was refused as a whole or in part, that failed, or that nobody answered. */
export class LatchkeyError extends Error {
  /** The word to match on, such as UNAUTHENTICATED; null where GraphQL was not reached. */
  readonly code: string | null;
  /** Why the credential was refused, such as INACTIVE or SIGNED_OUT, where that is known; else null. */
  readonly reason: string | null;
  /** What the server's log knows the request by; null where nobody answered, and of a closed socket. */
  readonly requestId: string | null;
  /** The HTTP status; null where nobody answered, and over a WebSocket. */
  readonly status: number | null;
  /** After how many seconds another attempt is worth making; null where the server does not say. */
  readonly retryAfterSeconds: number | null;
  /** Which field of the answer the error stands for, such as `project.name`; null for all of it. */
  readonly path: string | null;

  /** @param error as urql reports it; the first of several errors is the one that is told */
  constructor(error: CombinedError) {
    const [first] = error.graphQLErrors;
    const response: Response | undefined = error.response;
    super(first?.message ?? messageOf(error.networkError, response), { cause: error });
    this.name = 'LatchkeyError';
    this.code = textOf(first?.extensions.code);
    this.reason = textOf(first?.extensions.reason);
    this.requestId =
      textOf(first?.extensions.requestId) ?? response?.headers.get('x-request-id') ?? null;
    this.status = response?.status ?? null;
    const retryAfter = first?.extensions.retryAfterSeconds;
    this.retryAfterSeconds = typeof retryAfter === 'number' ? retryAfter : null;
    this.path = first?.path?.join('.') ?? null;
  }
}

/** What is asked for is not there, or not for who asks: that is an answer, and stays one. */
export function isRefusal({ code }: LatchkeyError): boolean {
  return code === 'NOT_FOUND' || code === 'FORBIDDEN' || code === 'UNAUTHENTICATED';
}

/**
 * The data of a finished operation.
 *
 * @throws {LatchkeyError} there is none, or not all of it
 */
export function readAnswer<Data, Variables extends AnyVariables>({
  data,
  error,
}: Pick<OperationResult<Data, Variables>, 'data' | 'error'>): Data {
  if (error) throw new LatchkeyError(error);
  // urql makes an error of an answer that has neither data nor errors, so this is for the types.
  if (data === undefined) throw new Error('The operation has not finished.');
  return data;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** Without an answer in GraphQL there is only what fetch or a proxy says. */
function messageOf(cause: Error | undefined, response: Response | undefined): string {
  if (response) return `The server answered HTTP ${response.status} without GraphQL.`;
  const { code, message } = (cause?.cause ?? cause ?? {}) as { code?: string; message?: string };
  return ['The server did not answer', message || code].filter(Boolean).join(': ');
}
