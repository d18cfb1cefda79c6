import type { Tx } from '../../platform/db.ts';
import type { Call } from '../call.ts';
import { insertEndpoint } from './create.ts';
import { removeEndpoint } from './delete.ts';
import { lockEndpoint } from './managing.ts';
import { allEventTypes } from './rules.ts';
import { applyToEndpoint } from './update.ts';

/**
 * The simple case of webhooks: a project's one URL, which is that of the oldest endpoint of its default
 * environment. Setting it where there is none makes an endpoint for all types; else it moves the one
 * there is, and switches it on; null removes that one.
 *
 * The caller's transaction holds the project's row, and found that the actor may.
 */
export async function setProjectWebhookUrl(
  tx: Tx,
  call: Call,
  place: { workspaceId: string; projectId: string; environmentId: string },
  url: string | null,
): Promise<void> {
  const { environmentId } = place;
  // Held, so that nobody makes or removes an older one meanwhile.
  await tx.$queryRaw`SELECT id FROM environments WHERE id = ${environmentId} FOR NO KEY UPDATE`;
  const oldest = await tx.webhookEndpoint.findFirst({
    where: { environmentId },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    select: { id: true },
  });
  if (!oldest) {
    if (url !== null) await insertEndpoint(tx, call, { ...place, url, eventTypes: allEventTypes });
    return;
  }
  const managed = { ...place, id: oldest.id };
  const locked = await lockEndpoint(tx, call, managed);
  if (url === null) await removeEndpoint(tx, managed, locked);
  else if (url !== locked.endpoint.url || !locked.endpoint.active) {
    await applyToEndpoint(tx, managed, locked, { url, active: true });
  }
}
