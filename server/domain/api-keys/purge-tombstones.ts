import type { Db } from '../../platform/db.ts';

/** How long a refusal can still say what became of a secret. */
export const tombstoneDays = 90;

/**
 * Removes the secrets that ended long ago; from then on they are unknown. A key that went with its
 * environment left its secrets as they were: they end when this first finds them.
 *
 * @returns how many were removed
 */
export async function purgeTombstones(db: Db): Promise<number> {
  await db.$executeRaw`
    UPDATE api_key_secrets s SET ends_at = now(), end_reason = 'DELETED'
    WHERE (s.ends_at IS NULL OR s.ends_at > now())
      AND NOT EXISTS (SELECT FROM api_keys k WHERE k.id = s.api_key_id)`;
  return db.$executeRaw`
    DELETE FROM api_key_secrets WHERE ends_at < now() - make_interval(days => ${tombstoneDays})`;
}
