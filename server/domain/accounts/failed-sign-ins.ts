/**
 * Wrong passwords of accounts that exist, for the logs of the workspaces that the account is a member
 * of: once for each account, address and minute, and what repeats is counted there.
 *
 * They are gathered and written later. Written at once, they would make the answer about an account
 * that exists take longer than that about one that does not.
 */
import type { Db } from '../../platform/db.ts';
import { actorValues, type Client } from '../actor.ts';
import { type GatheredCounts, gatherCounts } from '../gathered-counts.ts';
import { newId } from '../ids.ts';

export interface FailedSignIn {
  userId: string;
  client: Pick<Client, 'ip' | 'userAgent'>;
  requestId: string | null;
}

export type FailedSignInLog = GatheredCounts<FailedSignIn>;

const membershipsSql = `
SELECT m.workspace_id AS "workspaceId", u.id AS "userId", u.name FROM users u
JOIN memberships m ON m.user_id = u.id WHERE u.id = ANY ($1)`;

/** Of a workspace that was deleted meanwhile nobody reads the log. */
const text = `
INSERT INTO log_entries (id, type, level, message, reason, actor_kind, actor_label, workspace_id, ip,
  user_agent, request_id, dedupe_key, data)
SELECT i.id, 'user.sign_in_failed', 'WARN', i.message, 'INVALID_CREDENTIALS', i.actor_kind, i.actor_label,
  i.workspace_id, i.ip, i.user_agent, i.request_id,
  concat_ws(' ', 'user.sign_in_failed', i.workspace_id, i.user_id, i.ip, date_trunc('minute', now(), 'UTC')),
  jsonb_build_object('userId', i.user_id, 'count', i.count)
FROM jsonb_to_recordset($1) AS i(id text, message text, actor_kind actor_kind, actor_label text,
  workspace_id text, user_id text, ip text, user_agent text, request_id text, count int)
JOIN workspaces w ON w.id = i.workspace_id
ORDER BY i.workspace_id, i.user_id, i.ip
ON CONFLICT (dedupe_key) WHERE dedupe_key IS NOT NULL DO UPDATE
  SET data = EXCLUDED.data || jsonb_build_object('count',
    (log_entries.data->>'count')::bigint + (EXCLUDED.data->>'count')::bigint)`;

export function createFailedSignInLog(db: Db): FailedSignInLog {
  return gatherCounts<FailedSignIn>(
    ({ userId }) => userId,
    async (batch) => {
      const userIds = [...new Set(batch.map(({ event }) => event.userId))];
      const { rows: memberships } = await db.$pool.query<Membership>(membershipsSql, [userIds]);
      const items = batch.flatMap((failure) =>
        memberships
          .filter(({ userId }) => userId === failure.event.userId)
          .map((membership) => toRow(failure, membership)),
      );
      if (items.length > 0) await db.$pool.query(text, [JSON.stringify(items)]);
    },
  );
}

interface Membership {
  workspaceId: string;
  userId: string;
  name: string;
}

function toRow(
  { event, count }: { event: FailedSignIn; count: number },
  { workspaceId, userId, name }: Membership,
) {
  const actor = actorValues({ kind: 'nobody' });
  return {
    id: newId('logEntry'),
    message: `A sign-in as ${name} failed.`,
    actor_kind: actor.kind,
    actor_label: actor.label,
    workspace_id: workspaceId,
    user_id: userId,
    ip: event.client.ip,
    user_agent: event.client.userAgent,
    request_id: event.requestId,
    count,
  };
}
