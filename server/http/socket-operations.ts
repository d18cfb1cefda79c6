/** What is asked over a WebSocket: the same operations as over HTTP, with the same answers. */
import { randomUUID } from 'node:crypto';
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import type { Call, SignInCookie, Tools } from '../domain/call.ts';
import { ForbiddenError, UnauthenticatedError } from '../domain/errors.ts';
import { type LiveListener, LiveSource } from '../domain/live/source.ts';
import type { Logger } from '../platform/log.ts';
import { type Cost, demandAffordable, withCost } from './cost-limit.ts';
import { refuse, shownErrors, shownResult } from './faults.ts';
import { demandQueryLength } from './limits.ts';
import type { LiveResult, LiveResults } from './live-results.ts';
import type { OperationCall } from './operation-figures.ts';
import { createCall } from './request-call.ts';
import { followOperation } from './request-log.ts';
import type { SocketConnection } from './socket-connection.ts';
import type { GraphQL } from './yoga.ts';

/** What is executed, and for whom. */
export interface SocketArgs extends ExecutionArgs {
  connection: SocketConnection;
  /** As the client calls it. */
  operationId: string;
  contextValue: { call: Call } | null;
  cost: Cost;
}

export interface SocketOperations {
  /** @returns errors, where it is not to be executed */
  prepare(
    connection: SocketConnection,
    id: string,
    payload: SubscribePayload,
  ): Promise<SocketArgs | readonly GraphQLError[]>;
  execute(args: SocketArgs): Promise<ExecutionResult>;
  subscribe(args: SocketArgs): Promise<ExecutionResult | AsyncIterable<never>>;
}

const noOperation = [
  'GRAPHQL_INVALID',
  'The document has no operation of this name, or several and none was named.',
] as const;

const underWay = [
  'GRAPHQL_INVALID',
  'The operation that had this id before is still under way. Give each an id of its own.',
] as const;

const refuseCookie = () => {
  throw new ForbiddenError('A WebSocket cannot set the sign-in cookie. Send this over HTTP.');
};
const noCookie: SignInCookie = { set: refuseCookie, clear: refuseCookie };

export function createSocketOperations(
  tools: Tools,
  { graphql, live, log }: { graphql: GraphQL; live: LiveResults; log: Logger },
): SocketOperations {
  async function prepare(
    connection: SocketConnection,
    id: string,
    payload: SubscribePayload,
  ): Promise<SocketArgs | readonly GraphQLError[]> {
    const requestId = randomUUID();
    const { client, actor } = connection;
    const call = createCall(tools, { requestId, actor, client, signInCookie: noCookie, log });
    try {
      if (!connection.begin(id)) return shownErrors([refuse(...underWay)], call);
      call.actor = await connection.identify(requestId);
      demandQueryLength(payload.query);
      const { parse, validate, schema, contextFactory } = graphql.getEnveloped({
        call,
        params: payload,
      } as never);
      const document: DocumentNode = parse(payload.query);
      const problems: readonly GraphQLError[] = validate(schema, document);
      if (problems.length > 0) return fail(connection, id, problems, call);
      const asked = getOperationAST(document, payload.operationName);
      if (!asked) throw refuse(...noOperation);
      if (call.actor.kind === 'nobody') demandWatching(schema, document);
      const { operationName, variables: variableValues } = payload;
      const operation = { schema, document, operationName, variableValues };
      return {
        ...operation,
        connection,
        operationId: id,
        cost: demandAffordable(operation, asked.operation),
        contextValue: (await contextFactory()) as { call: Call },
      };
    } catch (error) {
      // A key that is switched off leaves what runs alone; any other end of a credential does not.
      const isOver = error instanceof UnauthenticatedError && error.reason !== 'INACTIVE';
      if (isOver) connection.refuse(error);
      return fail(connection, id, [error], call);
    }
  }

  function fail(
    connection: SocketConnection,
    id: string,
    errors: readonly unknown[],
    call: Call,
  ): readonly GraphQLError[] {
    connection.finish(id);
    const shown = shownErrors(errors, call);
    follow(call, { errors: shown });
    return shown;
  }

  /** Counts and logs what came of an operation, as is done for each HTTP request. */
  function follow(call: OperationCall, result: Parameters<typeof followOperation>[1]): void {
    followOperation(call, result);
    if (call.operation?.outcome !== 'RATE_LIMITED') return;
    tools.metrics.rateLimitRefusals.inc({ transport: 'websocket' });
  }

  return {
    prepare,
    async execute(args) {
      const { call } = args.contextValue!;
      const shown = shownResult(await execute(args), call);
      follow(call, shown);
      await args.connection.room();
      return withCost(shown, args.cost);
    },
    async subscribe(args) {
      const { connection, operationId, cost: _, ...asked } = args;
      // graphql-ws keeps what it was given while the subscription runs, and the Call is most of it.
      args.contextValue = null;
      const opened = await live.open(asked);
      const { call } = asked.contextValue!;
      if (opened instanceof LiveSource) {
        follow(call, {});
        return new Silence(new Delivery(connection, operationId), opened);
      }
      const shown = shownResult(opened, call);
      follow(call, shown);
      return shown;
    },
  };
}

/** What a socket may ask that came without a credential. */
const watching = new Set(['sessionChanged', '__typename']);

/** @throws {ForbiddenError} the document asks for more than watching a session */
function demandWatching(schema: GraphQLSchema, document: DocumentNode): void {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const types = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(types, {
      Field({ name }) {
        if (!roots.includes(types.getParentType() as never)) return;
        if (types.getParentType() === schema.getSubscriptionType() && watching.has(name.value))
          return;
        throw new ForbiddenError(
          'Without a credential in connection_init a socket may only watch a session, by sessionChanged.',
        );
      },
    }),
  );
}

/** Writes what is told straight into the socket. */
class Delivery implements LiveListener<LiveResult> {
  readonly #connection: SocketConnection;
  /** Of each of its messages. */
  readonly #head: string;
  /** Called when nothing more is told. */
  onEnd: () => void = () => {};

  constructor(connection: SocketConnection, operationId: string) {
    this.#connection = connection;
    this.#head = `{"id":${JSON.stringify(operationId)},"type":"next","payload":`;
  }

  next({ json }: LiveResult): void | Promise<void> {
    return this.#connection.send(`${this.#head}${json}}`);
  }

  end(): void {
    this.onEnd();
  }
}

/** What a delivery is to graphql-ws: a stream without results, which ends when the subscription does. */
class Silence implements AsyncIterableIterator<never> {
  readonly #delivery: Delivery;
  #source: LiveSource<LiveResult> | null;
  #stop: (() => void) | null = null;

  constructor(delivery: Delivery, source: LiveSource<LiveResult>) {
    this.#delivery = delivery;
    this.#source = source;
  }

  next(): Promise<IteratorResult<never, void>> {
    return new Promise((resolve) => {
      this.#delivery.onEnd = () => resolve({ done: true, value: undefined });
      if (this.#source === null) return this.#delivery.end();
      this.#stop = this.#source.listen(this.#delivery);
      this.#source = null;
    });
  }

  async return(): Promise<IteratorResult<never, void>> {
    this.#source = null;
    this.#stop?.();
    this.#delivery.end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}
