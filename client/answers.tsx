/**
 * How pages ask and act. A page asks one query by `useAnswer` and shows it in `<Answer>`, which knows
 * the other states. What a person does goes by `useAction`, which tells what went through from what
 * was refused.
 */
import {
  type AnyVariables,
  type OperationResult,
  stringifyVariables,
  type TypedDocumentNode,
} from '@urql/core';
import { type ReactNode, useCallback, useState } from 'react';
import { type UseQueryArgs, useClient, useQuery } from 'urql';
import { Failure, OutOfDate } from './components/Failure.tsx';
import { type FragmentType, graphql, readFragment } from './gql/index.ts';
import { LatchkeyError } from './urql.ts';

export interface AnswerState<Data> {
  data: Data | undefined;
  /** Whether `data` is of what is asked now, and not still of what was asked before. */
  isCurrent: boolean;
  error: LatchkeyError | null;
  retry: () => void;
}

/** Asks a query: answered from the cache where that knows it, and then by the server. */
export function useAnswer<Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  { pause = false }: { pause?: boolean } = {},
): AnswerState<Data> {
  const args = { query, variables, pause, requestPolicy: 'cache-and-network' };
  const [{ data, error, operation }, execute] = useQuery(args as UseQueryArgs<Variables, Data>);
  return {
    data,
    isCurrent: stringifyVariables(operation?.variables) === stringifyVariables(variables),
    error: error ? new LatchkeyError(error) : null,
    retry: () => execute({ requestPolicy: 'network-only' }),
  };
}

/**
 * Shows an answer, or why there is none. What is known stays when asking again fails (see refresh.ts),
 * under a notice of that.
 */
export function Answer<Data>({
  of: { data, isCurrent, error, retry },
  loading,
  keep = false,
  quiet = false,
  children,
}: {
  of: AnswerState<Data>;
  /** Holds the place meanwhile. */
  loading: ReactNode;
  /** Shows the answer before until the next is there, as under a search that is being typed. */
  keep?: boolean;
  /** Leaves the notice to what stands within, as the frame of all pages does. */
  quiet?: boolean;
  children: (data: Data) => ReactNode;
}) {
  if (data !== undefined && data !== null && (isCurrent || (keep && !error))) {
    return (
      <>
        {error && !quiet && <OutOfDate error={error} onRetry={retry} />}
        {children(data)}
      </>
    );
  }
  if (error) return <Failure error={error} onRetry={retry} />;
  return loading;
}

/** Every mutation asks this of its errors. */
const Problem_UserError = graphql(`
  fragment Problem_UserError on UserError {
    __typename
    code
    message
    ... on ValidationError { issues { path message } }
    ... on ConflictError { currentVersion }
  }
`);

/** Why something was not done, as a person may be told. */
export interface Problem {
  code: string;
  message: string;
  /** Which fields of the input break which rules. */
  issues: readonly { path: readonly string[]; message: string }[];
  /** For CONFLICT: what the thing is at now. */
  currentVersion: number | null;
  /** What the server's log knows the request by; null where it understood and refused. */
  requestId: string | null;
}

/** The member of a mutation's union that means it was done. */
export type PayloadOf<Data> = Extract<
  Exclude<Data[keyof Data], string | null | undefined>,
  { __typename: `${string}Payload` }
>;

/** What was done, or why it was not. */
export type Outcome<Data> =
  | { payload: PayloadOf<Data>; problem: null }
  | { payload: null; problem: Problem };

export interface Action<Data, Variables> {
  attempt: (variables: Variables) => Promise<Outcome<Data>>;
  /** @returns what was done; null if it was not, and then `problem` says why */
  run: (variables: Variables) => Promise<PayloadOf<Data> | null>;
  busy: boolean;
  problem: Problem | null;
  clear: () => void;
}

/** One mutation: runs it, and keeps why it did not go through. */
export function useAction<Data, Variables extends AnyVariables>(
  mutation: TypedDocumentNode<Data, Variables>,
): Action<Data, Variables> {
  const client = useClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const attempt = useCallback(
    async (variables: Variables) => {
      setBusy(true);
      setProblem(null);
      const outcome = readOutcome(await client.mutation(mutation, variables).toPromise());
      setBusy(false);
      setProblem(outcome.problem);
      return outcome;
    },
    [client, mutation],
  );
  return {
    attempt,
    run: useCallback(async (variables) => (await attempt(variables)).payload, [attempt]),
    busy,
    problem,
    clear: useCallback(() => setProblem(null), []),
  };
}

function readOutcome<Data>({ data, error }: OperationResult<Data>): Outcome<Data> {
  if (error) {
    const { code, message, requestId } = new LatchkeyError(error);
    return {
      payload: null,
      problem: {
        code: code ?? 'UNREACHABLE',
        message,
        requestId,
        issues: [],
        currentVersion: null,
      },
    };
  }
  const [answer] = Object.values(data ?? {}).filter((value) => typeof value === 'object');
  const { __typename } = answer as { __typename: string };
  if (__typename.endsWith('Payload')) {
    return { payload: answer as PayloadOf<Data>, problem: null };
  }
  const refused = readFragment(Problem_UserError, answer as FragmentType<typeof Problem_UserError>);
  const { code, message } = refused;
  return {
    payload: null,
    problem: {
      code,
      message,
      requestId: null,
      issues: 'issues' in refused ? refused.issues : [],
      currentVersion: 'currentVersion' in refused ? (refused.currentVersion ?? null) : null,
    },
  };
}

/** What is wrong with one field of the input. */
export function issueOf(problem: Problem | null, field: string): string | null {
  const found = problem?.issues.filter(({ path }) => path[0] === field) ?? [];
  return found.length === 0 ? null : found.map(({ message }) => message).join(' ');
}

/** What is wrong that no field of these shows; null if they show it all. */
export function restOf(problem: Problem | null, ...fields: string[]): string | null {
  if (!problem) return null;
  if (problem.issues.length === 0) return problem.message;
  const rest = problem.issues.filter(({ path }) => !fields.includes(path[0] ?? ''));
  return rest.length === 0 ? null : rest.map(({ message }) => message).join(' ');
}
