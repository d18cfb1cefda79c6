/**
 * Pages of lists that grow, newest first, by keyset: a page costs the same wherever it lies, and
 * stays put while rows arrive. A cursor is the instant and id of a row, opaque to clients.
 */
import type { Db } from '../platform/db.ts';
import { kindOfId } from './ids.ts';
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
}

/** A source of rows: for every id that `each` selects, the rows that `from` has for `e.id`. */
export interface PageSource {
  each: string;
  /** The select list of a row. */
  columns: string;
  /** A table and its WHERE clause. */
  from: string;
}

export const pageSizeDefault = 20;
export const pageSizeMax = 100;

/**
 * Reads one page over several sources at once: each gives at most a page by its own index, and the
 * newest of them all are the page. So no index is needed but the one by environment.
 *
 * @param instant the column that orders, such as `a.created_at`
 * @param id the column that breaks ties
 * @param sources gets `bind`, which makes a value a parameter, and the condition of the keyset
 * @throws {ValidationError} a page size or a cursor is not one
 */
export async function readPage<Row extends { id: string }>(
  db: Db,
  input: PageInput,
  instant: string,
  id: string,
  sources: (bind: (value: unknown) => string, keyset: string) => PageSource[],
): Promise<Connection<Row>> {
  const page = parsePage(input);
  const { after, before, backward, size } = page;
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const beyond = (sign: '<' | '>', { at, id: tie }: Place) =>
    `(${instant}, ${id}) ${sign} (${bind(at)}::timestamptz, ${bind(tie)})`;
  const conditions = ['true'];
  if (after) conditions.push(beyond('<', after));
  if (before) conditions.push(beyond('>', before));
  const direction = backward ? 'ASC' : 'DESC';
  const order = `ORDER BY ${instant} ${direction}, ${id} ${direction} LIMIT ${size + 1}`;
  const selected = sources(bind, conditions.join(' AND ')).map(
    ({ each, columns, from }) =>
      `SELECT page.* FROM (${each}) e CROSS JOIN LATERAL (
         SELECT ${instant} AS "cursorAt", ${columns} FROM ${from} ${order}) page`,
  );
  const { rows } = await db.$pool.query(
    `${selected.join(' UNION ALL ')} ORDER BY "cursorAt" ${direction}, id ${direction} LIMIT ${size + 1}`,
    values,
  );
  return connect(page, rows, ({ cursorAt, ...node }) => ({ at: cursorAt, node }));
}

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
interface Place {
  at: Date;
  id: string;
}

interface Page {
  backward: boolean;
  size: number;
  after: Place | null;
  before: Place | null;
}

function parsePage(input: PageInput): Page {
  return {
    ...pageSize(input),
    after: input.after == null ? null : readCursor('after', input.after),
    before: input.before == null ? null : readCursor('before', input.before),
  };
}

/** @param rows in the direction of the page, one more than it holds if there is more */
function connect<Raw, Row extends { id: string }>(
  { backward, size, after, before }: Page,
  rows: Raw[],
  read: (raw: Raw) => { at: Date; node: unknown },
): Connection<Row> {
  const hasMore = rows.length > size;
  const page = rows.slice(0, size);
  if (backward) page.reverse();
  const edges = page.map((raw) => {
    const { at, node } = read(raw);
    return { cursor: writeCursor(at, (node as Row).id), node: node as Row };
  });
  return {
    edges,
    pageInfo: {
      hasNextPage: backward ? before !== null : hasMore,
      hasPreviousPage: backward ? hasMore : after !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
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

function writeCursor(at: Date, id: string): string {
  return Buffer.from(`${at.getTime()} ${id}`).toString('base64url');
}

function readCursor(field: string, cursor: string): Place {
  const [, at, id] = /^(\d{1,15}) (\w+)$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (!at || !id || !kindOfId(id)) {
    return invalid(field, 'Is not a cursor of this list. Pass on an `endCursor` or `startCursor`.');
  }
  return { at: new Date(Number(at)), id };
}
