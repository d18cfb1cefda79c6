/** Lists that grow at their top while somebody reads on at their end. */
import { describe, expect, test } from 'vitest';
import {
  createActivityList,
  type ListPage,
  type ReadPage,
} from '../../client/components/activity-list.ts';

interface Entry {
  id: string;
  matches: boolean;
}

/** A log, newest first, that looks at so many entries a request for those that match. */
function createLog(budget = Number.POSITIVE_INFINITY) {
  const entries: Entry[] = [];
  let reads = 0;
  let reading = 0;
  let gate: Promise<void> = Promise.resolve();
  const instant = (index: number) => new Date(entries.length - index).toISOString();
  const read: ReadPage<Entry> = async (first, after) => {
    reads += 1;
    reading += 1;
    await gate;
    reading -= 1;
    const from = after === null ? 0 : entries.findIndex(({ id }) => id === after) + 1;
    const rows: Entry[] = [];
    let at = from;
    while (at < entries.length && at - from < budget && rows.length < first) {
      const entry = entries[at]!;
      if (entry.matches) rows.push(entry);
      at += 1;
    }
    const isFull = rows.length === first;
    const hasMore = at < entries.length;
    return {
      rows,
      hasMore,
      startCursor: rows[0]?.id ?? null,
      endCursor: entries[at - 1]?.id ?? null,
      searchedUntil: hasMore && !isFull ? instant(at - 1) : null,
    };
  };
  return {
    read,
    /** Writes entries, the last of which is the newest. */
    write(count: number, matches = (_number: number) => true) {
      for (let n = 0; n < count; n += 1) {
        const number = entries.length;
        entries.unshift({ id: `log_${number}`, matches: matches(number) });
      }
    },
    reads: () => reads,
    isRead: () => reading > 0,
    /** Answers nothing until the function that it returns is called. */
    hold() {
      let release = () => {};
      gate = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    },
  };
}

async function open(log: ReturnType<typeof createLog>) {
  let state: { page: ListPage<Entry> | null; busy: boolean } = { page: null, busy: false };
  const list = createActivityList(log.read, (next) => {
    state = next;
  });
  async function settled() {
    await new Promise((resolve) => setTimeout(resolve)); // what is not held is read by then
    await expect.poll(log.isRead).toBe(false);
  }
  list.reload();
  await settled();
  return {
    ...list,
    settled,
    page: () => state.page!,
    isBusy: () => state.busy,
    ids: () => state.page!.rows.map(({ id }) => id),
  };
}

describe('a list that is read anew', () => {
  test('keeps a search where it had come to', async () => {
    const log = createLog(100);
    log.write(1_000, (number) => number === 750 || number === 350);
    const list = await open(log);
    expect(list.ids()).toEqual([]);
    while (list.page().rows.length < 2) {
      list.showMore();
      await list.settled();
    }
    const { searchedUntil } = list.page();
    expect(list.ids()).toEqual(['log_750', 'log_350']);

    for (let n = 0; n < 5; n += 1) {
      log.write(1);
      const before = log.reads();
      list.reload();
      await list.settled();
      expect(list.ids().slice(-2)).toEqual(['log_750', 'log_350']);
      expect(list.page().rows).toHaveLength(3 + n);
      expect(Date.parse(list.page().searchedUntil!)).toBeLessThanOrEqual(
        Date.parse(searchedUntil!),
      );
      // No further either: else each time would cost more than the last.
      expect(log.reads() - before).toBeLessThanOrEqual(8);
    }
  });

  test('begins with the newest where they alone fill pages', async () => {
    const log = createLog(100);
    log.write(1_000, () => false);
    const list = await open(log);
    list.showMore();
    await list.settled();
    log.write(500);
    list.reload();
    await list.settled();
    expect(list.ids()[0]).toBe('log_1499');
    expect(list.page()).toMatchObject({ hasMore: true, searchedUntil: null });
    expect(list.page().rows).toHaveLength(50);
  });

  test('while one reads on loses neither what was asked for nor what is new', async () => {
    const log = createLog();
    log.write(200);
    const list = await open(log);
    const release = log.hold();
    list.showMore();
    log.write(1);
    list.reload();
    list.reload();
    release();
    await list.settled();
    expect(list.ids()).toEqual(Array.from({ length: 100 }, (_, n) => `log_${200 - n}`));
    expect(log.reads()).toBe(3); // both reloads are one
  });

  test('and then read on goes on behind what it shows', async () => {
    const log = createLog();
    log.write(200);
    const list = await open(log);
    const release = log.hold();
    log.write(10);
    list.reload();
    list.showMore();
    release();
    await list.settled();
    expect(list.ids()).toEqual(Array.from({ length: 100 }, (_, n) => `log_${209 - n}`));
  });

  test('is busy only while somebody reads on, also if that has to wait', async () => {
    const log = createLog();
    log.write(200);
    const list = await open(log);
    const release = log.hold();
    list.reload();
    expect(list.isBusy()).toBe(false);
    list.showMore();
    expect(list.isBusy()).toBe(true);
    release();
    await list.settled();
    expect(list.isBusy()).toBe(false);
    expect(list.ids()).toHaveLength(100);
  });

  test('goes on after a mistake of ours, which is reported', async () => {
    const log = createLog();
    log.write(10);
    let isBroken = false;
    const list = await open({
      ...log,
      read(first, after) {
        if (isBroken) throw new TypeError('node is null');
        return log.read(first, after);
      },
    });
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    const reported = new Promise((resolve) => process.once('unhandledRejection', resolve));
    isBroken = true;
    list.reload();
    expect(await reported).toBeInstanceOf(TypeError);
    for (const listener of others) process.on('unhandledRejection', listener);
    isBroken = false;
    log.write(1);
    list.reload();
    await list.settled();
    expect(list.ids()).toHaveLength(11);
  });

  test('tells nothing more once it is stopped', async () => {
    const log = createLog();
    log.write(10);
    const list = await open(log);
    list.stop();
    log.write(1);
    list.reload();
    await expect.poll(() => log.reads()).toBe(2);
    expect(list.ids()).toHaveLength(10);
  });
});
