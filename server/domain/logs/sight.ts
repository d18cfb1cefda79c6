/**
 * What of the log an actor sees. The same expressions are selected, searched and filtered by: what is
 * hidden must not be told by what a search finds either.
 */
import { workspaceIdsWithInvitations } from '../access.ts';
import type { Call } from '../call.ts';
import type { Bind } from '../filters.ts';
import type { LogType } from './types.ts';

/** SQL over a row `l` of `log_entries`. */
export interface LogSight {
  /** Of each field of a record, what the actor sees of it. */
  columns: Readonly<Record<keyof typeof plainColumns, string>>;
  /** Whether the actor sees the entry at all, once it is of a scope that they may read; null: always. */
  readable: string | null;
  /** The id of the only API key that the actor sees; null where all are seen. */
  onlyKeyId: string | null;
}

/** By the names of the record. */
const plainColumns = {
  id: 'l.id',
  at: 'l.at',
  type: 'l.type',
  level: 'l.level',
  message: 'l.message',
  reason: 'l.reason',
  actorKind: 'l.actor_kind',
  actorId: 'l.actor_id',
  actorLabel: 'l.actor_label',
  ip: 'l.ip',
  userAgent: 'l.user_agent',
  requestId: 'l.request_id',
  workspaceId: 'l.workspace_id',
  projectId: 'l.project_id',
  environmentId: 'l.environment_id',
  sessionId: 'l.session_id',
  apiKeyId: 'l.api_key_id',
  subjectKey: 'l.subject_key',
  channel: 'l.channel',
  data: 'l.data',
};

/** What says to which address an invitation went. */
const invitationTypes: readonly LogType[] = ['member.invited', 'invitation.revoked'];

export function logSight(call: Pick<Call, 'actor'>, bind: Bind): LogSight {
  return call.actor.kind === 'apiKey'
    ? sightOfKey(bind(call.actor.key.id), call.actor.key.id)
    : sightOfPerson(call, bind);
}

/**
 * From an API key users and other keys are hidden: it sees that one of them acted, and not which or
 * from where; and nothing of what was done to other keys, or to webhooks.
 */
function sightOfKey(own: string, onlyKeyId: string): LogSight {
  const hidden = `(l.actor_kind IN ('USER', 'ACCESS_TOKEN') OR (l.actor_kind = 'API_KEY' AND l.actor_id IS DISTINCT FROM ${own}))`;
  const unlessHidden = (column: string) => `CASE WHEN ${hidden} THEN NULL ELSE ${column} END`;
  return {
    columns: {
      ...plainColumns,
      actorId: unlessHidden('l.actor_id'),
      actorLabel: `CASE WHEN NOT ${hidden} THEN l.actor_label
        WHEN l.actor_kind = 'API_KEY' THEN 'Another API key' ELSE 'A member' END`,
      ip: unlessHidden('l.ip'),
      userAgent: unlessHidden('l.user_agent'),
      requestId: unlessHidden('l.request_id'),
      apiKeyId: `CASE WHEN l.api_key_id = ${own} THEN l.api_key_id END`,
    },
    readable: `(l.type NOT LIKE 'key.%' OR l.api_key_id = ${own}) AND l.type NOT LIKE 'webhook.%'`,
    onlyKeyId,
  };
}

/** Invited addresses show to those who see the invitations, for as long as the entry is kept. */
function sightOfPerson(call: Pick<Call, 'actor'>, bind: Bind): LogSight {
  let ids: string | null = null;
  // Bound when it is first asked for: PostgreSQL refuses a parameter that nothing uses.
  const hidden = () => {
    ids ??= bind(workspaceIdsWithInvitations(call));
    return `(l.type IN (${invitationTypes.map((type) => `'${type}'`).join(', ')})
      AND l.workspace_id <> ALL (${ids}::text[]))`;
  };
  return {
    columns: {
      ...plainColumns,
      get message() {
        return `CASE WHEN NOT ${hidden()} THEN l.message
          WHEN l.type = 'member.invited' THEN 'Somebody was invited.' ELSE 'An invitation was revoked.' END`;
      },
      get data() {
        return `CASE WHEN ${hidden()} THEN l.data #- '{before,email}' #- '{after,email}' ELSE l.data END`;
      },
    },
    readable: null,
    onlyKeyId: null,
  };
}

/** The select list of a record. */
export function logColumnsSql({ columns }: LogSight): string {
  return Object.entries(columns)
    .map(([name, sql]) => `${sql} AS "${name}"`)
    .join(', ');
}
