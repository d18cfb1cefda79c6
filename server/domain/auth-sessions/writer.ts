import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { apart, Batcher, type Failed, settle } from '../../platform/batch.ts';
import { type Db, lockTimeoutMs } from '../../platform/db.ts';
import { insertSessions, type NewSession, type Started } from './insert.ts';
import { type Busy, insertPublicSessions } from './insert-public.ts';
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

export interface SessionWriterHooks {
  /** Called after each commit. */
  onWritten(): void;
  /** Called after a commit that held an event for webhooks. */
  onAnnounced(): void;
  /** Called for each session that a commit started or moved. */
  onBecame(became: Became): void;
}

export type Became = 'started' | 'confirmed' | 'exchanged' | 'cancelled' | 'expired';

const becameOf = {
  CONFIRMED: 'confirmed',
  USED: 'exchanged',
  CANCELLED: 'cancelled',
  EXPIRED: 'expired',
} as const;

export function createSessionWriter(
  db: Db,
  { onWritten, onAnnounced, onBecame }: SessionWriterHooks,
): SessionWriter {
  // A lane keeps its slot, so the statements of one process never wait for each other's counters, and
  // those of two processes seldom.
  const firstSlot = randomInt(slots);
  const slotOf = (lane: number) => (firstSlot + lane) % slots;
  const told =
    <Item, Result>(write: (items: Item[]) => Promise<Result>) =>
    async (items: Item[]) => {
      const result = await write(items);
      onWritten();
      return result;
    };
  const starts = new Batcher<NewSession, Started | Failed>({
    lanes,
    itemsMax,
    run: (items, lane) =>
      apart(
        items,
        told((some) => insertSessions(db, some, slotOf(lane), onAnnounced)),
      ),
  });
  const publicStarts = new Batcher<NewSession, Started | Busy | Failed>({
    lanes,
    itemsMax,
    run: (items, lane) =>
      apart(
        items,
        told((some) => insertPublicSessions(db, some, slotOf(2 * lanes + lane), onAnnounced)),
      ),
  });
  const moves = new Batcher<Move, Moved | Failed>({
    lanes,
    itemsMax,
    run: (items, lane) =>
      apart(
        items,
        told((some) => moveSessions(db, some, slotOf(lanes + lane), onAnnounced)),
      ),
  });
  return {
    async start(item) {
      const started =
        item.pending_max === undefined
          ? settle(await starts.add(item))
          : await untilFree(async () => settle(await publicStarts.add(item)));
      if ('session' in started) onBecame('started');
      return started;
    },
    async move(item) {
      const moved = settle(await moves.add(item));
      if ('session' in moved) onBecame(becameOf[item.to_status]);
      else if ('triesLeft' in moved && moved.triesLeft === 0) onBecame('cancelled');
      return moved;
    },
  };
}

/** How long after a project was found locked. A transaction that holds it takes a few milliseconds. */
const retryMs = 10;

/** Comes again while the project is locked, outside the lanes, which others need. */
async function untilFree(start: () => Promise<Started | Busy>): Promise<Started> {
  const giveUpAt = performance.now() + lockTimeoutMs;
  for (;;) {
    const started = await start();
    if (!('busy' in started)) return started;
    if (performance.now() >= giveUpAt) {
      throw Object.assign(new Error('Others held the project for too long.'), { code: '55P03' });
    }
    await sleep(retryMs);
  }
}
