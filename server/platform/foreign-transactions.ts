import pg from 'pg';

/**
 * Entries that pg_restore brought bear the transaction ids of the cluster that they were dumped in, which
 * here may be ids to come: whoever follows the log would be told of them at every look. They become
 * ids that every snapshot sees (3 is the first that PostgreSQL gives out). In a database that was
 * never moved there are none, and an index says so at once.
 *
 * In batches along that index, each a transaction: one for all would hold its rows, and back every
 * vacuum, for as long as nearly all of a log takes. Each goes on where the last one stopped, rather than
 * step over what it left. Locked in the index's order, so that two processes can do it at once.
 */
const mendSql = `
WITH batch AS MATERIALIZED (
  SELECT id, xid FROM log_entries
  WHERE xid >= $1 AND xid >= pg_snapshot_xmax(pg_current_snapshot())
  ORDER BY xid LIMIT $2 FOR UPDATE
), mended AS (
  UPDATE log_entries e SET xid = '3' FROM batch WHERE e.id = batch.id RETURNING batch.xid
)
SELECT count(*)::int AS count, max(xid)::text AS "upTo" FROM mended`;

interface Batch {
  count: number;
  /** The highest id that it took; null where there was none left. */
  upTo: string | null;
}

/**
 * To be called before anybody follows the log. Broken off, it goes on with the next call.
 *
 * @returns how many entries there were
 */
export async function adoptForeignTransactions(
  connectionString: string,
  batchSize = 10_000,
): Promise<number> {
  const client = new pg.Client({ connectionString, application_name: 'latchkey migrate' });
  client.on('error', () => {});
  await client.connect();
  try {
    let adopted = 0;
    for (let from: string | null = '3'; from !== null; ) {
      const { rows }: pg.QueryResult<Batch> = await client.query(mendSql, [from, batchSize]);
      adopted += rows[0]!.count;
      from = rows[0]!.upTo;
    }
    return adopted;
  } finally {
    await client.end();
  }
}
