/** Webhooks of a world: in each environment an endpoint with a delivery that has something everywhere. */
import { createWebhookEndpoint } from '../../server/domain/webhooks/create.ts';
import type { DeliveryAttempt } from '../../server/domain/webhooks/delivery.ts';
import { regenerateWebhookSecret } from '../../server/domain/webhooks/secrets.ts';
import { sendTestWebhook } from '../../server/domain/webhooks/send-test.ts';
import { requestOf, type WorldEnvironment, type WorldInProgress } from './world.ts';

export interface WorldWebhook {
  id: string;
  deliveryId: string;
}

export async function addWebhooks(world: WorldInProgress): Promise<void> {
  for (const environment of Object.values(world.environments)) {
    world.webhooks[environment.label] = await addWebhook(world, environment);
  }
  // One more that was disabled: the one above is told of everything.
  const { db } = world.tools;
  const production = world.environments['w1-p1-production']!;
  const { id } = await addWebhook(world, { ...production, label: `${production.label}-dead` });
  const disabledReason = world.markers.plant(`${production.label}-dead-webhook-reason`);
  await db.webhookEndpoint.update({ where: { id }, data: { active: false, disabledReason } });
}

async function addWebhook(
  world: WorldInProgress,
  { label, id: environmentId, workspaceId }: WorldEnvironment,
): Promise<WorldWebhook> {
  const { markers, workspaces, tools } = world;
  const of = (what: string) => markers.plant(`${label}-webhook-${what}`);
  const by = await requestOf(world, workspaceId === workspaces.w2 ? 'stranger' : 'owner');
  const url = `https://${of('url')}.example/`;
  const { id } = await createWebhookEndpoint(by, { environmentId, url });
  await regenerateWebhookSecret(by, { id, overlapSeconds: 3600 });
  const { id: deliveryId } = await sendTestWebhook(by, { id });
  const attempt: DeliveryAttempt = {
    at: new Date().toISOString(),
    durationMs: 12,
    requestHeaders: { 'webhook-id': of('sent') },
    responseStatus: 500,
    responseHeaders: { server: of('server') },
    responseBody: of('body'),
    error: of('error'),
  };
  const delivery = await tools.db.webhookDelivery.update({
    where: { id: deliveryId },
    data: { attempts: [{ ...attempt }] },
  });
  await tools.db.webhookHealth.update({
    where: { endpointId: id },
    data: { lastSuccessAt: new Date(), consecutiveFailures: 1 },
  });
  markers.learn(`${label}-webhook-id`, id);
  markers.learn(`${label}-webhook-delivery`, deliveryId);
  markers.learn(`${label}-webhook-event`, delivery.eventId);
  return { id, deliveryId };
}
