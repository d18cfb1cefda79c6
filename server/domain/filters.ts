/**
 * What the filters of sessions and of the log have in common: rules for their fields, and conditions
 * over columns that both tables have.
 */
import { z } from 'zod';
import type { Channel } from '../../prisma/generated/enums.ts';
import { type IdKind, idPrefixes, kindOfId } from './ids.ts';
import { storableText, validate } from './validation.ts';

/** Makes a value a parameter of a statement, and says its name there: `$3`. */
export type Bind = (value: unknown) => string;

/** The fields that both filters have. */
export interface ActivityFilter {
  projectIds?: string[] | null;
  apiKeyId?: string | null;
  /** The subject's id, or `<provider>:<id>` as a proof's `sub` has it. */
  subjectId?: string | null;
  channel?: Channel | null;
  /** Inclusive. */
  from?: Date | null;
  /** Exclusive. */
  to?: Date | null;
  /** In any case. */
  search?: string | null;
}

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

/** One of these, at least one: a list of none would be taken for all by one reader and for none by another. */
export function listRule<Item extends z.ZodType>(item: Item, itemsMax: number) {
  return z
    .array(item)
    .min(1, 'Must not be empty. Leave it out to have all.')
    .max(itemsMax, `Must be at most ${itemsMax}.`)
    .transform((items) => [...new Set(items)])
    .nullish();
}

export const searchCharactersMax = 200;

/** The rules of each of them. */
export const activityFilterFields = {
  projectIds: listRule(idText('project'), 100),
  apiKeyId: idRule('apiKey'),
  /** A provider of 32 characters, a colon and an id of 255. */
  subjectId: storableText(288).min(1, 'Must not be empty.').nullish(),
  channel: z.enum(['SERVER', 'TELEGRAM', 'TEST']).nullish(),
  from: z.date().nullish(),
  to: z.date().nullish(),
  /** Nothing but blanks is what an empty search box sends: it does not restrict. */
  search: storableText(searchCharactersMax)
    .transform((text) => text.trim() || null)
    .nullish(),
};

/**
 * @param rules of the fields
 * @returns gives a filter without what was left out, its lists without repeats; throws a ValidationError
 *   with the path of each field that breaks a rule, from `filter` on
 */
export function filterCheck<Filter extends ActivityFilter>(rules: z.ZodType<Filter>) {
  const checked = z.object({ filter: rules.superRefine(orderedRange) });
  return (filter: Filter | null | undefined): Filter =>
    validate(checked, { filter: filter ?? {} }).filter;
}

function orderedRange({ from, to }: ActivityFilter, context: z.core.$RefinementCtx): void {
  if (!from || !to || from < to) return;
  context.addIssue({ code: 'custom', path: ['to'], message: 'Must be later than `from`.' });
}

/**
 * What these fields of a checked filter ask of a row. Not `search`, which each table reads elsewhere.
 *
 * @param row `a` of `auth_sessions`, or `l` of `log_entries`
 * @param instant the column that `from` and `to` are about
 */
export function activityConditions(
  row: string,
  instant: string,
  { projectIds, apiKeyId, subjectId, channel, from, to }: ActivityFilter,
  bind: Bind,
): Condition<ActivityFilter>[] {
  const conditions: Condition<ActivityFilter>[] = [];
  const add = (field: keyof ActivityFilter, sql: string) => void conditions.push({ field, sql });
  if (projectIds) add('projectIds', `${row}.project_id = ANY (${bind(projectIds)}::text[])`);
  if (apiKeyId != null) add('apiKeyId', `${row}.api_key_id = ${bind(apiKeyId)}`);
  if (subjectId != null) add('subjectId', subjectCondition(row, subjectId, bind));
  if (channel != null) add('channel', `${row}.channel = ${bind(channel)}::channel`);
  if (from) add('from', `${instant} >= ${bind(from)}::timestamptz`);
  if (to) add('to', `${instant} < ${bind(to)}::timestamptz`);
  return conditions;
}

/** A subject's id of its key, `<provider>:<id>`. An index is on this very expression. */
export const subjectIdSql = (row: string) =>
  `substr(${row}.subject_key, strpos(${row}.subject_key, ':') + 1)`;

/**
 * What a filter by subject can mean: an id; and where it has a colon, a provider and an id. By the id an
 * index finds the rows, of which the key is then asked.
 */
export function subjectReadings(
  row: string,
  subjectId: string,
  bind: Bind,
): { where: string; residual?: string }[] {
  const colon = subjectId.indexOf(':');
  const sameId = (id: string) => `${subjectIdSql(row)} = ${bind(id)}`;
  const whole = { where: sameId(subjectId) };
  if (colon === -1) return [whole];
  const residual = `${row}.subject_key = ${bind(subjectId)}`;
  return [whole, { where: sameId(subjectId.slice(colon + 1)), residual }];
}

function subjectCondition(row: string, subjectId: string, bind: Bind): string {
  const readings = subjectReadings(row, subjectId, bind).map(({ where, residual }) =>
    residual === undefined ? where : `(${where} AND ${residual})`,
  );
  return `(${readings.join(' OR ')})`;
}

/**
 * Text in one of these values, in any case. Nobody types the character between them. By the collation
 * of the database, since that of ids knows no letters beyond ASCII, and what has an id would get it.
 */
export function containsText(values: readonly string[], search: string, bind: Bind): string {
  const text = `concat_ws(chr(31), ${values.join(', ')}) COLLATE "default"`;
  return `strpos(lower(${text}), lower(${bind(search)}::text)) > 0`;
}
