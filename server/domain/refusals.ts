/**
 * What was refused, for the log and for the counts that a key shows.
 *
 * Refusals come in floods: an old deployment that goes on with a dead key, a page that retries. So they
 * are gathered in memory and written once a second; a key's entry in the log is written once for each
 * reason, address and minute, and what repeats is counted in it, by whichever process it came through.
 * A process that dies loses the counts of its last second.
 */
import type { Db } from '../platform/db.ts';
import type { actorValues, Client } from './actor.ts';
import { type GatheredCounts, gatherCounts } from './gathered-counts.ts';
import { newId } from './ids.ts';

export interface Refusal {
  type: 'key.refused' | 'session.refused';
  reason: string;
  message: string;
  environmentId: string;
  apiKeyId: string | null;
  /** Who was refused, as far as it is known. */
  actor: ReturnType<typeof actorValues>;
  client: Pick<Client, 'ip' | 'userAgent'>;
  requestId: string | null;
}

export type RefusalLog = GatheredCounts<Refusal>;

/** Joined to the live environment: of a deleted one nobody reads the log. */
const text = `
WITH input AS (
  SELECT i.*, p.workspace_id, e.project_id FROM jsonb_to_recordset($1) AS i(id text, type text, reason text,
    message text, environment_id text, api_key_id text, actor_kind actor_kind, actor_id text,
    actor_label text, ip text, user_agent text, request_id text, count int)
  JOIN environments e ON e.id = i.environment_id JOIN projects p ON p.id = e.project_id
),
-- The keys before their counts: whoever deletes one locks them in that order too.
held AS MATERIALIZED (
  SELECT id FROM api_keys WHERE id IN (SELECT api_key_id FROM input) ORDER BY id FOR KEY SHARE
),
counted AS (
  INSERT INTO api_key_refusals (api_key_id, reason, count, last_at)
  SELECT k.id, i.reason, sum(i.count), now() FROM input i JOIN held k ON k.id = i.api_key_id
  WHERE i.type = 'key.refused' GROUP BY k.id, i.reason ORDER BY k.id, i.reason
  ON CONFLICT (api_key_id, reason) DO UPDATE
    SET count = api_key_refusals.count + EXCLUDED.count, last_at = EXCLUDED.last_at
)
INSERT INTO log_entries (id, type, level, message, reason, actor_kind, actor_id, actor_label, workspace_id,
  project_id, environment_id, api_key_id, ip, user_agent, request_id, dedupe_key, data)
SELECT id, type, 'WARN', message, reason, actor_kind, actor_id, actor_label, workspace_id, project_id,
  environment_id, api_key_id, ip, user_agent, request_id,
  concat_ws(' ', type, coalesce(api_key_id, environment_id), reason, ip, date_trunc('minute', now(), 'UTC')),
  jsonb_build_object('count', count)
FROM input ORDER BY type, api_key_id, environment_id, reason, ip
ON CONFLICT (dedupe_key) WHERE dedupe_key IS NOT NULL DO UPDATE
  SET data = jsonb_build_object('count',
    (log_entries.data->>'count')::bigint + (EXCLUDED.data->>'count')::bigint)`;

export function createRefusalLog(db: Db): RefusalLog {
  return gatherCounts<Refusal>(
    ({ type, apiKeyId, environmentId, reason }) => `${type} ${apiKeyId ?? environmentId} ${reason}`,
    async (batch) => {
      const values = [JSON.stringify(batch.map(toRow))];
      await db.$pool.query({ name: 'refusals', text, values });
    },
  );
}

function toRow({ event, count }: { event: Refusal; count: number }) {
  const { actor, client } = event;
  return {
    id: newId('logEntry'),
    type: event.type,
    reason: event.reason,
    message: event.message,
    environment_id: event.environmentId,
    api_key_id: event.apiKeyId,
    actor_kind: actor.kind,
    actor_id: actor.id,
    actor_label: actor.label,
    ip: client.ip,
    user_agent: client.userAgent,
    request_id: event.requestId,
    count,
  };
}
