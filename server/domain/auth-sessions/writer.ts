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
  const starts = new Batcher<NewSession, Started>({
    lanes,
    itemsMax,
    run: (items, lane) => insertSessions(db, items, slotOf(lane)),
  });
  const moves = new Batcher<Move, Moved>({
    lanes,
    itemsMax,
    run: (items, lane) => alone(items, (some) => moveSessions(db, some, slotOf(lanes + lane))),
  });
  return { start: (item) => starts.add(item), move: (item) => moves.add(item) };
}

/**
 * Two statements that move some of the same sessions may lock them in different orders. PostgreSQL
 * ends one of them with nothing written; its items go again one by one, which cannot deadlock.
 */
async function alone<Item, Result>(
  items: Item[],
  run: (items: Item[]) => Promise<Result[]>,
): Promise<Result[]> {
  try {
    return await run(items);
  } catch (error) {
    const deadlock = '40P01';
    if ((error as { code?: string }).code !== deadlock) throw error;
    const results: Result[] = [];
    for (const item of items) results.push(...(await run([item])));
    return results;
  }
}
