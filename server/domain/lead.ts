/**
 * By which indexes a filtered list is read. One field of the filter leads: an index has its column
 * before the instant, so that the newest rows with its value come first. The other fields are asked
 * of each row; the range of time is where reading begins and ends.
 */
import type { Bind, Condition } from './filters.ts';
import type { PageSource } from './read-page.ts';

export interface Lead<Filter> {
  /** Fields that it answers, so that they need not be asked of each row. */
  answers: readonly (keyof Filter)[];
  /** Disjoint. */
  groups: readonly Group[];
}

export interface Group {
  /** Beside the place: columns that an index has before the instant. */
  where: string;
  /** For each row of this FROM item `where` is read anew, and calls it `e`. */
  forEach?: string;
  /** What is asked of each row of this group alone. */
  residual?: string;
  /** Instead of the table. */
  from?: string;
}

export function lead<Filter>(answers: (keyof Filter)[], ...groups: Group[]): Lead<Filter> {
  return { answers, groups };
}

/** A table that is read by filters. */
export interface Filtered<Filter> {
  /** `auth_sessions a` */
  table: string;
  /** SQL for the ids of the places whose rows are meant, as `id`. */
  placesSql(bind: Bind): string;
  /** What in a row is one of them, and what its indexes begin with: `a.environment_id`. */
  place: string;
  filter: Filter;
  /** What the fields of a filter ask of a row. */
  conditionsOf(filter: Filter): Condition<Filter>[];
  /** Asked of each row, whatever the filter; null: nothing. */
  always: string | null;
}

/** Sources of the rows that are meant, led as said. */
export function ledSources<Filter>(
  { table, placesSql, place, filter, conditionsOf, always }: Filtered<Filter>,
  { answers, groups }: Lead<Filter>,
  bind: Bind,
): PageSource[] {
  const rest = { ...filter };
  for (const field of answers) delete rest[field];
  const isRange = ({ field }: Condition<Filter>) => field === 'from' || field === 'to';
  return groups.map(({ where, forEach, residual, from }) => {
    const conditions = conditionsOf(rest);
    const range = conditions.filter(isRange).map(({ sql }) => sql);
    const asked = conditions.filter((condition) => !isRange(condition)).map(({ sql }) => sql);
    const all = [...asked, residual ?? null, always].filter((sql) => sql !== null);
    return {
      each: forEach
        ? `SELECT * FROM (${placesSql(bind)}) place CROSS JOIN ${forEach}`
        : placesSql(bind),
      from: from ?? table,
      where: [`${place} = e.id`, where, ...range].join(' AND '),
      residual: all.length === 0 ? null : all.join(' AND '),
    };
  });
}
