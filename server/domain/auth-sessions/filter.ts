import { z } from 'zod';
import type { AuthSessionStatus } from '../../../prisma/generated/enums.ts';
import type { Call } from '../call.ts';
import {
  type ActivityFilter,
  activityConditions,
  activityFilterFields,
  type Bind,
  type Condition,
  containsText,
  filterCheck,
  listRule,
} from '../filters.ts';
import { statusSql } from './record.ts';

/** The key is that which it was started with, and the instant that of its start. */
export interface SessionFilter extends ActivityFilter {
  /** As it is now: a pending session past its lifetime is found under EXPIRED only. */
  statuses?: AuthSessionStatus[] | null;
}

/** The rules of each field. */
export const sessionFilterFields = {
  statuses: listRule(z.enum(['PENDING', 'CONFIRMED', 'CANCELLED', 'EXPIRED', 'USED']), 5),
  ...activityFilterFields,
};

export const checkSessionFilter = filterCheck<SessionFilter>(z.object(sessionFilterFields));

/**
 * What each field of a checked filter asks of a row `a` of `auth_sessions`. A session is meant if all of
 * them hold.
 */
export function sessionConditions(filter: SessionFilter, bind: Bind): Condition<SessionFilter>[] {
  const { statuses, search } = filter;
  const conditions: Condition<SessionFilter>[] = activityConditions(
    'a',
    'a.created_at',
    filter,
    bind,
  );
  const add = (field: keyof SessionFilter, sql: string) => void conditions.push({ field, sql });
  if (statuses) add('statuses', `${statusSql('a')}::text = ANY (${bind(statuses)}::text[])`);
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
