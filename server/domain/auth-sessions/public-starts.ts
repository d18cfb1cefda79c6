/** How many sessions may be started without a secret key: by anybody who sees a page or an app. */
import { type Budget, drawFrom, overBudget } from '../budgets.ts';
import type { Call } from '../call.ts';
import type { RateLimitedError } from '../errors.ts';
import { networkOf } from '../network.ts';
import { publicPendingSql } from './insert-public.ts';

const aMinute = { windowSeconds: 60 };

/**
 * Counts a start, before it is known whether it may be. The address first: who has used up its own
 * budget uses up nothing of the project.
 *
 * @returns gives the project its start back, for when there was none after all
 * @throws {RateLimitedError}
 */
export async function countPublicStart(
  call: Call,
  projectId: string,
): Promise<() => Promise<void>> {
  const { perAddress, perProject } = call.publicStarts;
  await drawFrom(
    call,
    { name: 'starts-per-address', quota: perAddress, ...aMinute },
    networkOf(call.client.ip),
    `Without a secret key one address may start ${perAddress} sessions a minute.`,
  );
  return drawFrom(
    call,
    { name: 'starts-per-project', quota: perProject, ...aMinute },
    projectId,
    `Without a secret key one project may start ${perProject} sessions a minute.`,
  );
}

/** Too many of the project's are pending: there is room again when the oldest of them expires. */
export async function tooManyPending(call: Call, projectId: string): Promise<RateLimitedError> {
  const quota = call.publicStarts.pendingMax;
  const budget: Budget = { name: 'pending-per-project', quota, windowSeconds: null };
  const { rows } = await call.db.$pool.query<{ seconds: number | null }>({
    name: 'public-pending-oldest',
    text: `SELECT ceil(extract(epoch FROM min(a.expires_at) - now()))::int AS seconds
      FROM auth_sessions a WHERE a.project_id = $1 AND ${publicPendingSql('a')}`,
    values: [projectId],
  });
  const moreAfterSeconds = Math.max(1, rows[0]?.seconds ?? 1);
  call.draws.push({ budget, allowed: false, remaining: 0, moreAfterSeconds });
  const refusal = `At most ${quota} sessions of one project that were started without a secret key may be pending.`;
  return overBudget(budget, moreAfterSeconds, refusal);
}
