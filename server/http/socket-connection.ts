import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket as ProtocolSocket } from 'graphql-ws';
import { type RawData, WebSocket } from 'ws';
import type { Actor, Client } from '../domain/actor.ts';
import { overBudget } from '../domain/budgets.ts';
import type { Tools } from '../domain/call.ts';
import type { EndReason } from '../domain/connections/connection.ts';
import { hasGained } from '../domain/connections/credential-state.ts';
import { DomainError, RateLimitedError, UnauthenticatedError } from '../domain/errors.ts';
import { isDatabaseUnavailable } from '../platform/db.ts';
import type { Logger } from '../platform/log.ts';
import { authenticate, type Credentials, SignInEndedError } from './authenticate.ts';
import { closeTimeoutMs, signInDigests } from './connection.ts';
import { FrameWriter } from './frame-writer.ts';
import type { Site } from './site.ts';
import { readSocketCredentials, SocketInputError } from './socket-credentials.ts';

/** Of RFC 6455 (1…) and of the graphql-transport-ws protocol (44…). */
export const closeCodes = {
  normal: 1000,
  serviceRestart: 1012,
  tryAgainLater: 1013,
  badRequest: 4400,
  forbidden: 4403,
  initTimeout: 4408,
  tooMany: 4429,
  internal: 4500,
} as const;

export const operationsMax = 100;

interface Opening {
  headers: IncomingHttpHeaders;
  client: Client;
  site: Site;
  requestId: string;
  log: Logger;
  /** A socket without a credential is there to watch a session, and does so soon. */
  initTimeoutMs: number;
}

/** Handles messages until graphql-ws does. */
async function unheard(): Promise<void> {}

/**
 * One WebSocket: who opened it, what runs on it, how it is written to and closed. To graphql-ws it is
 * the socket.
 *
 * There are thousands, so what is not needed once it is open is let go: a socket that waits takes half
 * as much without the request that opened it.
 */
export class SocketConnection implements ProtocolSocket {
  readonly client: Client;
  readonly requestId: string;
  /** Who connected, as they are registered; each operation asks anew. */
  actor: Actor = { kind: 'nobody' };
  readonly #tools: Tools;
  readonly #socket: WebSocket;
  readonly #writer: FrameWriter;
  readonly #log: Logger;
  #opening: Opening | null;
  #credentials: Credentials = { key: null, token: null, signIn: null };
  readonly #operations = new Set<string>();
  #handle: (text: string) => Promise<void> = unheard;
  #remove: (() => void) | null = null;
  #isAlive = true;
  #isClosed = false;

  /** @param stream which the frames of the socket are written to */
  constructor(tools: Tools, socket: WebSocket, stream: Duplex, opening: Opening) {
    this.client = opening.client;
    // randomUUID answers a rope of its pieces, ten times as large as the text that this is.
    this.requestId = Buffer.from(opening.requestId).toString();
    this.#tools = tools;
    this.#socket = socket;
    this.#writer = new FrameWriter(stream);
    this.#log = opening.log;
    this.#opening = opening;
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  /** `connection_init`. @returns false where it has closed the socket */
  async open(payload: unknown): Promise<boolean> {
    const { headers, site, initTimeoutMs } = this.#opening!;
    try {
      this.#credentials = readSocketCredentials(headers, site, payload);
      this.#opening = null;
      await this.#register(await this.#authenticate(this.requestId));
    } catch (error) {
      this.refuse(error);
    }
    if (!this.#isClosed && this.actor.kind === 'nobody') {
      void this.#closeUnlessWatching(initTimeoutMs);
    }
    return !this.#isClosed;
  }

  /**
   * Who asks for an operation, as of now.
   *
   * @throws what `authenticate` throws
   */
  async identify(requestId: string): Promise<Actor> {
    const actor = await this.#authenticate(requestId);
    // What they have gained since they connected they can lose again while this operation runs.
    if (hasGained(actor, this.actor)) await this.#register(actor);
    return actor;
  }

  #authenticate(requestId: string): Actor | Promise<Actor> {
    return authenticate(this.#tools, this.#credentials, this.client, requestId);
  }

  async #register(actor: Actor): Promise<void> {
    const { connections, masterKeys } = this.#tools;
    const remove = await connections.add({
      actor,
      ip: this.client.ip,
      signInDigests: signInDigests(masterKeys, this.#credentials),
      end: (reason) => this.end(reason),
    });
    if (remove === null) return; // the credential ended meanwhile
    // The client may have left, and an operation that was asked later may have registered more.
    if (this.#isClosed || hasGained(this.actor, actor)) return remove();
    this.#remove?.();
    this.#remove = remove;
    this.actor = actor;
  }

  /** Closes with the reason of a refusal. */
  refuse(error: unknown): void {
    if (error instanceof RateLimitedError) {
      this.#tools.metrics.rateLimitRefusals.inc({ transport: 'websocket' });
    }
    const ending = endingOf(error);
    if (ending === null) {
      this.#fail(error, 'A WebSocket could not be opened');
      return;
    }
    const [closeCode, reason] = ending;
    this.#log.info({ requestId: this.requestId, closeCode, reason }, 'WebSocket refused');
    this.close(closeCode, reason);
  }

  #fail(error: unknown, message: string): void {
    this.#log.error({ err: error, requestId: this.requestId }, message);
    this.close(closeCodes.internal, 'Unexpected error');
  }

  /** The credential has ended, or the server stops. */
  end(reason: EndReason): void {
    const isStopping = reason === 'SERVER_STOPPING';
    this.close(isStopping ? closeCodes.serviceRestart : closeCodes.forbidden, reason);
  }

  /**
   * @returns false where one of this id is not over. Its client may have completed it, but it opens still,
   * and graphql-ws, which knows them by their ids, would take it for the new one and forget one of them:
   * that would go on listening after the socket is closed.
   * @throws {RateLimitedError} so much runs on this socket already
   */
  begin(operationId: string): boolean {
    if (this.#operations.has(operationId)) return false;
    if (this.#operations.size >= operationsMax) {
      throw overBudget(
        { name: 'operations-per-socket', quota: operationsMax, windowSeconds: null },
        1,
        `At most ${operationsMax} operations at once on one socket.`,
      );
    }
    this.#operations.add(operationId);
    return true;
  }

  /** How many operations are under way: in the main, subscriptions. */
  get operationCount(): number {
    return this.#operations.size;
  }

  finish(operationId: string): void {
    this.#operations.delete(operationId);
    if (this.actor.kind !== 'nobody' || this.#operations.size > 0) return;
    // After the messages that say so are sent.
    setImmediate(() => {
      if (this.#operations.size === 0) this.close(closeCodes.normal, 'Nothing is watched any more');
    });
  }

  /** Whom messages are for. */
  onMessage(handle: (text: string) => Promise<void>): void {
    this.#handle = handle;
  }

  receive(data: RawData, isBinary: boolean): void {
    if (this.#isClosed) return; // its peer may still say something
    if (isBinary) this.close(closeCodes.badRequest, 'Messages must be text');
    else this.#handle(String(data)).catch((error) => this.#refuseMessage(error));
  }

  /** graphql-ws throws on messages that only servers send, as if the fault were ours. */
  #refuseMessage(error: Error): void {
    const isTheirs = /^Unexpected message of type \w+ received$/.test(error.message);
    if (isTheirs) this.close(closeCodes.badRequest, error.message);
    else this.#fail(error, 'A WebSocket message failed');
  }

  /** @returns a promise that there is room again, where much is unsent */
  send(text: string): void | Promise<void> {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const written = this.#writer.write(text);
    if (written !== false) return written;
    this.close(closeCodes.tryAgainLater, 'READING_TOO_SLOWLY');
  }

  /** Resolves when there is room for an answer, or the socket is gone. */
  room(): Promise<void> {
    return this.#writer.room();
  }

  /** Asks whether the peer is there; one that did not answer since the last time is not. */
  ping(): void {
    if (this.#isAlive) this.#socket.ping();
    else this.#socket.terminate();
    this.#isAlive = false;
  }

  answered(): void {
    this.#isAlive = true;
  }

  close(code: number = closeCodes.normal, reason = ''): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close(code, reason.slice(0, 120));
    // A peer that does not read does not say goodbye either.
    const socket = this.#socket;
    const timer = setTimeout(() => socket.terminate(), closeTimeoutMs);
    socket.once('close', () => clearTimeout(timer));
    this.forget();
  }

  /** The socket is closed. */
  forget(): void {
    this.#isClosed = true;
    this.#remove?.();
    this.#remove = null;
  }

  async #closeUnlessWatching(ms: number): Promise<void> {
    await sleep(ms, undefined, { ref: false });
    if (this.#operations.size === 0) this.close(closeCodes.initTimeout, 'Nothing is watched');
  }
}

/** With which code and reason a refused socket is closed; null where the fault is ours. */
function endingOf(error: unknown): readonly [code: number, reason: string] | null {
  if (error instanceof SocketInputError) return [closeCodes.badRequest, error.message];
  if (error instanceof UnauthenticatedError) {
    const word = error instanceof SignInEndedError ? 'SIGNED_OUT' : error.code;
    return [closeCodes.forbidden, error.reason ?? word];
  }
  if (error instanceof RateLimitedError) return [closeCodes.tooMany, error.message];
  if (error instanceof DomainError) return [closeCodes.forbidden, error.code];
  return isDatabaseUnavailable(error) ? [closeCodes.tryAgainLater, 'UNAVAILABLE'] : null;
}
