/** What becomes known of an operation while it is answered: for the figures and the log line of its request. */
import { type DocumentNode, getOperationAST } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Call } from '../domain/call.ts';

export interface Operation {
  /** Unknown where it was refused before it was read. */
  type: 'query' | 'mutation' | 'subscription' | 'unknown';
  /** As the document calls it; null where it has none, or none that is fit for a log. */
  name: string | null;
  /** The code of its first error, or OK; null until it is known. */
  outcome: string | null;
}

/** The Call of a request, with what was asked of it. */
export interface OperationCall extends Call {
  operation?: Operation;
}

/**
 * What clients choose goes no further than a log line, and no secret of ours is as short: so that even
 * one that stands in the place of a name stays out of it.
 */
const nameFitForLog = /^\w{1,40}$/;

/** Notes type and name of each operation over HTTP or a socket, once its document is parsed. */
export function useOperationNotes(): Plugin {
  return {
    onValidate({ context, params: { documentAST } }) {
      const { call, params } = context as unknown as {
        call: OperationCall;
        params?: { operationName?: string | null };
      };
      call.operation = describe(documentAST, params?.operationName);
    },
  };
}

function describe(document: DocumentNode, operationName: string | null | undefined): Operation {
  const asked = getOperationAST(document, operationName);
  const name = asked?.name?.value ?? '';
  return {
    type: asked?.operation ?? 'unknown',
    name: nameFitForLog.test(name) ? name : null,
    outcome: null,
  };
}

/**
 * Counts an operation with what came of it.
 *
 * @param result as the client is told it
 */
export function countOutcome(
  call: OperationCall,
  result: { errors?: readonly { extensions?: Record<string, unknown> }[] },
): void {
  const code = result.errors?.[0]?.extensions?.code ?? call.expectedError ?? 'OK';
  call.operation ??= { type: 'unknown', name: null, outcome: null };
  call.operation.outcome = String(code);
  const { type, outcome } = call.operation;
  call.metrics.operations.inc({ type, outcome });
}
