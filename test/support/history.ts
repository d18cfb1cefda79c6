/** Sessions of the past, written with the counts that the product would have written with them. */
import type { AuthSessionStatus } from '../../prisma/generated/enums.ts';
import { newId } from '../../server/domain/ids.ts';
import type { Db } from '../../server/platform/db.ts';
import type { TestProject } from './projects.ts';

export interface Place {
  environmentId: string;
  projectId: string;
  workspaceId: string;
}

/** Production and development of a project. */
export const placesOf = ({ workspaceId, id, production, development }: TestProject): Place[] =>
  [production, development].map((environment) => ({
    workspaceId,
    projectId: id,
    environmentId: environment.id,
  }));

/** Tables of sessions and of what is counted of them. */
const tables = [
  'auth_sessions',
  'session_rollups',
  'session_totals',
  'session_days',
  'confirm_time_rollups',
  'confirm_time_days',
  'confirm_time_months',
];

/** The same, and the log: what a deletion leaves to the purge. */
export const purgedTables = ['log_entries', ...tables];

export interface PastSession {
  place: Place;
  startedAt: Date;
  status: AuthSessionStatus;
  /** Until it was confirmed, where it was. */
  tookMs: number;
  user: string;
  /** Pending: whether it may still be confirmed. */
  lives: boolean;
  /** Of the counters. */
  slot: number;
}

const quarterMs = 900_000;

const reached: Record<string, readonly AuthSessionStatus[]> = {
  started: ['PENDING', 'CONFIRMED', 'CANCELLED', 'EXPIRED', 'USED'],
  confirmed: ['CONFIRMED', 'USED'],
  cancelled: ['CANCELLED'],
  expired: ['EXPIRED'],
  used: ['USED'],
};
const counters = Object.keys(reached);

export const isConfirmed = ({ status }: PastSession) => reached.confirmed!.includes(status);

/** As the sessions are, without any count. */
export async function writeSessions({ $pool }: Db, history: PastSession[]): Promise<void> {
  const rows = history.map((session, n) => {
    const { place, startedAt, status, tookMs, user, lives } = session;
    const confirmedAt = isConfirmed(session) ? new Date(startedAt.getTime() + tookMs) : null;
    const deadline = new Date(lives ? Date.now() + 3_600_000 : startedAt.getTime() + 600_000);
    return {
      id: newId('authSession'),
      workspace_id: place.workspaceId,
      project_id: place.projectId,
      environment_id: place.environmentId,
      started_with: 'SECRET_KEY',
      status,
      channel: confirmedAt && 'SERVER',
      subject: confirmedAt && { provider: 'server', id: user },
      subject_key: confirmedAt && `server:${user}`,
      user_code: `${newId('authSession')}-${n}`,
      require_user_code: false,
      wrong_user_codes: 0,
      master_key_id: 'k1',
      created_at: startedAt,
      expires_at: deadline,
      confirmed_at: confirmedAt,
      exchangeable_until: confirmedAt,
      used_at: status === 'USED' ? confirmedAt : null,
      proof_key_id: status === 'USED' ? 'key' : null,
      cancelled_at: status === 'CANCELLED' ? startedAt : null,
      expired_at: status === 'EXPIRED' ? deadline : null,
    };
  });
  await $pool.query(
    'INSERT INTO auth_sessions SELECT * FROM jsonb_populate_recordset(NULL::auth_sessions, $1)',
    [JSON.stringify(rows)],
  );
}

/** The counts alone, each session in a slot of its own choice, all at once. */
export async function writeCounts({ $pool }: Db, history: PastSession[]): Promise<void> {
  const sums = counters.map((name) => `${name} = r.${name} + EXCLUDED.${name}`).join(', ');
  const write = async (session: PastSession) => {
    const { place, startedAt, tookMs, slot } = session;
    const quarterAt = new Date(Math.floor(startedAt.getTime() / quarterMs) * quarterMs);
    const ids = [place.environmentId, quarterAt, slot, place.projectId, place.workspaceId];
    const counts = counters.map((name) => Number(reached[name]!.includes(session.status)));
    await $pool.query(
      `INSERT INTO session_rollups AS r (environment_id, quarter_at, slot, project_id, workspace_id, ${counters.join(', ')})
       VALUES ($1, $2, $3, $4, $5, ${counts.join(', ')})
       ON CONFLICT (environment_id, quarter_at, slot) DO UPDATE SET ${sums}`,
      ids,
    );
    if (!isConfirmed(session)) return;
    const bucket = tookMs <= 1 ? 0 : Math.ceil(8 * Math.log2(tookMs) - 1e-9);
    await $pool.query(
      `INSERT INTO confirm_time_rollups AS r (environment_id, quarter_at, slot, project_id, workspace_id, bucket, count)
       VALUES ($1, $2, $3, $4, $5, $6, 1)
       ON CONFLICT (environment_id, quarter_at, slot, bucket) DO UPDATE SET count = r.count + 1`,
      [...ids, bucket],
    );
  };
  await Promise.all(history.map(write));
}

export async function forgetHistory({ $pool }: Db): Promise<void> {
  await $pool.query(`TRUNCATE ${tables.join(', ')}`);
}
