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
  const { backward, size } = pageSize(input);
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const after = input.after == null ? null : readCursor('after', input.after);
  const before = input.before == null ? null : readCursor('before', input.before);
  const conditions = ['true'];
  if (after)
    conditions.push(`(${instant}, ${id}) < (${bind(after.at)}::timestamptz, ${bind(after.id)})`);
  if (before)
    conditions.push(`(${instant}, ${id}) > (${bind(before.at)}::timestamptz, ${bind(before.id)})`);
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
  const hasMore = rows.length > size;
  if (hasMore) rows.pop();
  if (backward) rows.reverse();
  const edges = rows.map(({ cursorAt, ...node }) => ({
    cursor: writeCursor(cursorAt, node.id),
    node: node as Row,
  }));
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

function readCursor(field: string, cursor: string): { at: Date; id: string } {
  const [, at, id] = /^(\d{1,15}) (\w+)$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (!at || !id || !kindOfId(id)) {
    return invalid(field, 'Is not a cursor of this list. Pass on an `endCursor` or `startCursor`.');
  }
  return { at: new Date(Number(at)), id };
}
