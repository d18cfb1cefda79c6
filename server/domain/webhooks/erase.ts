import type { Db, Tx } from '../../platform/db.ts';

/**
 * Takes the person out of what webhooks keep of these sessions: the subject and metadata from events,
 * and from the log of deliveries what receivers answered, which may repeat them. Events that still wait
 * go out without.
 */
export async function eraseSessionsFromWebhooks(
  tx: Tx | Db,
  environmentIds: readonly string[],
  sessionIds: readonly string[],
): Promise<void> {
  if (sessionIds.length === 0) return;
  const [places, ids] = [[...environmentIds], [...sessionIds]];
  await tx.$executeRaw`
    UPDATE outbox_events SET data = jsonb_set(data #- '{session,subject}', '{session,metadata}', 'null')
    WHERE environment_id = ANY (${places}) AND session_id = ANY (${ids})`;
  await tx.$executeRaw`
    UPDATE webhook_deliveries d SET attempts = (
      SELECT jsonb_agg(attempt || '{"responseBody": null, "responseHeaders": null}' ORDER BY n)
      FROM jsonb_array_elements(d.attempts) WITH ORDINALITY AS each(attempt, n))
    FROM outbox_events o
    WHERE o.environment_id = ANY (${places}) AND o.session_id = ANY (${ids}) AND d.event_id = o.id
      AND d.attempts <> '[]'`;
}
