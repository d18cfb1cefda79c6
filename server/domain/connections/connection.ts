import type { Actor } from '../actor.ts';
import type { RefusalReason } from '../errors.ts';

/** Why a connection was closed: the word in the close reason of a socket. */
export type EndReason =
  | RefusalReason
  /** The sign-in has ended, or its cookie has another value since a change of password. */
  | 'SIGNED_OUT'
  /** The user has lost a workspace or a role: connect anew to see what is left. */
  | 'ACCESS_CHANGED'
  /** The process stops; another may be there at once. */
  | 'SERVER_STOPPING';

/** A WebSocket or an event stream, with the credential that opened it. */
export interface Connection {
  readonly actor: Actor;
  readonly ip: string | null;
  /** Of a signed-in user: digests of the cookie's value, one for each entry of the master key. */
  readonly signInDigests: readonly Buffer[];
  /** Called at most once. */
  end(reason: EndReason): void;
}

/** The connections of this process that are open. */
export interface Connections {
  /** Of this process, for as long as it lives. */
  readonly processId: string;
  /**
   * Keeps the connection in mind until the returned function is called.
   *
   * @returns once its credential was found to be live after the call; null: it was ended at once
   * @throws {RateLimitedError} its address or its credential has as many open as it may
   * @throws the database's error, where it cannot be asked
   */
  add(connection: Connection): Promise<(() => void) | null>;
  /** How many connections of this process each API key holds, by its id. */
  countByKey(): Map<string, number>;
  /** Ends them all, and those that come later, for the process stops. */
  endAll(): void;
}
