import type { Call } from '../call.ts';
import { originOf } from './origin.ts';

/** Sessions that one sweep takes together. */
const sweepMax = 100;

/**
 * Makes durable what every read already says: pending sessions past their lifetime are EXPIRED.
 *
 * Safe to run in several processes at once, and to be killed: each session is moved by the same
 * conditional write as any other transition, with its log entry, counters and event.
 *
 * @returns how many sessions this run expired
 */
export async function expireSessions(call: Call): Promise<number> {
  let expired = 0;
  for (;;) {
    const { rows } = await call.db.$pool.query<{ id: string }>({
      name: 'sessions-overdue',
      text: `SELECT a.id FROM auth_sessions a JOIN environments e ON e.id = a.environment_id
        WHERE a.status = 'PENDING' AND a.expires_at <= now() ORDER BY a.expires_at LIMIT ${sweepMax}`,
    });
    const results = await Promise.all(
      rows.map(({ id }) =>
        call.sessionWriter.move({
          ...originOf(call),
          id,
          to_status: 'EXPIRED',
          secret_id: null,
          outside_production: false,
        }),
      ),
    );
    expired += results.filter((result) => 'session' in result).length;
    if (rows.length < sweepMax) return expired;
  }
}
