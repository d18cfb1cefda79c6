import type { Db } from '../../server/platform/db.ts';

/** What changes with every request, whoever sends it and whatever comes of it. */
const notedWithRequests: Record<string, string[]> = {
  access_tokens: ['last_used_at'],
  sign_ins: ['last_seen_at'],
};

/**
 * Of every table, how many rows it has and a hash of what is in them.
 *
 * @param without columns to leave out, wherever they are
 */
export async function hashTables(
  { $pool }: Db,
  without: readonly string[] = [],
): Promise<Record<string, string>> {
  const { rows } = await $pool.query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`,
  );
  const hashes = rows.map(async ({ name }) => {
    const left = [...(notedWithRequests[name] ?? []), ...without];
    const { rows } = await $pool.query<{ hash: string }>(
      `SELECT count(*) || ' rows, ' || md5(coalesce(string_agg(text, '' ORDER BY text), '')) AS hash
       FROM (SELECT (to_jsonb(t) - $1::text[])::text AS text FROM ${name} t) rows`,
      [left],
    );
    return [name, rows[0]!.hash] as const;
  });
  return Object.fromEntries(await Promise.all(hashes));
}
