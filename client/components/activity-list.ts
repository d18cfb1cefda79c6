/**
 * Lists that grow at their top while one reads on at their end. All that is shown is read anew
 * together, from the first page on, so that nothing is missing between two pages and no row stands
 * twice: that is one request for every hundred rows.
 */
import { useCallback, useEffect, useRef, useState } from 'react';
import { LatchkeyError } from '../urql.ts';

export interface ListPage<Row> {
  rows: readonly Row[];
  hasMore: boolean;
  startCursor: string | null;
  endCursor: string | null;
  /** How far a search looked, where it ended before the page was full. */
  searchedUntil: string | null;
}

export interface ActivityList<Row> {
  page: ListPage<Row> | null;
  error: LatchkeyError | null;
  busy: boolean;
  /** Reads on at the end. */
  showMore: () => void;
  /** Reads what is shown anew. */
  reload: () => void;
}

const pageSize = 50;
const batchMax = 100;

/**
 * @param read one page; another function means another list
 */
export function useActivityList<Row extends { id: string }>(
  read: (first: number, after: string | null) => Promise<ListPage<Row>>,
): ActivityList<Row> {
  const [known, setKnown] = useState<{ page: ListPage<Row>; of: typeof read } | null>(null);
  const [error, setError] = useState<LatchkeyError | null>(null);
  const [busy, setBusy] = useState(false);
  /** Counts up: of two that run, only the later one may tell. */
  const run = useRef(0);
  const latest = useRef(known);
  latest.current = known;

  const load = useCallback(
    async (work: () => Promise<ListPage<Row>>) => {
      run.current += 1;
      const mine = run.current;
      setBusy(true);
      try {
        const page = await work();
        if (mine !== run.current) return;
        setKnown({ page, of: read });
        setError(null);
      } catch (fault) {
        if (mine !== run.current) return;
        if (!(fault instanceof LatchkeyError)) throw fault;
        setError(fault);
      } finally {
        if (mine === run.current) setBusy(false);
      }
    },
    [read],
  );

  const reload = useCallback(() => {
    const wanted = latest.current?.of === read ? latest.current.page.rows.length : 0;
    void load(async () => {
      let page = await read(Math.min(batchMax, Math.max(pageSize, wanted)), null);
      while (page.hasMore && page.rows.length < wanted) {
        const first = Math.min(batchMax, wanted - page.rows.length);
        page = join(page, await read(first, page.endCursor));
      }
      return page;
    });
  }, [load, read]);

  useEffect(() => {
    reload();
    return () => {
      run.current += 1;
    };
  }, [reload]);

  const showMore = useCallback(() => {
    const before = latest.current;
    if (before?.of !== read) return;
    void load(async () => join(before.page, await read(pageSize, before.page.endCursor)));
  }, [load, read]);

  // The rows before stay until the next are there, as under a search that is being typed.
  return { page: known?.page ?? null, error, busy, showMore, reload };
}

function join<Row extends { id: string }>(one: ListPage<Row>, next: ListPage<Row>): ListPage<Row> {
  const ids = new Set(one.rows.map(({ id }) => id));
  return {
    ...next,
    startCursor: one.startCursor,
    rows: [...one.rows, ...next.rows.filter(({ id }) => !ids.has(id))],
  };
}
