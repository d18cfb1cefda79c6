/**
 * What the filters of sessions and of the log have in common: rules for their fields, and conditions
 * over columns that both tables have.
 */
import { z } from 'zod';
import { type IdKind, idPrefixes, kindOfId } from './ids.ts';
import { storableText } from './validation.ts';

/** Makes a value a parameter of a statement, and says its name there: `$3`. */
export type Bind = (value: unknown) => string;

/** One field of a filter, and what it asks of a row. */
export interface Condition<Filter> {
  field: keyof Filter;
  sql: string;
}

const nouns: Partial<Record<IdKind, string>> = {
  apiKey: 'an API key',
  authSession: 'a session',
  project: 'a project',
};

function idText(kind: keyof typeof nouns) {
  return z
    .string()
    .refine(
      (id) => kindOfId(id) === kind,
      `Must be the id of ${nouns[kind]}: ${idPrefixes[kind]}_….`,
    );
}

/** An id of this kind. There need be no such thing: then nothing matches. */
export const idRule = (kind: IdKind) => idText(kind).nullish();

export const idsRule = (kind: IdKind) => listRule(idText(kind), 100);

/** One of these, at least one: a list of none would be taken for all by one reader and for none by another. */
export function listRule<Item extends z.ZodType>(item: Item, itemsMax: number) {
  return z
    .array(item)
    .min(1, 'Must not be empty. Leave it out to have all.')
    .max(itemsMax, `Must be at most ${itemsMax}.`)
    .transform((items) => [...new Set(items)])
    .nullish();
}

export const channelRule = z.enum(['SERVER', 'TELEGRAM', 'TEST']).nullish();

/** A provider of 32 characters, a colon and an id of 255. */
export const subjectIdRule = storableText(288).min(1, 'Must not be empty.').nullish();

export const searchCharactersMax = 200;

/** Nothing but blanks is what an empty search box sends: it does not restrict. */
export const searchRule = storableText(searchCharactersMax)
  .transform((text) => text.trim() || null)
  .nullish();

/** @param context of a filter's object, in which `from` and `to` make a range that can hold something */
export function orderedRange(
  { from, to }: { from?: Date | null; to?: Date | null },
  context: z.core.$RefinementCtx,
): void {
  if (!from || !to || from < to) return;
  context.addIssue({ code: 'custom', path: ['to'], message: 'Must be later than `from`.' });
}

/** A subject's id of its key, `<provider>:<id>`. An index is on this very expression. */
export const subjectIdSql = (row: string) =>
  `substr(${row}.subject_key, strpos(${row}.subject_key, ':') + 1)`;

/** What a filter by subject can mean: an id; and where it has a colon, a provider and an id. */
export function subjectReadings(subjectId: string): { id: string; key: string | null }[] {
  const colon = subjectId.indexOf(':');
  const whole = { id: subjectId, key: null };
  return colon === -1 ? [whole] : [whole, { id: subjectId.slice(colon + 1), key: subjectId }];
}

export function subjectCondition(row: string, subjectId: string, bind: Bind): string {
  const readings = subjectReadings(subjectId).map(({ id, key }) => {
    const sameId = `${subjectIdSql(row)} = ${bind(id)}`;
    return key === null ? sameId : `(${sameId} AND ${row}.subject_key = ${bind(key)})`;
  });
  return readings.length === 1 ? readings[0]! : `(${readings.join(' OR ')})`;
}

/**
 * Text in one of these values, in any case. Nobody types the character between them. By the collation
 * of the database, since that of ids knows no letters beyond ASCII, and what has an id would get it.
 */
export function containsText(values: readonly string[], search: string, bind: Bind): string {
  const text = `concat_ws(chr(31), ${values.join(', ')}) COLLATE "default"`;
  return `strpos(lower(${text}), lower(${bind(search)}::text)) > 0`;
}
