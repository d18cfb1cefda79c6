import type { Call } from '../call.ts';
import { webhookTestType } from './events.ts';
import { changeEndpoint, demandActive, findManagedEndpoint } from './managing.ts';

const batchSize = 1_000;

/**
 * The next of what was missed, in the order of the events. Each is moved by its status, so of two who
 * replay at once each delivery goes through one.
 */
const text = `
WITH missed AS MATERIALIZED (
  SELECT d.id FROM webhook_endpoints w JOIN webhook_deliveries d ON d.endpoint_id = w.id
  WHERE w.id = $1 AND w.active AND d.status = 'FAILED' AND d.event_type <> '${webhookTestType}'
    AND (d.created_at, d.id) > ($2::timestamptz, $3) AND d.created_at >= $4::timestamptz
  ORDER BY d.created_at, d.id LIMIT ${batchSize} FOR UPDATE OF d
),
queued AS (
  UPDATE webhook_deliveries SET status = 'PENDING', queued = true, tries = 0, next_attempt_at = now()
  WHERE id = ANY (ARRAY(SELECT id FROM missed)) RETURNING id, created_at
)
SELECT id, created_at AS "createdAt" FROM queued ORDER BY created_at, id`;

export interface ReplayMissedWebhooksInput {
  id: string;
  /** Only what happened then or later; null or left out: all that is kept. */
  since?: Date | null;
}

/**
 * Sends an active endpoint what it missed: what was given up, and what happened while it was disabled.
 * In the order of the events, one after the other, each once and under its old `webhook-id`.
 *
 * @returns how many deliveries there are to make
 * @throws {UnauthenticatedError} @throws {NotFoundError} @throws {ForbiddenError}
 * @throws {ValidationError} the endpoint is off
 */
export async function replayMissedWebhooks(
  call: Call,
  { id, since }: ReplayMissedWebhooksInput,
): Promise<{ id: string; count: number }> {
  const managed = await findManagedEndpoint(call, id);
  // The log first: what is cut short is finished by doing it again.
  await changeEndpoint(call, managed, null, async (_tx, { endpoint, record }) => {
    demandActive(endpoint);
    await record({
      type: 'webhook.replayed',
      message: 'Missed webhooks sent again.',
      data: { since: since ?? null },
    });
  });
  const from = since ?? new Date(0);
  let count = 0;
  for (let last = { id: '', createdAt: new Date(0) }; ; ) {
    const { rows } = await call.db.$pool.query<typeof last>(text, [
      id,
      last.createdAt,
      last.id,
      from,
    ]);
    if (rows.length === 0) return { id, count };
    count += rows.length;
    last = rows.at(-1)!;
    call.webhookHint.give();
  }
}
