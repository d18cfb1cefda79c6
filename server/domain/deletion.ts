/**
 * Deleting a scope: an environment, a project or a workspace, with everything in it.
 *
 * What grows (sessions, log entries, counters, events) has no foreign key, so a deletion takes as long
 * with millions of sessions as with none: the rows are unreachable once the environment is gone,
 * because every read and write joins it, and a purge task in the same transaction says to remove them.
 */
import type { Tx } from '../platform/db.ts';
import { ConfirmationNameMismatchError } from './errors.ts';

/**
 * @param what for the message, such as "project"
 * @throws {ConfirmationNameMismatchError} what was typed is not the name of the thing
 */
export function confirmByName(typed: string, name: string, what: string): void {
  if (typed.trim() !== name) throw new ConfirmationNameMismatchError(what);
}

/**
 * Ends the secrets of every key in the environments. They stay as tombstones, so that who goes on with
 * one is told that it was deleted.
 */
export async function endSecretsOf(tx: Tx, environmentIds: string[]): Promise<void> {
  // Keys before their secrets, in the order of their ids, as every other writer locks them; in a
  // statement of its own, so that the next one sees what who held a key before us wrote.
  await tx.$queryRaw`SELECT id FROM api_keys WHERE environment_id = ANY (${environmentIds})
    ORDER BY id FOR UPDATE`;
  await tx.$executeRaw`
    UPDATE api_key_secrets s SET ends_at = date_trunc('milliseconds', now()), end_reason = 'DELETED'
    FROM api_keys k WHERE k.environment_id = ANY (${environmentIds}) AND s.api_key_id = k.id
      AND (s.ends_at IS NULL OR s.ends_at > now())`;
}

/** Has the rows of these scopes removed, once they are unreachable. */
export async function purgeLater(tx: Tx, scopeIds: string[]): Promise<void> {
  await tx.purgeTask.createMany({ data: scopeIds.map((scopeId) => ({ scopeId })) });
}
