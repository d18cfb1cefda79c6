import pg from 'pg';
import { formatTable } from './table.ts';

export interface Rows {
  name: string;
  acknowledged: number;
  sessions: number;
  logEntries: number;
  /** As the counters have it. */
  inTotals: number;
  inRollups: number;
}

const text = `SELECT
  (SELECT count(*) FROM auth_sessions WHERE environment_id = ANY ($1))::float8 AS sessions,
  (SELECT count(*) FROM log_entries WHERE environment_id = ANY ($1)
    AND type = 'session.started')::float8 AS "logEntries",
  (SELECT sum(started) FROM session_totals WHERE environment_id = ANY ($1))::float8 AS "inTotals",
  (SELECT sum(started) FROM session_rollups WHERE environment_id = ANY ($1))::float8 AS "inRollups"`;

/**
 * What is in the database of what was acknowledged.
 *
 * @throws {Error} more or less than that: then the rates mean nothing
 */
export async function countRows(
  databaseUrl: string,
  expected: { name: string; acknowledged: number; of: { environmentId: string }[] }[],
): Promise<Rows[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const all: Rows[] = [];
    for (const { name, acknowledged, of } of expected) {
      const ids = of.map(({ environmentId }) => environmentId);
      const { rows } = await client.query(text, [ids]);
      all.push({ name, acknowledged, ...rows[0] });
    }
    const isExact = ({ acknowledged, sessions, logEntries, inTotals, inRollups }: Rows) =>
      [sessions, logEntries, inTotals, inRollups].every((count) => count === acknowledged);
    if (all.every(isExact)) return all;
    throw new Error(`The rows are not those that were acknowledged:\n${reportRows(all)}`);
  } finally {
    await client.end();
  }
}

export function reportRows(all: readonly Rows[]): string {
  const counts = (rows: Rows) =>
    [rows.acknowledged, rows.sessions, rows.logEntries, rows.inTotals, rows.inRollups].map(String);
  return formatTable([
    ['rows, counted afterwards', 'acknowledged', 'sessions', 'log entries', 'totals', 'rollups'],
    ...all.map((rows) => [rows.name, ...counts(rows)]),
  ]);
}
