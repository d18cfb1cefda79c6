import type { Db, Tx } from '../../platform/db.ts';

/** SQL: an event's data without the person. */
export const withoutPersonSql = (data: string) =>
  `jsonb_set(${data} #- '{session,subject}', '{session,metadata}', 'null')`;

/** SQL: an attempt without what the receiver answered, which may repeat who it was. */
export const withoutAnswerSql = (attempt: string) =>
  `${attempt} || '{"responseBody": null, "responseHeaders": null}'`;

const eventsText = `
UPDATE outbox_events SET data = ${withoutPersonSql('data')}
WHERE environment_id = ANY ($1) AND session_id = ANY ($2)`;

/**
 * All of them, also those without an attempt: who claims one or writes an outcome at this moment is
 * waited for, or waits and finds the mark.
 */
const deliveriesText = `
WITH held AS MATERIALIZED (
  SELECT d.id FROM outbox_events o JOIN webhook_deliveries d ON d.event_id = o.id
  WHERE o.environment_id = ANY ($1) AND o.session_id = ANY ($2)
  ORDER BY d.id FOR UPDATE OF d
)
UPDATE webhook_deliveries d SET erased = true, attempts = coalesce((
  SELECT jsonb_agg(${withoutAnswerSql('attempt')} ORDER BY n)
  FROM jsonb_array_elements(d.attempts) WITH ORDINALITY AS each(attempt, n)), '[]')
WHERE d.id = ANY (ARRAY(SELECT id FROM held))`;

/**
 * Takes the person out of what webhooks keep of these sessions: the subject and metadata from events,
 * and from the log of deliveries what receivers answered, or will yet. Events that still wait go out
 * without. What was being sent at that moment was sent before.
 */
export async function eraseSessionsFromWebhooks(
  tx: Tx | Db,
  environmentIds: readonly string[],
  sessionIds: readonly string[],
): Promise<void> {
  if (sessionIds.length === 0) return;
  for (const text of [eventsText, deliveriesText]) {
    await tx.$executeRawUnsafe(text, environmentIds, sessionIds);
  }
}

/** The look goes by an index on this very expression. */
const ofSubjectText = `
SELECT session_id AS "sessionId" FROM outbox_events
WHERE environment_id = ANY ($1) AND data #>> '{session,subject,id}' = $2
  AND data #>> '{session,subject,provider}' = $3
LIMIT $4`;

/**
 * The same for some of the sessions that events have of this subject: what is not delivered can be kept
 * for longer than the session and its log.
 *
 * @returns how many events of theirs were found; once there are none, nothing is left
 */
export async function eraseSubjectFromWebhooks(
  tx: Tx,
  environmentIds: readonly string[],
  { provider, subjectId }: { provider: string; subjectId: string },
  eventsMax: number,
): Promise<number> {
  const rows = await tx.$queryRawUnsafe<{ sessionId: string }[]>(
    ofSubjectText,
    environmentIds,
    subjectId,
    provider,
    eventsMax,
  );
  const ids = new Set(rows.map(({ sessionId }) => sessionId));
  await eraseSessionsFromWebhooks(tx, environmentIds, [...ids]);
  return rows.length;
}
