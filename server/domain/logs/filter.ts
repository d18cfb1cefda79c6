/**
 * A filter of the log as conditions over `log_entries`: the one place that knows what each field of it
 * means. Lists, exports and live tails all ask here.
 */
import { z } from 'zod';
import type { Channel, LogLevel } from '../../../prisma/generated/enums.ts';
import {
  type Bind,
  type Condition,
  channelRule,
  containsText,
  idRule,
  idsRule,
  listRule,
  orderedRange,
  searchRule,
  subjectCondition,
  subjectIdRule,
} from '../filters.ts';
import { kindOfId } from '../ids.ts';
import { validate } from '../validation.ts';
import type { LogSight } from './sight.ts';
import { isLogType } from './types.ts';

export interface LogFilter {
  types?: string[] | null;
  levels?: LogLevel[] | null;
  projectIds?: string[] | null;
  apiKeyId?: string | null;
  sessionId?: string | null;
  /** The subject's id, or `<provider>:<id>` as a proof's `sub` has it. */
  subjectId?: string | null;
  channel?: Channel | null;
  actorId?: string | null;
  /** Inclusive. */
  from?: Date | null;
  /** Exclusive. */
  to?: Date | null;
  /** Text in the message, ids, subject or data, in any case. */
  search?: string | null;
}

/** The rules of each field. */
export const logFilterFields = {
  types: listRule(
    z.string().refine(isLogType, 'Is not a type of log entry, such as session.confirmed.'),
    50,
  ),
  levels: listRule(z.enum(['INFO', 'WARN', 'ERROR']), 3),
  projectIds: idsRule('project'),
  apiKeyId: idRule('apiKey'),
  sessionId: idRule('authSession'),
  subjectId: subjectIdRule,
  channel: channelRule,
  actorId: z
    .string()
    .refine(
      (id) => ['user', 'apiKey', 'accessToken'].includes(kindOfId(id) ?? ''),
      'Must be the id of a user, an API key or an access token: usr_…, key_… or tok_….',
    )
    .nullish(),
  from: z.date().nullish(),
  to: z.date().nullish(),
  search: searchRule,
};

const rules = z.object({ filter: z.object(logFilterFields).superRefine(orderedRange) });

/**
 * The filter without what was left out; lists without repeats.
 *
 * @throws {ValidationError} with the path of each field that breaks a rule, from `filter` on
 */
export function checkLogFilter(filter: LogFilter | null | undefined): LogFilter {
  return validate(rules, { filter: filter ?? {} }).filter;
}

/**
 * What each field of a checked filter asks of a row `l` of `log_entries`, as this actor sees it. An
 * entry is meant if all of them hold.
 */
export function logConditions(
  filter: LogFilter,
  sight: LogSight,
  bind: Bind,
): Condition<LogFilter>[] {
  const { types, levels, projectIds, apiKeyId, sessionId, subjectId, channel, actorId } = filter;
  const { from, to, search } = filter;
  const { columns } = sight;
  const conditions: Condition<LogFilter>[] = [];
  const add = (field: keyof LogFilter, sql: string) => void conditions.push({ field, sql });
  if (asksForHidden(filter, sight)) return [{ field: 'actorId', sql: 'false' }];

  if (types) add('types', `l.type = ANY (${bind(types)}::text[])`);
  if (levels) add('levels', `l.level = ANY (${bind(levels)}::log_level[])`);
  if (projectIds) add('projectIds', `l.project_id = ANY (${bind(projectIds)}::text[])`);
  if (apiKeyId != null) add('apiKeyId', `l.api_key_id = ${bind(apiKeyId)}`);
  if (sessionId != null) add('sessionId', `l.session_id = ${bind(sessionId)}`);
  if (subjectId != null) add('subjectId', subjectCondition('l', subjectId, bind));
  if (channel != null) add('channel', `l.channel = ${bind(channel)}::channel`);
  if (actorId != null) add('actorId', `l.actor_id = ${bind(actorId)}`);
  if (from) add('from', `l.at >= ${bind(from)}::timestamptz`);
  if (to) add('to', `l.at < ${bind(to)}::timestamptz`);
  if (search != null)
    add(
      'search',
      containsText(
        searchedFields.map((name) => columns[name]),
        search,
        bind,
      ),
    );
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
