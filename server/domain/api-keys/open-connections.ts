/**
 * How many connections each key holds open, in all processes together.
 *
 * Every process writes the counts of its own beside a heartbeat; those of a process whose heartbeat has
 * stopped count no more. What this process holds it knows itself.
 */
import type { Db } from '../../platform/db.ts';
import type { Tools } from '../call.ts';
import { gathered } from '../load.ts';

/** A process that was not seen for so long is taken for dead. The heart beats every second. */
const silenceMaxSeconds = 4;

/** One statement. The process's row comes first, and holds off the same process only. */
const writeSql = `
WITH me AS (
  INSERT INTO server_processes AS p (id, seen_at) VALUES ($1, now())
  ON CONFLICT (id) DO UPDATE SET seen_at = now()
), gone AS (
  DELETE FROM open_connections WHERE process_id = $1 AND NOT api_key_id = ANY ($2::text[])
), dead AS (
  DELETE FROM server_processes WHERE seen_at < now() - interval '1 minute' AND id <> $1
)
INSERT INTO open_connections AS o (api_key_id, process_id, count)
SELECT api_key_id, $1, count FROM unnest($2::text[], $3::int[]) AS i(api_key_id, count)
ON CONFLICT (api_key_id, process_id) DO UPDATE SET count = EXCLUDED.count WHERE o.count <> EXCLUDED.count`;

/** Writes what this process holds, and that it is alive. Safe to be killed anywhere. */
export async function writeOpenConnections({ db, connections }: Pick<Tools, 'db' | 'connections'>) {
  const counts = connections.countByKey();
  await db.$pool.query({
    name: 'open-connections-write',
    text: writeSql,
    values: [connections.processId, [...counts.keys()], [...counts.values()]],
  });
}

/** Before the process stops. */
export async function forgetProcess(db: Db, processId: string): Promise<void> {
  await db.$pool.query('DELETE FROM server_processes WHERE id = $1', [processId]);
}

/** Of keys that were found to be readable; one statement. */
export const loadOpenConnections = gathered<{ id: string; count: number }>(
  async ({ db, connections }, ids) => {
    const { rows } = await db.$pool.query<{ id: string; count: number }>(
      `SELECT o.api_key_id AS id, sum(o.count)::int AS count
       FROM open_connections o JOIN server_processes p ON p.id = o.process_id
       WHERE o.api_key_id = ANY ($1) AND p.id <> $2
         AND p.seen_at > now() - interval '${silenceMaxSeconds} seconds'
       GROUP BY 1`,
      [ids, connections.processId],
    );
    const elsewhere = new Map(rows.map(({ id, count }) => [id, count]));
    const own = connections.countByKey();
    return ids.map((id) => ({ id, count: (own.get(id) ?? 0) + (elsewhere.get(id) ?? 0) }));
  },
  ({ id }) => id,
);
