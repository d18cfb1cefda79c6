import { randomInt } from 'node:crypto';
import { Batcher } from '../../platform/batch.ts';
import type { Db } from '../../platform/db.ts';
import { insertSessions, type NewSession, type Started } from './insert.ts';
import { type Move, type Moved, moveSessions } from './move.ts';

/**
 * Writes sessions: requests that come together share a statement and a commit, each with its own
 * answer. An answer means committed.
 */
export interface SessionWriter {
  start(item: NewSession): Promise<Started>;
  move(item: Move): Promise<Moved>;
}

/** Counter rows that one environment's writers spread over. */
const slots = 16;
const lanes = 2;
const itemsMax = 128;

export function createSessionWriter(db: Db): SessionWriter {
  // A lane keeps its slot, so the statements of one process never wait for each other's counters, and
  // those of two processes seldom.
  const firstSlot = randomInt(slots);
  const slotOf = (lane: number) => (firstSlot + lane) % slots;
  const starts = new Batcher<NewSession, Started | Failed>({
    lanes,
    itemsMax,
    run: (items, lane) => apart(items, (some) => insertSessions(db, some, slotOf(lane))),
  });
  const moves = new Batcher<Move, Moved | Failed>({
    lanes,
    itemsMax,
    run: (items, lane) => apart(items, (some) => moveSessions(db, some, slotOf(lanes + lane))),
  });
  return {
    start: async (item) => settle(await starts.add(item)),
    move: async (item) => settle(await moves.add(item)),
  };
}

/**
 * Keeps requests that share a statement from failing together: where it fails for what one of them is
 * or did, nothing was written, and they go again one by one.
 *
 * Statements that touch some of the same rows may lock them in different orders, of which PostgreSQL
 * ends one (40P01); alone they cannot. And no input should make a statement fail (class 22, 23), but
 * if one does, it is its own failure.
 */
async function apart<Item, Result>(
  items: Item[],
  run: (items: Item[]) => Promise<Result[]>,
): Promise<(Result | Failed)[]> {
  try {
    return await run(items);
  } catch (error) {
    const { code = '' } = error as { code?: string };
    if (!/^(40P01|55P03|22...|23...|54...)$/.test(code)) throw error;
    if (items.length === 1 && code !== '40P01') return [new Failed(error)];
    const results: (Result | Failed)[] = [];
    for (const item of items) {
      results.push(...(await run([item]).catch((own) => [new Failed(own)])));
    }
    return results;
  }
}

/** What became of one item where the others were written. */
class Failed {
  readonly cause: unknown;
  constructor(cause: unknown) {
    this.cause = cause;
  }
}

/** @throws the item's own failure */
function settle<Result>(result: Result | Failed): Result {
  if (result instanceof Failed) throw result.cause;
  return result;
}
