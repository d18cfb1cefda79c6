/** By which indexes filtered sessions are read (lead.ts). */
import { AuthSessionStatus, Channel } from '../../../prisma/generated/enums.ts';
import type { ActivityScope } from '../activity-scope.ts';
import type { Call } from '../call.ts';
import { type Bind, subjectReadings } from '../filters.ts';
import { type Group, type Lead, lead, ledSources } from '../lead.ts';
import type { PageSource } from '../read-page.ts';
import { asksForHiddenKey, type SessionFilter, sessionConditions } from './filter.ts';
import { overdueSql } from './record.ts';

/** Disjoint sources of the sessions that a checked filter means, as this actor sees them. */
export function sessionSources(
  call: Pick<Call, 'actor'>,
  scope: ActivityScope,
  filter: SessionFilter,
  bind: Bind,
): PageSource[] {
  if (asksForHiddenKey(call, filter)) return [];
  const of = {
    table: 'auth_sessions a',
    placesSql: scope.environmentsSql,
    place: 'a.environment_id',
    filter,
    conditionsOf: (some: SessionFilter) => sessionConditions(some, bind),
    always: null,
  };
  return ledSources(of, leadOf(filter, bind), bind);
}

/** The most telling field first. */
function leadOf(filter: SessionFilter, bind: Bind): Lead<SessionFilter> {
  const { statuses, apiKeyId, subjectId, channel } = filter;
  if (subjectId != null) {
    return lead(['subjectId'], ...subjectReadings('a', subjectId, bind));
  }
  if (apiKeyId != null) return lead(['apiKeyId'], { where: `a.api_key_id = ${bind(apiKeyId)}` });
  if (statuses || channel != null) {
    return lead(['statuses', 'channel'], ...groupsOfStatus(filter, bind));
  }
  return lead([], { where: 'true' });
}

/** Only these have a channel. */
const confirmedStatuses: AuthSessionStatus[] = ['CONFIRMED', 'USED'];

/**
 * One index has status and channel: those that have no channel are in it as SERVER.
 *
 * Of the rows that say PENDING some are over without a word. There are few, because a sweep is at most
 * a second behind: found by their deadline, whatever the environment.
 */
function groupsOfStatus({ statuses, channel }: SessionFilter, bind: Bind): Group[] {
  const asked = statuses ?? Object.values(AuthSessionStatus);
  const meant = asked.filter((status) => channel == null || confirmedStatuses.includes(status));
  const groups: Group[] = [];
  const settled = meant.filter((status) => status !== 'PENDING');
  if (settled.length > 0) {
    const channels = channel == null ? Object.values(Channel) : [channel];
    groups.push({
      forEach: `unnest(${bind(settled)}::auth_session_status[]) s(status)
        CROSS JOIN unnest(${bind(channels)}::channel[]) c(channel)`,
      where: `a.status = e.status AND coalesce(a.channel, 'SERVER') = e.channel`,
    });
  }
  if (meant.includes('PENDING')) {
    groups.push({
      where: `a.status = 'PENDING' AND coalesce(a.channel, 'SERVER') = 'SERVER'`,
      residual: 'a.expires_at > now()',
    });
  }
  if (meant.includes('EXPIRED')) {
    groups.push({
      // OFFSET 0 keeps PostgreSQL from reading all that is pending by the index of the environment.
      from: `(SELECT x.* FROM auth_sessions x WHERE ${overdueSql('x')} OFFSET 0) a`,
      where: 'true',
    });
  }
  return groups;
}
