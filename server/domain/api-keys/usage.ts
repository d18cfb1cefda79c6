/**
 * When, from where and how often keys are used.
 *
 * Noted with every request, so noting is cheap and writing is rare: at most once a minute for each
 * key. A process that dies loses the last minute.
 */
import type { Db } from '../../platform/db.ts';
import type { AuthenticatedKey, Client } from '../actor.ts';

export interface ApiKeyUsage {
  note(key: AuthenticatedKey, client: Client): void;
  /** Writes what is due. @param all also what was written less than a minute ago: before stopping */
  flush(all?: boolean): Promise<void>;
}

interface Use {
  keyId: string;
  /** Since the last write. */
  count: number;
  /** Of the last use and the last write, on the clock of performance.now(). */
  at: number;
  writtenAt: number;
  ip: string | null;
  userAgent: string | null;
}

const writeEveryMs = 60_000;
/** A secret that was not used for so long is not kept in mind. */
const forgetAfterMs = 600_000;

/**
 * Which secret was used counts only while it has a deadline: how much an old one still is. Rows in the
 * order of their keys, so that two processes cannot deadlock.
 */
const text = `
WITH input AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($1) AS i(secret_id text, key_id text, count int, ago float8, ip text,
    user_agent text)
),
locked AS MATERIALIZED (
  SELECT id FROM api_keys WHERE id IN (SELECT key_id FROM input) ORDER BY id FOR NO KEY UPDATE
),
latest AS (
  SELECT DISTINCT ON (key_id) * FROM input JOIN locked ON locked.id = key_id ORDER BY key_id, ago
),
used AS (
  UPDATE api_keys k SET last_used_at = now() - make_interval(secs => i.ago), last_used_ip = i.ip,
    last_used_user_agent = i.user_agent
  FROM latest i WHERE k.id = i.key_id
    AND (k.last_used_at IS NULL OR k.last_used_at < now() - make_interval(secs => i.ago))
)
UPDATE api_key_secrets s SET last_used_at = now() - make_interval(secs => i.ago),
  use_count = s.use_count + i.count
FROM input i JOIN locked ON locked.id = i.key_id
WHERE s.id = i.secret_id AND s.ends_at IS NOT NULL`;

export function createApiKeyUsage(db: Db): ApiKeyUsage {
  const uses = new Map<string, Use>();

  return {
    note({ id, secretId }, { ip, userAgent }) {
      const at = performance.now();
      const use = uses.get(secretId);
      if (use) {
        use.count += 1;
        use.at = at;
        use.ip = ip;
        use.userAgent = userAgent;
      } else {
        const writtenAt = Number.NEGATIVE_INFINITY;
        uses.set(secretId, { keyId: id, count: 1, at, writtenAt, ip, userAgent });
      }
    },
    async flush(all = false) {
      const now = performance.now();
      const due: { secretId: string; use: Use; count: number }[] = [];
      for (const [secretId, use] of uses) {
        const { count, writtenAt } = use;
        if (count > 0 && (all || now - writtenAt >= writeEveryMs))
          due.push({ secretId, use, count });
        else if (count === 0 && now - use.at > forgetAfterMs) uses.delete(secretId);
      }
      if (due.length === 0) return;
      const rows = due.map(({ secretId, use, count }) => ({
        secret_id: secretId,
        key_id: use.keyId,
        count,
        ago: (now - use.at) / 1000,
        ip: use.ip,
        user_agent: use.userAgent,
      }));
      await db.$pool.query({ name: 'api-key-usage', text, values: [JSON.stringify(rows)] });
      for (const { use, count } of due) {
        use.count -= count; // what came meanwhile is for the next time
        use.writtenAt = now;
      }
    },
  };
}
