/** By which indexes a filtered log is read (lead.ts). */
import type { ActivityScope } from '../activity-scope.ts';
import { type Bind, subjectReadings } from '../filters.ts';
import { kindOfId } from '../ids.ts';
import { type Group, type Lead, lead, ledSources } from '../lead.ts';
import type { PageSource } from '../read-page.ts';
import { asksForHidden, type LogFilter, logConditions } from './filter.ts';
import { placeSql } from './place.ts';
import type { LogSight } from './sight.ts';
import type { LogType } from './types.ts';

const table = 'log_entries l';

/** Disjoint sources of the entries that a checked filter means, as this actor sees them. */
export function logSources(
  scope: ActivityScope,
  filter: LogFilter,
  sight: LogSight,
  bind: Bind,
): PageSource[] {
  if (asksForHidden(filter, sight)) return [];
  const of = {
    table,
    placesSql: placesOf(scope),
    place: placeSql('l'),
    filter,
    conditionsOf: (some: LogFilter) => logConditions(some, sight, bind),
    always: sight.readable,
  };
  return ledSources(of, leadOf(filter, bind), bind);
}

/** The environments; and where they belong to the scope, the projects and the workspace themselves. */
function placesOf({ environmentsSql, projectsSql, workspaceId }: ActivityScope) {
  return (bind: Bind) => {
    const places = [environmentsSql(bind)];
    if (projectsSql) places.push(projectsSql(bind));
    if (workspaceId !== null) places.push(`SELECT ${bind(workspaceId)}::text`);
    return places.join(' UNION ALL ');
  };
}

/** The entries of one session, of which there are few. */
export function sessionLogSource(sessionId: string, bind: Bind): PageSource {
  const each = `SELECT ${bind(sessionId)}::text AS id`;
  return { each, from: table, where: 'l.session_id = e.id', residual: null };
}

/** The most telling field first. */
function leadOf(filter: LogFilter, bind: Bind): Lead<LogFilter> {
  const { types, levels, apiKeyId, sessionId, subjectId, channel, actorId } = filter;
  if (sessionId != null) {
    return lead(['sessionId'], { where: `l.session_id = ${bind(sessionId)}` });
  }
  if (subjectId != null) return lead(['subjectId'], ...subjectReadings('l', subjectId, bind));
  if (actorId != null) return lead(['actorId'], ...groupsOfActor(actorId, bind));
  // Changes of settings are few, and so are warnings, beside the sessions of a key.
  if (types && !types.some(isOfSessions)) return lead(['types'], ...groupsOfTypes(types, bind));
  if (levels && !levels.includes('INFO')) {
    const forEach = `unnest(${bind(levels)}::log_level[]) v(level)`;
    return lead(['levels'], { forEach, where: `l.level = e.level AND l.level <> 'INFO'` });
  }
  if (apiKeyId != null) return lead(['apiKeyId'], { where: `l.api_key_id = ${bind(apiKeyId)}` });
  if (types) return lead(['types'], ...groupsOfTypes(types, bind));
  if (channel != null) {
    return lead(['channel'], { where: `l.channel = ${bind(channel)}::channel` });
  }
  return lead([], { where: 'true' });
}

const isOfSessions = (type: string) => type.startsWith('session.');

/**
 * There is no index for the commonest type of all, which spares the start of each session a write: one
 * in three entries is of it, so that it is soon found among the others.
 */
const commonest: LogType = 'session.started';

function groupsOfTypes(types: string[], bind: Bind): Group[] {
  const others = types.filter((type) => type !== commonest);
  const groups: Group[] = [];
  if (others.length < types.length) {
    groups.push({ where: 'true', residual: `l.type = '${commonest}'` });
  }
  if (others.length > 0) {
    const forEach = `unnest(${bind(others)}::text[]) v(type)`;
    groups.push({ forEach, where: `l.type = e.type AND l.type <> '${commonest}'` });
  }
  return groups;
}

/**
 * Mostly a key acts on sessions that it started, and then the index by key has the entry already; only
 * what others did is in an index by actor.
 */
function groupsOfActor(actorId: string, bind: Bind): Group[] {
  const is = `l.actor_id = ${bind(actorId)}`;
  const byOthers = { where: `${is} AND l.actor_id IS DISTINCT FROM l.api_key_id` };
  if (kindOfId(actorId) !== 'apiKey') return [byOthers];
  return [byOthers, { where: `l.api_key_id = ${bind(actorId)}`, residual: is }];
}
