/**
 * Pages of lists that grow, newest first, by keyset: a page costs the same wherever it lies, and
 * stays put while rows arrive. A cursor is the instant and id of a row, opaque to clients.
 */
import { type IdKind, kindOfId } from './ids.ts';
import { invalid } from './validation.ts';

export interface PageInput {
  first?: number | null;
  after?: string | null;
  last?: number | null;
  before?: string | null;
}

export interface Connection<Row> {
  edges: { cursor: string; node: Row }[];
  pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
  /** How far was read where that ended the page early, because no index answers what was asked. */
  searchedUntil: Date | null;
}

export const pageSizeDefault = 20;
export const pageSizeMax = 100;

/** What a page of records asks of Prisma's `findMany`. */
export interface RecordPage {
  where: { AND: object[] };
  orderBy: [{ createdAt: 'asc' | 'desc' }, { id: 'asc' | 'desc' }];
  take: number;
}

/**
 * One page of a table by way of Prisma: for lists that stay short enough to need no index for each way
 * to filter them. The caller runs `findMany` with `query` and conditions of its own, for one parent or
 * for many, and makes connections of the rows.
 *
 * @throws {ValidationError} a page size or a cursor is not one
 */
export function recordPage(input: PageInput): {
  query: RecordPage;
  connectRows<Row extends { id: string; createdAt: Date }>(rows: Row[]): Connection<Row>;
} {
  const page = parsePage(input);
  const { after, before, backward, size } = page;
  // The bound on the instant alone is what an index can use.
  const AND: object[] = [];
  if (after) {
    const { at, id } = after;
    AND.push({ createdAt: { lte: at }, OR: [{ createdAt: { lt: at } }, { id: { lt: id } }] });
  }
  if (before) {
    const { at, id } = before;
    AND.push({ createdAt: { gte: at }, OR: [{ createdAt: { gt: at } }, { id: { gt: id } }] });
  }
  const direction = backward ? 'asc' : 'desc';
  return {
    query: {
      where: { AND },
      orderBy: [{ createdAt: direction }, { id: direction }],
      take: size + 1,
    },
    connectRows: (rows) => connect(page, rows, (node) => ({ at: node.createdAt, node })),
  };
}

/** A row's place in the list. */
export interface Place {
  at: Date;
  id: string;
  /** The page that the cursor is of saw every transaction before this one; where it was noted. */
  xid?: string;
}

export interface Page {
  backward: boolean;
  size: number;
  after: Place | null;
  before: Place | null;
}

/**
 * @param kind of the rows, whose ids cursors have; left out: any
 * @throws {ValidationError} a page size or a cursor is not one
 */
export function parsePage(input: PageInput, kind: IdKind | null = null): Page {
  return {
    ...pageSize(input),
    after: input.after == null ? null : readCursor('after', input.after, kind),
    before: input.before == null ? null : readCursor('before', input.before, kind),
  };
}

/**
 * @param rows in the direction of the page, one more than it holds if there is more
 * @param stoppedAt where reading ended before the page was full, though there may be more
 */
export function connect<Raw, Row extends { id: string }>(
  { backward, size, after, before }: Page,
  rows: Raw[],
  read: (raw: Raw) => { at: Date; xid?: string; node: unknown },
  stoppedAt: Place | null = null,
): Connection<Row> {
  const hasMore = rows.length > size || stoppedAt !== null;
  const page = rows.slice(0, size);
  if (backward) page.reverse();
  const edges = page.map((raw) => {
    const { at, xid, node } = read(raw);
    return { cursor: writeCursor({ at, id: (node as Row).id, xid }), node: node as Row };
  });
  const stopped = stoppedAt && writeCursor(stoppedAt);
  return {
    edges,
    pageInfo: {
      hasNextPage: backward ? before !== null : hasMore,
      hasPreviousPage: backward ? hasMore : after !== null,
      startCursor: (backward ? stopped : null) ?? edges[0]?.cursor ?? null,
      endCursor: (backward ? null : stopped) ?? edges.at(-1)?.cursor ?? null,
    },
    searchedUntil: stoppedAt?.at ?? null,
  };
}

function pageSize({ first, last }: PageInput): { backward: boolean; size: number } {
  if (first != null && last != null) invalid('last', 'Use `first` or `last`, not both.');
  for (const [field, size] of [
    ['first', first],
    ['last', last],
  ] as const) {
    if (size != null && (size < 1 || size > pageSizeMax)) {
      invalid(field, `Must be between 1 and ${pageSizeMax}.`);
    }
  }
  return { backward: last != null, size: first ?? last ?? pageSizeDefault };
}

export function writeCursor({ at, id, xid }: Place): string {
  return Buffer.from([at.getTime(), id, ...(xid ? [xid] : [])].join(' ')).toString('base64url');
}

/**
 * @param field by which an error names it
 * @throws {ValidationError} it is no cursor of such a list
 */
export function readCursor(field: string, cursor: string, kind: IdKind | null = null): Place {
  const text = Buffer.from(cursor, 'base64url').toString();
  // 14 digits of milliseconds reach the year 5138.
  const [, at, id, xid] = /^(\d{1,14}) (\w+)(?: (\d{1,20}))?$/.exec(text) ?? [];
  const kindOfCursor = id ? kindOfId(id) : null;
  if (!at || !id || kindOfCursor === null || (kind !== null && kindOfCursor !== kind)) {
    return invalid(field, 'Is not a cursor of this list. Pass on an `endCursor` or `startCursor`.');
  }
  return { at: new Date(Number(at)), id, xid };
}
