import type { RefusalReason } from '../errors.ts';
import { gathered } from '../load.ts';

/** How often a key was refused for one reason. */
export interface ApiKeyRefusals {
  reason: RefusalReason;
  count: number;
  lastAt: Date;
}

/** The refusals of a key, the latest reason first. Of keys that were found to be readable. */
export const loadApiKeyRefusals = gathered<{ id: string; refusals: ApiKeyRefusals[] }>(
  async (call, ids) => {
    const refusals = new Map<string, ApiKeyRefusals[]>(ids.map((id) => [id, []]));
    const { rows } = await call.db.$pool.query(
      `SELECT api_key_id, reason, count::float8, last_at FROM api_key_refusals
       WHERE api_key_id = ANY ($1) ORDER BY last_at DESC, reason`,
      [ids],
    );
    for (const { api_key_id, reason, count, last_at } of rows) {
      refusals.get(api_key_id)!.push({ reason, count, lastAt: last_at });
    }
    return [...refusals].map(([id, each]) => ({ id, refusals: each }));
  },
  ({ id }) => id,
);
