/**
 * Connections that stay open, WebSockets and event streams, and what ends them: the end of the
 * credential that opened them.
 *
 * Invariant: within a second of a credential's end every connection that it opened is closed, in every
 * process: deleted, rotated out, at its deadline or expiry, signed out, its password changed, revoked,
 * its user removed or given a lower role. An API key that is only switched off ends nothing: what runs
 * goes on, and what is new is refused where it is asked for.
 *
 * A connection is registered first and its credential checked after that, so that no end falls between.
 * From then on it is checked again whenever a message says that it may have changed, at the deadline
 * that the database named, and, while no messages are heard, four times a second. Thousands of connections
 * of one credential are one row of a check.
 */
import { randomUUID } from 'node:crypto';
import type { Db } from '../../platform/db.ts';
import type { Events, Message } from '../../platform/events.ts';
import type { Actor } from '../actor.ts';
import type { Connection, Connections } from './connection.ts';
import { keyOf, readCredentialStates } from './credential-state.ts';
import { Crowds, type OpenConnectionLimits } from './crowds.ts';

/** Longer than this without hearing, and nothing is believed that was not asked. Two beats are 500 ms. */
const deafAfterMs = 550;
/** Both together stay below the second, with room for the asking. */
const lookEveryMs = 250;
/**
 * Later deadlines are asked for anew before: of two machines the clocks drift apart by seconds in a
 * month, and timers overflow at 24.8 days.
 */
const lookAgainMs = 3_600_000;

/** All connections of one credential. */
interface Credential {
  readonly name: string;
  readonly example: Connection;
  readonly connections: Set<Connection>;
  /** When to check it by itself, by performance.now(); Infinity: it has no end. */
  lookAt: number;
  /** Whether it must be checked, for a message that may concern it. */
  isDoubtful: boolean;
}

export function createConnections(
  db: Db,
  events: Events,
  limits: OpenConnectionLimits,
  onError: (error: unknown) => void = () => {},
): Connections {
  const credentials = new Map<string, Credential>();
  let checking: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  let deadline: NodeJS.Timeout | undefined;
  const crowds = new Crowds(limits);
  /** Those without a credential, which nothing but the process ends. */
  const keyless = new Set<Connection>();
  let isStopping = false;

  events.listen({
    reset: () => doubt(() => true),
    message: (message) => doubt(({ example }) => concerns(example.actor, message)),
  });
  const watch = setInterval(() => {
    const isDeaf = performance.now() - events.heardUpTo > deafAfterMs;
    // Those of a check that failed are still to be looked at, too.
    doubt(({ isDoubtful }) => isDeaf || (isDoubtful && !checking));
  }, lookEveryMs);
  watch.unref();

  function doubt(which: (credential: Credential) => boolean): void {
    let isAny = false;
    for (const credential of credentials.values()) {
      if (!which(credential)) continue;
      credential.isDoubtful = true;
      isAny = true;
    }
    if (isAny) void check().catch(onError);
  }

  /** Resolves after a check that began after the call; calls of one turn share it. */
  function check(): Promise<void> {
    next ??= (async () => {
      await (checking?.catch(() => {}) ?? new Promise((resolve) => setImmediate(resolve)));
      checking = next;
      next = null;
      try {
        await checkDoubtful();
      } finally {
        checking = null;
      }
    })();
    return next;
  }

  async function checkDoubtful(): Promise<void> {
    const doubtful = [...credentials.values()].filter(({ isDoubtful }) => isDoubtful);
    for (const credential of doubtful) {
      credential.isDoubtful = false;
      credential.lookAt = Number.POSITIVE_INFINITY;
    }
    try {
      await endDead(doubtful);
    } catch (error) {
      for (const credential of doubtful) credential.isDoubtful = true;
      throw error;
    } finally {
      armDeadline();
    }
  }

  async function endDead(doubtful: Credential[]): Promise<void> {
    if (doubtful.length === 0) return;
    const askedAt = performance.now();
    const states = await readCredentialStates(
      db,
      doubtful.map(({ example }) => example),
    );
    doubtful.forEach((credential, index) => {
      const { reason, endsInMs } = states[index]!;
      credential.lookAt = askedAt + lookAgainInMs(endsInMs);
      if (reason === null) return;
      // Its connections may have left, and others come since: they have a check of their own.
      if (credentials.get(credential.name) === credential) credentials.delete(credential.name);
      for (const connection of credential.connections) connection.end(reason);
    });
  }

  /** What is doubtful is checked in any case, as soon as it can be. */
  function armDeadline(): void {
    clearTimeout(deadline);
    let lookAt = Number.POSITIVE_INFINITY;
    for (const each of credentials.values()) {
      if (!each.isDoubtful) lookAt = Math.min(lookAt, each.lookAt);
    }
    if (lookAt === Number.POSITIVE_INFINITY || isStopping) return;
    deadline = setTimeout(
      () => {
        const now = performance.now();
        doubt((each) => each.lookAt <= now);
        armDeadline(); // a timer may come a moment early
      },
      Math.max(1, Math.ceil(lookAt - performance.now())),
    );
    deadline.unref();
  }

  return {
    processId: randomUUID(),
    async add(connection) {
      if (isStopping) {
        connection.end('SERVER_STOPPING');
        return null;
      }
      const name = nameOf(connection);
      const leave = crowds.enter(connection);
      if (connection.actor.kind === 'nobody') {
        keyless.add(connection);
        return () => {
          keyless.delete(connection);
          leave();
        };
      }
      let credential = credentials.get(name);
      if (!credential) {
        const lookAt = Number.POSITIVE_INFINITY;
        const connections = new Set<Connection>();
        credential = { name, example: connection, connections, lookAt, isDoubtful: true };
        credentials.set(name, credential);
      }
      const { connections } = credential;
      connections.add(connection);
      const remove = () => {
        leave();
        connections.delete(connection);
        if (connections.size === 0 && credentials.get(name)?.connections === connections) {
          credentials.delete(name);
        }
      };
      credential.isDoubtful = true;
      try {
        await check();
      } catch (error) {
        remove();
        throw error;
      }
      if (credentials.get(name)?.connections === connections) return remove;
      leave();
      return null;
    },
    countByKey() {
      const counts = new Map<string, number>();
      for (const { example, connections } of credentials.values()) {
        const key = keyOf(example.actor);
        if (key) counts.set(key.keyId, (counts.get(key.keyId) ?? 0) + connections.size);
      }
      return counts;
    },
    endAll() {
      isStopping = true;
      clearInterval(watch);
      clearTimeout(deadline);
      const all = [...credentials.values()].flatMap(({ connections }) => [...connections]);
      all.push(...keyless);
      credentials.clear();
      keyless.clear();
      for (const connection of all) connection.end('SERVER_STOPPING');
    },
  };
}

/** How long after an answer of the database it is asked again, by itself. */
export function lookAgainInMs(endsInMs: number | null): number {
  return endsInMs === null ? Number.POSITIVE_INFINITY : Math.min(endsInMs, lookAgainMs);
}

/** Equal for connections that end together. */
function nameOf({ actor, signInDigests }: Connection): string {
  const parts = [keyOf(actor)?.secretId];
  if (actor.kind === 'user') {
    const roles = [...actor.memberships].sort().map(([id, role]) => `${id}:${role}`);
    parts.push(actor.accessToken?.id, actor.signInId ?? '', ...roles);
    parts.push(...signInDigests.map((digest) => digest.toString('base64')));
  }
  return parts.join(' ');
}

function concerns(actor: Actor, { kind, id }: Message): boolean {
  if (actor.kind === 'apiKey') {
    const { key } = actor;
    return [key.id, key.environmentId, key.projectId, key.workspaceId].includes(id);
  }
  if (actor.kind !== 'user') return false;
  const { narrowedTo } = actor;
  return (
    [actor.id, actor.signInId, actor.accessToken?.id].includes(id) ||
    (kind === 'workspace' && actor.memberships.has(id)) ||
    (narrowedTo !== null &&
      [narrowedTo.keyId, narrowedTo.environmentId, narrowedTo.projectId].includes(id))
  );
}
