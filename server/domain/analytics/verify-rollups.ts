import type pg from 'pg';
import type { Call } from '../call.ts';
import { quarterMs } from './cohort.ts';
import {
  differencesSql,
  mendMonthSql,
  mendRollupsSql,
  mendTotalsSql,
  mendWholeDaySql,
  monthsSql,
  totalsSql,
  wholeDaysSql,
} from './recount.ts';

/** Something that was counted otherwise than the sessions say. */
export interface Difference {
  environmentId: string;
  /** The quarter hour; null: of the environment's lifetime. */
  quarterAt: Date | null;
  /** A counter, or a bucket of the time to confirm. */
  what: string;
  bySessions: number;
  counted: number;
}

/** That of the statements below which mend: two at once would mend twice. */
export const mendingLock = 5_220_617;

/**
 * Environments with the instant from which on all of their sessions are kept. A whole day away from
 * what retention may remove meanwhile.
 */
const environmentsSql = `
SELECT e.id, greatest(
    date_trunc('day', now() - make_interval(days => w.session_retention_days), 'UTC') + interval '1 day',
    date_bin('15 minutes', e.sessions_purged_before - interval '1 millisecond', '2000-01-01Z') + interval '15 minutes'
  ) AS since
FROM environments e JOIN projects p ON p.id = e.project_id JOIN workspaces w ON w.id = p.workspace_id
WHERE $1::text IS NULL OR e.id = $1 ORDER BY e.id`;

/**
 * Recounts every environment from its sessions, as far back as all of them are kept, and compares that
 * with rollups and histograms; and the lifetime totals with the rollups of all time, corrected so. Each
 * environment is read in one snapshot. Sessions may go on meanwhile.
 *
 * @param onEnvironment told of each environment that was compared, with what differs
 */
export async function verifyRollups(
  { db }: Pick<Call, 'db'>,
  onEnvironment: (environmentId: string, differences: Difference[]) => Promise<void> | void,
): Promise<void> {
  const { rows } = await db.$pool.query<{ id: string }>(environmentsSql, [null]);
  for (const { id } of rows) {
    const client = await db.$pool.connect();
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      // To read ten million sessions takes its time.
      await client.query('SET LOCAL statement_timeout = 0');
      const differences = await compare(client, id);
      await client.query('COMMIT');
      await onEnvironment(id, differences);
      client.release();
    } catch (error) {
      client.release(true); // and with it what had begun
      throw error;
    }
  }
}

interface Row {
  quarter_at: Date | null;
  what: string;
  sessions: string;
  counted: string;
}

async function compare(client: pg.PoolClient, environmentId: string): Promise<Difference[]> {
  const { rows: places } = await client.query<{ since: Date }>(environmentsSql, [environmentId]);
  const [place] = places;
  if (!place) return []; // deleted since
  const read = async (sql: string, ...more: unknown[]) =>
    (await client.query<Row>(sql, [environmentId, ...more])).rows;
  const quarters = await read(`${differencesSql} ORDER BY 1, 2`, place.since, 'infinity');
  const wholeDays = await read(`${wholeDaysSql} ORDER BY 1, 2`);
  const months = await read(`${monthsSql} ORDER BY 1, 2`);
  const { rows: totals } = await client.query(totalsSql, [environmentId]);
  const lifetime = totals.map(({ what, counted, total }): Row => {
    const error = quarters
      .filter((row) => row.what === what)
      .reduce((sum, row) => sum + Number(row.sessions) - Number(row.counted), 0);
    return { quarter_at: null, what, sessions: String(Number(counted) + error), counted: total };
  });
  const wrong = lifetime.filter(({ sessions, counted }) => Number(sessions) !== Number(counted));
  return [...quarters, ...wholeDays, ...months, ...wrong].map((row) => ({
    environmentId,
    quarterAt: row.quarter_at,
    what: row.what,
    bySessions: Number(row.sessions),
    counted: Number(row.counted),
  }));
}

/**
 * The same, and mends what differs, while servers run: each quarter hour by one statement, which adds
 * what it finds missing at that moment. Totals follow the rollups.
 *
 * @throws {Error} somebody else is mending already
 */
export async function repairRollups(
  { db }: Pick<Call, 'db'>,
  onEnvironment: (environmentId: string, differences: Difference[]) => void,
): Promise<void> {
  const client = await db.$pool.connect();
  try {
    const { rows } = await client.query('SELECT pg_try_advisory_lock($1) AS locked', [mendingLock]);
    if (!rows[0].locked) throw new Error('Somebody else is mending the rollups already.');
    await verifyRollups({ db }, async (environmentId, differences) => {
      await mend(client, environmentId, differences);
      onEnvironment(environmentId, differences);
    });
  } finally {
    // Where that is lost too, the lock is gone with its connection.
    await client.query('SELECT pg_advisory_unlock_all()').catch(() => {});
    client.release(true);
  }
}

async function mend(
  client: pg.PoolClient,
  environmentId: string,
  differences: Difference[],
): Promise<void> {
  // By the span that a difference is of, each instant once.
  const spans = { quarter: new Set<number>(), day: new Set<number>(), month: new Set<number>() };
  for (const { quarterAt, what } of differences) {
    const [, span = 'quarter'] = / of the (?:whole )?(day|month)$/.exec(what) ?? [];
    if (quarterAt) spans[span as keyof typeof spans].add(quarterAt.getTime());
  }
  for (const at of spans.quarter) {
    const range = [new Date(at), new Date(at + quarterMs)];
    await client.query(mendRollupsSql, [environmentId, ...range]);
  }
  for (const at of spans.day) await client.query(mendWholeDaySql, [environmentId, new Date(at)]);
  for (const at of spans.month) await client.query(mendMonthSql, [environmentId, new Date(at)]);
  if (differences.length > 0) await client.query(mendTotalsSql, [environmentId]);
}
