/**
 * Reads pages of tables that grow without bound, over several sources at once: each gives at most a
 * page by an index of its own, and the newest of them all are the page.
 *
 * What no index answers is asked of each row that is read, and of so many rows and no more: a page
 * ends early rather than late, and its cursor goes on where it ended. So nothing is scanned for long,
 * and nothing is passed over.
 */
import type { Db } from '../platform/db.ts';
import type { Bind } from './filters.ts';
import { type IdKind, newId } from './ids.ts';
import {
  type Connection,
  connect,
  type Page,
  type PageInput,
  type Place,
  parsePage,
  writeCursor,
} from './keyset.ts';

/** A list of rows, newest first. */
export interface PagedList<Row extends { id: string }> {
  kind: IdKind;
  /** Its table, with the name that its rows have in columns and conditions: `log_entries l`. */
  table: string;
  row: string;
  /** The column that orders, such as `l.at`; one of the id breaks ties. */
  instant: string;
  id: string;
  select(bind: Bind): {
    /** The select list of a row. Binds what it needs when it is asked for. */
    columns(): string;
    /** Disjoint; their rows are those of the list. */
    sources: PageSource[];
  };
  /**
   * Its cursors say what their page saw, so that it can be followed from there, and an empty one has a
   * cursor too: see LiveLog. Its rows are all older than `to`; null: they have no end.
   */
  followed?: { to: Date | null };
  /** Never there; says of which type the rows are. */
  readonly type?: Row;
}

export interface PageSource {
  /** SQL that selects what it is read for, one by one, as `e`: environments as `id`, and values. */
  each: string;
  /** The table, or what stands for it. */
  from: string;
  /** Which rows, by columns that an index has before the instant and the id. */
  where: string;
  /** What is asked of each row besides; null: nothing. */
  residual: string | null;
}

/** How much is read for a page where something is asked of each row. */
export interface ReadLimits {
  /** Rows of each place of a source in the first round. Later ones are longer, as far as time allows. */
  rows: number;
  /** No round begins after so long. */
  ms: number;
  /** A round fails after so long, in ms; left out: as late as any statement. */
  query_timeout?: number;
}

/**
 * Few rows, since a workspace may have a thousand places: of free text in 500 environments a page took
 * 0.7 s with rounds that began at 500 rows, and 0.4 s with these (a machine under load, November 2026).
 */
export const readLimits: ReadLimits = { rows: 100, ms: 250 };
const growth = 4;

/** @throws {ValidationError} a page size or a cursor is not one */
export async function readPage<Row extends { id: string }>(
  db: Db,
  list: PagedList<Row>,
  input: PageInput,
  limits = readLimits,
): Promise<Connection<Row>> {
  const page = parsePage(input, list.kind);
  const { rows, stoppedAt, start } = await readRows(db, list, page, limits);
  const { followed } = list;
  const connection = connect<Read, Row>(
    page,
    rows,
    (read) => ({
      at: read.cursorAt,
      xid: followed && read.seenXid,
      node: withoutReading<Row>(read),
    }),
    stoppedAt,
  );
  if (followed && start && rows.length === 0 && !page.after && !page.before) {
    const at = followed.to && followed.to < start.at ? followed.to : start.at;
    connection.pageInfo.startCursor ??= writeCursor({ ...start, at });
  }
  return connection;
}

function withoutReading<Row>({
  seenAt: _,
  seenXid: __,
  cursorAt: ___,
  isMatch: ____,
  isBound: _____,
  ...row
}: Read): Row {
  return row as unknown as Row;
}

/**
 * So many rows from a place on, or fewer where the page would have ended early.
 *
 * @param after null: from the start
 * @returns where to go on; null: there are no more
 */
export async function readOn<Row extends { id: string }>(
  db: Db,
  list: PagedList<Row>,
  after: Place | null,
  size: number,
): Promise<{ rows: Row[]; next: Place | null }> {
  const page = { after, before: null, backward: false, size };
  const { rows: read, stoppedAt } = await readRows(db, list, page, readLimits);
  const last = read.length > size ? read[size - 1] : undefined;
  const next = last ? { at: last.cursorAt, id: last.id } : stoppedAt;
  return { rows: read.slice(0, size).map(withoutReading<Row>), next };
}

/** How many rows the list has, where that is cheap to know: at most so many, by an index alone. */
export async function countUpTo<Row extends { id: string }>(
  db: Db,
  list: PagedList<Row>,
  rowsMax: number,
): Promise<number | null> {
  const values: unknown[] = [];
  const { sources } = list.select((value) => `$${values.push(value)}`);
  if (sources.some(({ residual }) => residual !== null)) return null;
  if (sources.length === 0) return 0;
  const rows = sources.map(({ each, from, where }) =>
    lateral(each, `SELECT 1 FROM ${from} WHERE ${where}`),
  );
  const text = `SELECT count(*)::int AS count FROM (${rows.join(' UNION ALL ')} LIMIT ${rowsMax + 1}) found`;
  const { rows: counted } = await db.$pool.query<{ count: number }>(text, values);
  const { count } = counted[0]!;
  return count > rowsMax ? null : count;
}

/** A row, and what of reading it. */
interface Read {
  /** Of the statement that read it: its instant, and before which transaction it saw every one. */
  seenAt: Date;
  seenXid: string;
  cursorAt: Date;
  id: string;
  /** What was asked of it holds. */
  isMatch: boolean;
  /** It is the last that was read of its source, and there may be more. */
  isBound: boolean;
}

/** What was read for a page. */
interface Reading {
  rows: Read[];
  /** Where it stopped before the page was full, though there may be more. */
  stoppedAt: Place | null;
  /** What the first statement saw, as a place newer than all of that; null: there was nothing to ask. */
  start: Place | null;
}

/** One row more than the page holds, if there is more. */
async function readRows<Row extends { id: string }>(
  db: Db,
  list: PagedList<Row>,
  page: Page,
  limits: ReadLimits,
): Promise<Reading> {
  const reading: Reading = { rows: [], stoppedAt: null, start: null };
  const { rows } = reading;
  const end = performance.now() + limits.ms;
  let { rows: rowsMax } = limits;
  let rest = { ...page, size: page.size + 1 };
  for (;;) {
    const began = performance.now();
    const stoppedAt = await readRound(db, list, rest, { ...limits, rows: rowsMax }, reading);
    const now = performance.now();
    if (stoppedAt === null || rows.length > page.size) return reading;
    if (now >= end) return { ...reading, stoppedAt };
    if ((now - began) * growth < end - now) rowsMax *= growth;
    const size = page.size + 1 - rows.length;
    rest = { ...rest, [page.backward ? 'before' : 'after']: stoppedAt, size };
  }
}

/** @returns where it stopped because so many rows of a source were read; null: at the end, or full */
async function readRound<Row extends { id: string }>(
  db: Db,
  list: PagedList<Row>,
  page: Page,
  limits: ReadLimits,
  into: Reading,
): Promise<Place | null> {
  const values: unknown[] = [];
  const bind: Bind = (value) => `$${values.push(value)}`;
  const text = roundSql(list, page, limits.rows, bind);
  if (text === null) return null;
  const { query_timeout } = limits;
  const { rows } = await db.$pool.query<Read>({ text, values, ...{ query_timeout } });
  const { seenAt, seenXid } = rows[0]!; // where none was found, alone
  into.start ??= { at: seenAt, id: newId(list.kind), xid: seenXid };
  for (const row of rows) {
    if (row.isMatch) into.rows.push(row);
    // What other sources have beyond this place is complete, but this one's is not.
    if (row.isBound) return { at: row.cursorAt, id: row.id };
  }
  return null;
}

function roundSql<Row extends { id: string }>(
  list: PagedList<Row>,
  { after, before, backward, size }: Page,
  rowsMax: number,
  bind: Bind,
): string | null {
  const { table, row, instant, id } = list;
  const beyond = (sign: '<' | '>', place: Place) =>
    `(${instant}, ${id}) ${sign} (${bind(place.at)}::timestamptz, ${bind(place.id)})`;
  const keyset = [...(after ? [beyond('<', after)] : []), ...(before ? [beyond('>', before)] : [])];
  const direction = backward ? 'ASC' : 'DESC';
  const order = `${instant} ${direction}, ${id} ${direction}`;
  // The bound of one source may be a match of another: that comes first, or it would be passed over.
  const foundOrder = `"cursorAt" ${direction}, id ${direction}, "isMatch" DESC`;
  const { columns, sources } = list.select(bind);
  if (sources.length === 0) return null;

  const found = sources.map(({ each, from, where, residual }) => {
    const conditions = [where, ...keyset].join(' AND ');
    if (residual === null) {
      return lateral(
        each,
        `SELECT ${instant} AS "cursorAt", ${id} AS id, true AS "isMatch", false AS "isBound"
         FROM ${from} WHERE ${conditions} ORDER BY ${order} LIMIT ${size}`,
      );
    }
    return lateral(
      each,
      `SELECT * FROM (
         SELECT ${instant} AS "cursorAt", ${id} AS id, coalesce((${residual}), false) AS "isMatch",
           row_number() OVER (ORDER BY ${order}) = ${rowsMax} AS "isBound"
         FROM (SELECT ${row}.* FROM ${from} WHERE ${conditions} ORDER BY ${order} LIMIT ${rowsMax}) ${row}
       ) looked_at WHERE "isMatch" OR "isBound" ORDER BY ${foundOrder} LIMIT ${size}`,
    );
  });
  // Only what is on the page is read whole: the sources are read in their indexes, many times its size.
  return `SELECT seen.*, read.*
    FROM (SELECT now() AS "seenAt", pg_snapshot_xmin(pg_current_snapshot())::text AS "seenXid") seen
    LEFT JOIN (
      SELECT found."cursorAt", found."isMatch", found."isBound", ${columns()}
      FROM (${found.join(' UNION ALL ')} ORDER BY ${foundOrder} LIMIT ${size}) found
      JOIN ${table} ON ${id} = found.id
    ) read ON true
    ORDER BY ${foundOrder}`;
}

function lateral(each: string, rows: string): string {
  return `SELECT found.* FROM (${each}) e CROSS JOIN LATERAL (${rows}) found`;
}
