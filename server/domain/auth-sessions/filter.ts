import { z } from 'zod';
import type { AuthSessionStatus, Channel } from '../../../prisma/generated/enums.ts';
import type { Call } from '../call.ts';
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
import { validate } from '../validation.ts';
import { statusSql } from './record.ts';

export interface SessionFilter {
  /** As it is now: a pending session past its lifetime is found under EXPIRED only. */
  statuses?: AuthSessionStatus[] | null;
  projectIds?: string[] | null;
  /** That it was started with. */
  apiKeyId?: string | null;
  /** The subject's id, or `<provider>:<id>` as a proof's `sub` has it. */
  subjectId?: string | null;
  channel?: Channel | null;
  /** Of the start. Inclusive. */
  from?: Date | null;
  /** Exclusive. */
  to?: Date | null;
  /** Text in the id, user code, reason, subject or metadata, in any case. */
  search?: string | null;
}

/** The rules of each field. */
export const sessionFilterFields = {
  statuses: listRule(z.enum(['PENDING', 'CONFIRMED', 'CANCELLED', 'EXPIRED', 'USED']), 5),
  projectIds: idsRule('project'),
  apiKeyId: idRule('apiKey'),
  subjectId: subjectIdRule,
  channel: channelRule,
  from: z.date().nullish(),
  to: z.date().nullish(),
  search: searchRule,
};

const rules = z.object({ filter: z.object(sessionFilterFields).superRefine(orderedRange) });

/**
 * The filter without what was left out; lists without repeats.
 *
 * @throws {ValidationError} with the path of each field that breaks a rule, from `filter` on
 */
export function checkSessionFilter(filter: SessionFilter | null | undefined): SessionFilter {
  return validate(rules, { filter: filter ?? {} }).filter;
}

/**
 * What each field of a checked filter asks of a row `a` of `auth_sessions`, as this actor sees it. A
 * session is meant if all of them hold.
 */
export function sessionConditions(
  call: Pick<Call, 'actor'>,
  filter: SessionFilter,
  bind: Bind,
): Condition<SessionFilter>[] {
  const { statuses, projectIds, apiKeyId, subjectId, channel, from, to, search } = filter;
  const conditions: Condition<SessionFilter>[] = [];
  const add = (field: keyof SessionFilter, sql: string) => void conditions.push({ field, sql });

  if (statuses) add('statuses', `${statusSql('a')}::text = ANY (${bind(statuses)}::text[])`);
  if (projectIds) add('projectIds', `a.project_id = ANY (${bind(projectIds)}::text[])`);
  if (apiKeyId != null) {
    const isHidden = asksForHiddenKey(call, filter);
    add('apiKeyId', isHidden ? 'false' : `a.api_key_id = ${bind(apiKeyId)}`);
  }
  if (subjectId != null) add('subjectId', subjectCondition('a', subjectId, bind));
  if (channel != null) add('channel', `a.channel = ${bind(channel)}::channel`);
  if (from) add('from', `a.created_at >= ${bind(from)}::timestamptz`);
  if (to) add('to', `a.created_at < ${bind(to)}::timestamptz`);
  if (search != null) add('search', containsText(searched, search, bind));
  return conditions;
}

/** Other keys are hidden from a key: it does not learn what they started by asking either. */
export function asksForHiddenKey(
  { actor }: Pick<Call, 'actor'>,
  { apiKeyId }: SessionFilter,
): boolean {
  return apiKeyId != null && actor.kind === 'apiKey' && actor.key.id !== apiKeyId;
}

/** Of the subject its values and not the names of its fields, which every subject has. */
const searched = [
  'a.id',
  'a.user_code',
  'a.reason',
  ...['id', 'name', 'username', 'email', 'phone'].map((name) => `a.subject->>'${name}'`),
  'a.metadata',
];
