import { environmentOfKey, mayReadBeyondOwnName } from '../access.ts';
import { scopesSql } from '../activity-scope.ts';
import type { Call } from '../call.ts';
import { NotFoundError } from '../errors.ts';
import { gathered } from '../load.ts';
import type { SessionTotals } from '../session-counts.ts';
import { countSessions } from './count-sessions.ts';
import { countDailyUsers, countUsers } from './count-users.ts';
import { type Range, type RangeInput, resolveRange } from './range.ts';
import { findTimeToConfirm, type Percentiles } from './time-to-confirm.ts';

/** Totals of a range, and of each day in it. What takes a statement of its own is read when asked for. */
export interface Analytics {
  range: Range;
  totals(): Promise<SessionTotals>;
  daily(): Promise<SessionTotals[]>;
  users(): Promise<number>;
  dailyUsers(): Promise<number[]>;
  timeToConfirm(): Promise<Percentiles | null>;
  /** The range of equal length before. */
  previous: Pick<Analytics, 'totals' | 'users'>;
}

/**
 * What became of the sessions that started in a range, in a project, environment or workspace that was
 * found to be readable. A key counts its own environment only.
 *
 * Each part is read once, however often it is asked for.
 *
 * @throws {ValidationError} the range is none
 */
export async function findAnalytics(
  call: Call,
  scopeId: string,
  input: RangeInput,
): Promise<Analytics> {
  const scope = await loadScope(call, scopeId);
  if (!scope) throw new NotFoundError('The scope');
  const { environmentIds } = scope;
  const range = resolveRange(input, scope.now);
  const { edges, previousFrom } = range;
  const [from, till] = [edges[0]!, edges.at(-1)!];

  const counts = once(() =>
    countSessions(call, { environmentIds, edges: [previousFrom, ...edges] }),
  );
  const users = (...ofEdges: Date[]) =>
    once(() => countUsers(call, { environmentIds, edges: ofEdges }));
  const first = (ofUsers: () => Promise<number[]>) => async () => (await ofUsers())[0]!;
  return {
    range,
    totals: async () => (await counts()).slice(1).reduce(add),
    daily: async () => (await counts()).slice(1),
    users: first(users(from, till)),
    dailyUsers: once(() => countDailyUsers(call, { environmentIds, edges })),
    timeToConfirm: once(() => findTimeToConfirm(call, { environmentIds, edges })),
    previous: {
      totals: async () => (await counts())[0]!,
      users: first(users(previousFrom, from)),
    },
  };
}

/** The live environments of a scope, and the instant at which that was so. */
const loadScope = gathered<{ id: string; environmentIds: string[]; now: Date }>(
  async (call, ids) => {
    if (!mayReadBeyondOwnName(call.actor)) return [];
    const { rows } = await call.db.$pool.query({
      name: 'analytics-scopes',
      text: `WITH scope AS (${scopesSql('$1', '$2')})
        SELECT id, now(), ARRAY(SELECT environment_id FROM scope WHERE scope_id = id) AS "environmentIds"
        FROM unnest($1::text[]) AS id`,
      values: [ids, environmentOfKey(call.actor)],
    });
    return rows;
  },
  ({ id }) => id,
);

function once<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let value: Promise<Value> | undefined;
  return () => {
    value ??= read();
    return value;
  };
}

const add = (one: SessionTotals, other: SessionTotals): SessionTotals => ({
  started: one.started + other.started,
  confirmed: one.confirmed + other.confirmed,
  cancelled: one.cancelled + other.cancelled,
  expired: one.expired + other.expired,
  used: one.used + other.used,
});
