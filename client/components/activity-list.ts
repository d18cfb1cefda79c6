/**
 * Lists that grow at their top while one reads on at their end. All that is shown is read anew
 * together, from the first page on, so that nothing is missing between two pages and no row stands
 * twice: that is one request for every hundred rows.
 */
import { CombinedError } from '@urql/core';
import { useEffect, useState } from 'react';
import { LatchkeyError } from '../urql.ts';

export interface ListPage<Row> {
  rows: readonly Row[];
  hasMore: boolean;
  startCursor: string | null;
  endCursor: string | null;
  /** How far a search looked, where it ended before the page was full. */
  searchedUntil: string | null;
}

/** A page as the API has it. */
interface Connection<Row> {
  edges: readonly { node: Row }[];
  pageInfo: { hasNextPage: boolean; startCursor?: string | null; endCursor?: string | null };
  searchedUntil?: string | null;
}

/**
 * @param connection of a place; undefined where there is none, or none that may be seen
 * @throws {LatchkeyError} NOT_FOUND
 */
export function toListPage<Row>(connection: Connection<Row> | undefined): ListPage<Row> {
  if (!connection) {
    const refusal = { message: 'There is nothing here.', extensions: { code: 'NOT_FOUND' } };
    throw new LatchkeyError(new CombinedError({ graphQLErrors: [refusal] }));
  }
  const { edges, pageInfo, searchedUntil } = connection;
  return {
    rows: edges.map(({ node }) => node),
    hasMore: pageInfo.hasNextPage,
    startCursor: pageInfo.startCursor ?? null,
    endCursor: pageInfo.endCursor ?? null,
    searchedUntil: searchedUntil ?? null,
  };
}

/** One page; `first` is 100 at most. */
export type ReadPage<Row> = (first: number, after: string | null) => Promise<ListPage<Row>>;

interface ListState<Row> {
  /** null until the first is there. */
  page: ListPage<Row> | null;
  /** Why it could not be read the last time. */
  error: LatchkeyError | null;
  /** Reads on, or will as soon as what is read anew is there. */
  busy: boolean;
}

interface ListTasks {
  /** Reads on at the end. */
  showMore: () => void;
  /** Reads what is shown anew. */
  reload: () => void;
}

export type ActivityList<Row> = ListState<Row> & ListTasks;

const pageSize = 50;
const batchMax = 100;

/**
 * What is asked of it is done in turn: reading on begins where what was read anew ends, and neither
 * is lost to the other.
 *
 * @param tell of every change, until `stop` is called
 */
export function createActivityList<Row extends { id: string }>(
  read: ReadPage<Row>,
  tell: (state: ListState<Row>) => void,
): ListTasks & { stop: () => void } {
  let page: ListPage<Row> | null = null;
  let error: LatchkeyError | null = null;
  /** How far back somebody had it searched; null: as far as the rows go. */
  let soughtUntil: string | null = null;
  let current: (() => Promise<void>) | null = null;
  let isOver = false;
  const waiting = new Set<() => Promise<void>>();

  async function readAnew() {
    const wanted = page?.rows.length ?? 0;
    const isFarEnough = ({ rows, searchedUntil }: ListPage<Row>) =>
      rows.length >= wanted &&
      // Unless so much is new that it fills a page: then it begins with that, as any list.
      (soughtUntil === null ||
        rows.length >= wanted + pageSize ||
        (searchedUntil !== null && searchedUntil <= soughtUntil));
    let next = await read(Math.min(batchMax, Math.max(pageSize, wanted)), null);
    while (next.hasMore && !isFarEnough(next) && !isOver) {
      const missing = wanted - next.rows.length;
      const first = missing > 0 ? Math.min(batchMax, missing) : pageSize;
      next = join(next, await read(first, next.endCursor));
    }
    page = next;
  }

  async function readOn() {
    if (!page) return;
    page = join(page, await read(pageSize, page.endCursor));
    soughtUntil = page.searchedUntil;
  }

  async function attempt(task: () => Promise<void>) {
    try {
      await task();
      error = null;
    } catch (fault) {
      if (!(fault instanceof LatchkeyError)) throw fault;
      error = fault;
    }
  }

  function tellNow() {
    if (!isOver) tell({ page, error, busy: current === readOn || waiting.has(readOn) });
  }

  async function work(task: () => Promise<void>) {
    waiting.add(task);
    if (current) return tellNow();
    try {
      // It goes on to what is added meanwhile.
      for (const next of waiting) {
        waiting.delete(next);
        current = next;
        tellNow();
        await attempt(next);
        if (isOver) return;
      }
    } finally {
      current = null;
      tellNow();
    }
  }

  return {
    reload: () => void work(readAnew),
    showMore: () => void work(readOn),
    stop() {
      isOver = true;
    },
  };
}

const nothing = { page: null, error: null, busy: false };

/** @param read another function means another list */
export function useActivityList<Row extends { id: string }>(
  read: ReadPage<Row>,
): ActivityList<Row> {
  const [state, setState] = useState<ListState<Row>>(nothing);
  const [tasks, setTasks] = useState<ListTasks>({ showMore() {}, reload() {} });
  useEffect(() => {
    const list = createActivityList(read, (next) =>
      // The rows before stay until the next are there, as under a search that is being typed.
      setState((before) => ({ ...next, page: next.page ?? before.page })),
    );
    setTasks(list);
    list.reload();
    return list.stop;
  }, [read]);
  return { ...state, ...tasks };
}

function join<Row extends { id: string }>(one: ListPage<Row>, next: ListPage<Row>): ListPage<Row> {
  const ids = new Set(one.rows.map(({ id }) => id));
  return {
    ...next,
    startCursor: one.startCursor,
    rows: [...one.rows, ...next.rows.filter(({ id }) => !ids.has(id))],
  };
}
