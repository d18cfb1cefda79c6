/**
 * The one place where errors become what a client sees of them in `errors`.
 *
 * A domain error outside a declared union shows its message, code and details. What the client got
 * wrong about GraphQL is GRAPHQL_INVALID, or QUERY_TOO_COMPLEX. All else is our fault: it says no
 * more than INTERNAL and the request id, and its cause goes to the log, once.
 */
import { PothosValidationError } from '@pothos/core';
import { type ExecutionResult, GraphQLError } from 'graphql';
import type { Draw } from '../domain/budgets.ts';
import type { Call } from '../domain/call.ts';
import {
  DomainError,
  type ErrorCode,
  RateLimitedError,
  UnavailableError,
} from '../domain/errors.ts';
import { isDatabaseUnavailable } from '../platform/db.ts';
import { rateLimitHeaders } from './rate-limit-headers.ts';

/** How Yoga is told of the HTTP reply. Never sent. */
interface HttpExtensions {
  status?: number;
  headers?: Record<string, string>;
  /** Where the client asked for application/json, GraphQL over HTTP wants 200 all the same. */
  spec?: boolean;
}

interface Fault {
  code: ErrorCode;
  message: string;
  /** What the error carries beyond its code and message. */
  details?: Record<string, unknown>;
  http?: HttpExtensions;
  /** Set where the cause is ours, and belongs in the log. */
  cause?: unknown;
}

type Reporter = Pick<Call, 'requestId' | 'log'>;

/**
 * A document that is refused for what it would cost, or that may not come this way.
 *
 * @param details what the error carries beyond its code
 */
export function refuse(
  code: 'QUERY_TOO_COMPLEX' | 'GRAPHQL_INVALID' | 'FORBIDDEN',
  message: string,
  http: HttpExtensions = { status: 400, spec: true },
  details?: Record<string, unknown>,
): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http, details } });
}

/** The result as the client may see it; what is ours in its errors is logged in one line. */
export function maskErrors<Result extends ExecutionResult>(result: Result, by: Reporter): Result {
  if (!result.errors) return result;
  const faults = result.errors.map(describeFault);
  logCauses(faults, result.errors, by);
  const errors = faults.map((fault, index) =>
    toGraphQLError(fault, by.requestId, result.errors?.[index]),
  );
  return { ...result, errors };
}

/** The same, without what tells Yoga of the HTTP reply: for where there is none. */
export function shownResult(result: ExecutionResult, by: Reporter): ExecutionResult {
  return result.errors ? { ...result, errors: shownErrors(result.errors, by) } : result;
}

/** The same of errors alone, whatever they are. */
export function shownErrors(errors: readonly unknown[], by: Reporter): GraphQLError[] {
  const masked = maskErrors({ errors: errors as GraphQLError[] }, by).errors!;
  return masked.map(({ message, nodes, source, positions, path, extensions }) => {
    const { http: _, unexpected: __, ...shown } = extensions;
    return new GraphQLError(message, { nodes, source, positions, path, extensions: shown });
  });
}

/** The shape of errors without data. */
interface FaultBody {
  errors: [{ message: string; extensions: { code: ErrorCode; requestId: string } }];
}

/** The same for an error that ended a request before GraphQL saw it. */
export function faultReply(
  error: unknown,
  by: Reporter,
): {
  code: ErrorCode;
  status: number;
  headers: Record<string, string>;
  body: FaultBody;
} {
  const fault = describeFault(error);
  logCauses([fault], [], by);
  const { code, message, details, http } = fault;
  return {
    code,
    status: http?.status ?? statuses[code] ?? 400,
    headers: http?.headers ?? {},
    body: { errors: [{ message, extensions: { code, ...details, requestId: by.requestId } }] },
  };
}

/** Of what GraphQL would answer beside data, and others answer with nothing else. */
const statuses: Partial<Record<ErrorCode, number>> = { NOT_FOUND: 404, INTERNAL: 500 };

function describeFault(error: unknown): Fault {
  const cause = rootOf(error);
  if (cause instanceof DomainError) return describeDomainError(cause);
  if (isDatabaseUnavailable(cause)) return describeDomainError(new UnavailableError(cause));
  if (cause instanceof PothosValidationError) {
    const details = { issues: [{ path: [], message: cause.message }] };
    return { code: 'VALIDATION_FAILED', message: cause.message, details };
  }
  if (cause instanceof GraphQLError && isAboutRequest(cause, error)) {
    const refusal = describeRefusal(cause);
    return { ...refusal, message: placeOf(cause, error) + refusal.message };
  }
  return { code: 'INTERNAL', message: 'Unexpected error.', cause };
}

const domainHttp: Partial<Record<ErrorCode, HttpExtensions>> = {
  // RFC 9110 asks for the challenge. No browser shows a dialogue for this one.
  UNAUTHENTICATED: { status: 401, headers: { 'www-authenticate': 'Bearer' } },
  FORBIDDEN: { status: 403 },
  UNAVAILABLE: { status: 503, headers: { 'retry-after': '1' } },
};

/** Every typed field of a domain error is meant to be seen. */
function describeDomainError(error: DomainError): Fault {
  const { code, message } = error;
  const own = Object.entries(error).filter(([name, value]) => name !== 'code' && value !== null);
  const http =
    error instanceof RateLimitedError
      ? { status: 429, headers: rateLimitHeaders([drawOf(error)]) }
      : domainHttp[code];
  const cause = error instanceof UnavailableError ? error.cause : undefined;
  return { code, message, details: Object.fromEntries(own), http, cause };
}

function drawOf({ limit, quota, windowSeconds, retryAfterSeconds }: RateLimitedError): Draw {
  const isHidden = limit === null;
  const budget = { name: limit ?? '', quota: quota ?? 0, windowSeconds, isHidden };
  return { budget, allowed: false, remaining: 0, moreAfterSeconds: retryAfterSeconds };
}

/** Our own refusals have their code; Yoga's and GraphQL's have one that is not in the catalogue. */
function describeRefusal({ message, extensions }: GraphQLError): Fault {
  const { code, http, details, originalError } = extensions as Record<string, unknown>;
  const isOurs = code === 'QUERY_TOO_COMPLEX' || code === 'FORBIDDEN';
  const given = (http ?? { status: 400, spec: true }) as HttpExtensions;
  return {
    code: isOurs ? code : 'GRAPHQL_INVALID',
    message,
    details: isOurs ? (details as Fault['details']) : undefined,
    // Yoga's way of saying that the body was no JSON, which is 400 whatever the client accepts.
    http: originalError ? { ...given, spec: false } : given,
  };
}

/**
 * Where in the variables the value is that GraphQL complains of. What wraps the complaint says so, but
 * repeats the value, all of an input that may hold secrets.
 */
function placeOf({ message }: GraphQLError, located: unknown): string {
  if (!(located instanceof GraphQLError) || !located.message.endsWith(`; ${message}`)) return '';
  const wrapping = located.message.slice(0, -message.length - 2);
  const [, variable] = /^Variable "\$(\w+)" got invalid value /.exec(wrapping) ?? [];
  if (variable === undefined) return '';
  const [, path = variable] = / at "([\w.[\]]+)"$/.exec(wrapping) ?? [];
  return `${path}: `;
}

/**
 * Whether GraphQL complains of the request, not of what we answered. During execution it complains
 * of arguments with the place in the document where they stand, and of our values without one.
 */
function isAboutRequest(cause: GraphQLError, located: unknown): boolean {
  const isInExecution = located instanceof GraphQLError && located.path !== undefined;
  return !isInExecution || (cause !== located && cause.nodes !== undefined);
}

/** The error that was thrown, without what says where. */
function rootOf(error: unknown): unknown {
  let at = error;
  while (at instanceof GraphQLError && at.originalError) at = at.originalError;
  return at;
}

function toGraphQLError(fault: Fault, requestId: string, at?: GraphQLError): GraphQLError {
  const { code, message, details, http } = fault;
  return new GraphQLError(message, {
    nodes: at?.nodes,
    source: at?.source,
    positions: at?.positions,
    path: at?.path,
    // `unexpected` makes Yoga answer 500 where there is no data. It sends neither that nor `http`.
    extensions: { code, ...details, requestId, http, unexpected: code === 'INTERNAL' || undefined },
  });
}

/** One line for each request: a list whose every item fails has one cause. */
function logCauses(faults: Fault[], errors: readonly GraphQLError[], by: Reporter): void {
  const index = faults.findIndex(({ cause }) => cause !== undefined);
  const fault = faults[index];
  if (!fault) return;
  const more = faults.filter(({ cause }) => cause !== undefined).length - 1;
  const fields = {
    err: fault.cause,
    path: errors[index]?.path?.join('.'),
    more: more || undefined,
  };
  if (isDatabaseUnavailable(fault.cause))
    by.log.warn(fields, 'The database did not answer a request');
  else by.log.error(fields, 'A request failed unexpectedly');
}
