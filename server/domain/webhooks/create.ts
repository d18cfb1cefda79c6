import { z } from 'zod';
import type { Tx } from '../../platform/db.ts';
import type { Call } from '../call.ts';
import { NotFoundError } from '../errors.ts';
import { newId } from '../ids.ts';
import { recordLog } from '../log-entries.ts';
import { findPlace } from '../managed.ts';
import { invalid, validate } from '../validation.ts';
import type { WebhookEventType } from './events.ts';
import { newWebhookSecret } from './message.ts';
import { allEventTypes, endpointsMax, endpointUrl, eventTypesRule, urlForLog } from './rules.ts';

export interface CreateWebhookEndpointInput {
  environmentId: string;
  url: string;
  /** Left out or null: all there are now. */
  eventTypes?: string[] | null;
}

/**
 * Creates an endpoint, which is told of what happens from now on.
 *
 * @returns its id, and the secret that signs what it is sent
 * @throws {UnauthenticatedError} @throws {ForbiddenError} @throws {NotFoundError} no such environment
 * @throws {ValidationError} the URL or a type breaks a rule, or the environment has as many as it may
 */
export async function createWebhookEndpoint(
  call: Call,
  input: CreateWebhookEndpointInput,
): Promise<{ id: string; secret: string }> {
  const { environmentId } = input;
  const { workspaceId, projectId } = await findPlace(call, environmentId, 'Webhooks');
  const rules = z.object({ url: endpointUrl(call), eventTypes: eventTypesRule.nullish() });
  const { url, eventTypes } = validate(rules, input);
  const place = { workspaceId, projectId, environmentId };
  return call.db.$transaction((tx) =>
    insertEndpoint(tx, call, { ...place, url, eventTypes: eventTypes ?? allEventTypes }),
  );
}

export interface NewWebhookEndpoint {
  workspaceId: string;
  projectId: string;
  environmentId: string;
  url: string;
  eventTypes: WebhookEventType[];
}

/** Writes an endpoint with its first secret, in the caller's transaction, and logs it. */
export async function insertEndpoint(
  tx: Tx,
  call: Call,
  { url, eventTypes, ...place }: NewWebhookEndpoint,
): Promise<{ id: string; secret: string }> {
  const { environmentId } = place;
  // Held, so that of two who create the last one only one does, and none in a deleted environment.
  const [live] = await tx.$queryRaw<object[]>`
    SELECT id FROM environments WHERE id = ${environmentId} FOR NO KEY UPDATE`;
  if (!live) throw new NotFoundError('The environment');
  if ((await tx.webhookEndpoint.count({ where: { environmentId } })) >= endpointsMax) {
    invalid('environmentId', `An environment has at most ${endpointsMax} webhook endpoints.`);
  }
  const [id, secretId] = [newId('webhookEndpoint'), newId('webhookSecret')];
  const { value, ...sealed } = newWebhookSecret(call.masterKeys, secretId);
  await tx.webhookEndpoint.create({
    data: {
      id,
      environmentId,
      url,
      eventTypes,
      secrets: { create: { id: secretId, ...sealed } },
      health: { create: {} },
    },
    select: { id: true },
  });
  await recordLog(tx, call, {
    ...place,
    type: 'webhook.created',
    message: 'Webhook endpoint created.',
    data: { endpointId: id, after: { url: urlForLog(url), eventTypes } },
  });
  return { id, secret: value };
}
