import pg from 'pg';

/**
 * Entries that pg_restore brought bear the transaction ids of the cluster that they were dumped in, which
 * here may be ids to come: whoever follows the log would be told of them at every look. They become
 * ids that every snapshot sees (3 is the first that PostgreSQL gives out). In a database that was
 * never moved there are none, and an index says so at once.
 */
const mendSql = `
UPDATE log_entries SET xid = '3' WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())`;

/**
 * To be called before anybody follows the log.
 *
 * @returns how many entries there were
 */
export async function adoptForeignTransactions(connectionString: string): Promise<number> {
  // Of its own: of a large log this takes longer than statements of the pool may.
  const client = new pg.Client({ connectionString, application_name: 'latchkey migrate' });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(mendSql)).rowCount ?? 0;
  } finally {
    await client.end();
  }
}
