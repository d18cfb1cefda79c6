import type { Db } from '../../server/platform/db.ts';

/** Every row of every table as JSON, each with its table's name; bytes are in hexadecimal. */
export async function dumpDatabase({ $pool }: Db): Promise<string[]> {
  const { rows: tables } = await $pool.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
  );
  const dumps = tables.map(async ({ name }) => {
    const { rows } = await $pool.query<{ row: string }>(
      `SELECT row_to_json(t)::text AS row FROM ${name} t`,
    );
    return rows.map(({ row }) => `${name} ${row}`);
  });
  return (await Promise.all(dumps)).flat();
}
