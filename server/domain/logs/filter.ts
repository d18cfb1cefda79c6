/**
 * A filter of the log as conditions over `log_entries`: the one place that knows what each field of it
 * means. Lists, exports and live tails all ask here.
 */
import { z } from 'zod';
import type { LogLevel } from '../../../prisma/generated/enums.ts';
import {
  type ActivityFilter,
  activityConditions,
  activityFilterFields,
  type Bind,
  type Condition,
  containsText,
  filterCheck,
  idRule,
  listRule,
} from '../filters.ts';
import { kindOfId } from '../ids.ts';
import type { LogSight } from './sight.ts';
import { isLogType } from './types.ts';

export interface LogFilter extends ActivityFilter {
  types?: string[] | null;
  levels?: LogLevel[] | null;
  sessionId?: string | null;
  actorId?: string | null;
}

/** The rules of each field. */
export const logFilterFields = {
  types: listRule(
    z.string().refine(isLogType, 'Is not a type of log entry, such as session.confirmed.'),
    50,
  ),
  levels: listRule(z.enum(['INFO', 'WARN', 'ERROR']), 3),
  sessionId: idRule('authSession'),
  actorId: z
    .string()
    .refine(
      (id) => ['user', 'apiKey', 'accessToken'].includes(kindOfId(id) ?? ''),
      'Must be the id of a user, an API key or an access token: usr_…, key_… or tok_….',
    )
    .nullish(),
  ...activityFilterFields,
};

export const checkLogFilter = filterCheck<LogFilter>(z.object(logFilterFields));

/**
 * What each field of a checked filter asks of a row `l` of `log_entries`, as this actor sees it. An
 * entry is meant if all of them hold.
 */
export function logConditions(
  filter: LogFilter,
  sight: LogSight,
  bind: Bind,
): Condition<LogFilter>[] {
  if (asksForHidden(filter, sight)) return [{ field: 'actorId', sql: 'false' }];
  const { types, levels, sessionId, actorId, search } = filter;
  const conditions: Condition<LogFilter>[] = activityConditions('l', 'l.at', filter, bind);
  const add = (field: keyof LogFilter, sql: string) => void conditions.push({ field, sql });
  if (types) add('types', `l.type = ANY (${bind(types)}::text[])`);
  if (levels) add('levels', `l.level = ANY (${bind(levels)}::log_level[])`);
  if (sessionId != null) add('sessionId', `l.session_id = ${bind(sessionId)}`);
  if (actorId != null) add('actorId', `l.actor_id = ${bind(actorId)}`);
  if (search != null) {
    const seen = searchedFields.map((name) => sight.columns[name]);
    add('search', containsText(seen, search, bind));
  }
  return conditions;
}

/**
 * All of it in one: which entries of a scope that the actor may read are meant, and theirs to see.
 *
 * @param filter checked
 */
export function logFilterSql(filter: LogFilter, sight: LogSight, bind: Bind): string {
  const all = logConditions(filter, sight, bind).map(({ sql }) => sql);
  if (sight.readable) all.push(sight.readable);
  return all.length === 0 ? 'true' : all.join(' AND ');
}

/** From a key other keys and people are hidden: it does not learn of them by asking either. */
export function asksForHidden({ apiKeyId, actorId }: LogFilter, { onlyKeyId }: LogSight): boolean {
  const isHidden = (id: string | null | undefined) =>
    id != null && onlyKeyId !== null && id !== onlyKeyId;
  return isHidden(apiKeyId) || isHidden(actorId);
}

/** Where free text is looked for: in what the actor sees of these. */
const searchedFields = [
  'message',
  'reason',
  'id',
  'sessionId',
  'apiKeyId',
  'projectId',
  'environmentId',
  'actorId',
  'actorLabel',
  'requestId',
  'subjectKey',
  'ip',
  'data',
] as const;
