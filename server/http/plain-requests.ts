/**
 * The ordinary request: JSON by POST, one query or mutation, the reply JSON with nothing wrong in it.
 *
 * It is executed with Yoga's own functions, so every rule that is a plugin holds, and only the way
 * through a fetch Request and Response is left out: it was 40 of the 270 µs of processor time that
 * starting a session takes under load, and of the 95 of a trivial query (2 cores, November 2026).
 * Whatever is not ordinary, or goes wrong, is left to Yoga, which alone knows what to answer.
 */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { type ExecutionResult, getOperationAST } from 'graphql';
import type { Call } from '../domain/call.ts';
import { demandQueryLength } from './limits.ts';
import type { GraphQL } from './yoga.ts';

export interface PlainRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | null;
  readonly operationName?: string | null;
}

/**
 * What Yoga would take out of a body; null where it is for Yoga to say.
 *
 * @param body of a POST
 */
export function readPlainRequest(
  { 'content-type': type = '', accept }: IncomingHttpHeaders,
  body: string,
): PlainRequest | null {
  if (!/^application\/json(;|$)/.test(type) || plainReplyHeaders(accept) === null) return null;
  const sent = parseJson(body);
  if (!isObject(sent)) return null;
  const { query, variables, operationName, extensions, ...others } = sent;
  const isOrdinary =
    typeof query === 'string' &&
    (variables == null || isObject(variables)) &&
    (operationName == null || typeof operationName === 'string') &&
    (extensions == null || isObject(extensions));
  if (!isOrdinary) return null;
  for (const _ in others) return null;
  return { query, variables, operationName };
}

/**
 * Executes it once it is known to be in order.
 *
 * @returns null where nothing was executed: Yoga may begin anew
 */
export async function executePlainly(
  graphql: GraphQL,
  params: PlainRequest,
  call: Call,
): Promise<ExecutionResult | null> {
  const { parse, validate, execute, schema, contextFactory } = graphql.getEnveloped({
    call,
    params,
  } as never);
  const { query, variables, operationName } = params;
  let args: Parameters<typeof execute>[0];
  try {
    demandQueryLength(query);
    const document = parse(query);
    if (validate(schema, document).length > 0) return null;
    const operation = getOperationAST(document, operationName);
    if (!operation || operation.operation === 'subscription') return null;
    const contextValue = await contextFactory();
    args = { schema, document, contextValue, variableValues: variables, operationName };
  } catch {
    return null;
  }
  try {
    return (await execute(args)) as ExecutionResult;
  } catch (error) {
    return { errors: [error as never] };
  }
}

const common = { 'cache-control': 'no-store' };
const json = { 'content-type': 'application/json; charset=utf-8', ...common };
const newerJson = { 'content-type': 'application/graphql-response+json; charset=utf-8', ...common };

/** By what clients accept that want a single result, word for word, and what Yoga makes of it. */
const replyHeaders: ReadonlyMap<string, OutgoingHttpHeaders> = new Map([
  ['*/*', json],
  ['application/json', json],
  ['application/graphql-response+json', newerJson],
  // Apollo Client, and urql: a subscription is not executed here.
  ['application/graphql-response+json,application/json;q=0.9', newerJson],
  [
    'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed',
    newerJson,
  ],
]);

/** The headers of a reply to who accepts that; null where it is for Yoga to say. */
export function plainReplyHeaders(accept = '*/*'): OutgoingHttpHeaders | null {
  return replyHeaders.get(accept) ?? null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
