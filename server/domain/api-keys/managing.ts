/**
 * Changes of keys, and what holds of a key's secrets whatever happens to it in whatever order:
 *
 * - A key has exactly one current secret, the one without `endsAt`, for as long as it exists.
 * - At most one earlier secret has its deadline in the future: regenerating ends an earlier overlap.
 * - Once set, a deadline only ever moves earlier. So a secret that is dead stays dead.
 * - A deadline in the future is never later than the key's expiry, the one it had when it was
 *   regenerated and any it is given afterwards.
 * - `endReason` says what ended the secret first: one that was rotated out before its key was deleted
 *   stays ROTATED_OUT, one that still worked is DELETED with it.
 *
 * Every change takes the lock of the key's row first, and reads the clock after that. So of those who
 * change a key at once each finds what the one before left, and all deadlines follow one clock, the
 * database's. The lock comes before those of the secrets, also in whatever else writes them.
 */
import type { ApiKey } from '../../../prisma/generated/client.ts';
import type { Tx } from '../../platform/db.ts';
import { requireUser } from '../access.ts';
import { announce } from '../announce.ts';
import type { Call } from '../call.ts';
import { NotFoundError } from '../errors.ts';
import { recordLog } from '../log-entries.ts';
import type { LogType } from '../logs/types.ts';
import {
  demandPlace,
  demandVersion,
  inEnvironment,
  type ManagedPlace,
  readClock,
} from '../managed.ts';
import { findApiKey } from './find.ts';

/** A key that the actor may manage, and where it is. */
export interface ManagedKey extends ManagedPlace {
  id: string;
}

/** A key whose row the transaction has locked. */
export interface LockedKey {
  key: ApiKey;
  /** By the database's clock, in whole milliseconds, after the lock was taken. */
  now: Date;
  /** Writes to the log what is done to the key. */
  record(entry: {
    type: Extract<LogType, `key.${string}`>;
    message: string;
    data: object;
  }): Promise<void>;
}

/**
 * @throws {UnauthenticatedError} @throws {ForbiddenError}
 * @throws {NotFoundError} there is no such key that the actor may see
 */
export async function findManagedKey(call: Call, id: string): Promise<ManagedKey> {
  requireUser(call);
  const key = await findApiKey(call, id, { include: inEnvironment });
  if (!key) throw new NotFoundError('The API key');
  return { id, ...demandPlace(call, key.environment, 'Keys') };
}

/**
 * Changes a key in one transaction, alone with it, and tells every process.
 *
 * @param version the one that was read; null or undefined: any
 * @throws {NotFoundError} it was deleted meanwhile
 * @throws {ConflictError} with the current version, when it is not the given one
 */
export async function changeApiKey<Result>(
  call: Call,
  { id, workspaceId, projectId, environmentId }: ManagedKey,
  version: number | null | undefined,
  change: (tx: Tx, locked: LockedKey) => Promise<Result>,
): Promise<Result> {
  const place = { workspaceId, projectId, environmentId, apiKeyId: id };
  return call.db.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT id FROM api_keys WHERE id = ${id} FOR UPDATE`;
    const key = await tx.apiKey.findUnique({ where: { id } });
    if (!key) throw new NotFoundError('The API key');
    demandVersion('The API key', key, version);
    const result = await change(tx, {
      key,
      now: await readClock(tx),
      record: (entry) => recordLog(tx, call, { ...place, ...entry }),
    });
    await announce(tx, 'apiKey', id);
    return result;
  });
}
