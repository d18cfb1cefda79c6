import { z } from 'zod';
import type { Tx } from '../../platform/db.ts';
import type { Call } from '../call.ts';
import { changesBetween } from '../changes.ts';
import { notNull, validate } from '../validation.ts';
import {
  changeEndpoint,
  findManagedEndpoint,
  type LockedEndpoint,
  type ManagedEndpoint,
} from './managing.ts';
import { endpointUrl, eventTypesRule, urlForLog } from './rules.ts';
import { settleEndpoint } from './settle.ts';

export interface UpdateWebhookEndpointInput {
  id: string;
  version: number;
  url?: string | null;
  eventTypes?: string[] | null;
  active?: boolean | null;
}

/**
 * Changes an endpoint, and switches it off and on. A field that is left out stays as it is.
 *
 * Off, it is sent nothing more, and no events are kept for it. On again, it is told of what happens from
 * then on; what it missed goes by `replayMissed`.
 *
 * @throws {UnauthenticatedError} @throws {NotFoundError} @throws {ForbiddenError}
 * @throws {ValidationError} @throws {ConflictError} with the current version, when it is another
 */
export async function updateWebhookEndpoint(
  call: Call,
  input: UpdateWebhookEndpointInput,
): Promise<{ id: string }> {
  const { id, version } = input;
  const managed = await findManagedEndpoint(call, id);
  const rules = z.object({
    url: notNull(endpointUrl(call)),
    eventTypes: notNull(eventTypesRule),
    active: notNull(z.boolean()),
  });
  const changes = validate(rules, input);
  if (changes.active) await settleEndpoint(call.db, id);
  return changeEndpoint(call, managed, version, (tx, locked) =>
    applyToEndpoint(tx, managed, locked, changes),
  );
}

export interface EndpointChanges {
  url?: string;
  eventTypes?: string[];
  active?: boolean;
}

/** Writes the changes to a locked endpoint, in the caller's transaction, and logs them. */
export async function applyToEndpoint(
  tx: Tx,
  { id }: ManagedEndpoint,
  { endpoint, record }: LockedEndpoint,
  changes: EndpointChanges,
): Promise<{ id: string }> {
  const { before, after } = changesBetween(endpoint, changes);
  // What was still under way when it was switched off must not come with what is new.
  if (after.active === true) await settleEndpoint(tx, id);
  await tx.webhookEndpoint.update({
    where: { id },
    data: {
      ...changes,
      ...(changes.active !== undefined && { disabledReason: null, missedUntil: null }),
      version: { increment: 1 },
    },
    select: { id: true },
  });
  // Another receiver, or one that was mended, begins anew.
  if (after.active === true || after.url !== undefined) {
    await tx.webhookHealth.update({
      where: { endpointId: id },
      data: { consecutiveFailures: 0, failingSince: null },
      select: { endpointId: true },
    });
  }

  const { active: wasActive, ...otherBefore } = before;
  const { active, ...otherAfter } = after;
  if (active !== undefined) {
    await record({
      type: active ? 'webhook.activated' : 'webhook.deactivated',
      message: `Webhook endpoint ${active ? 'activated' : 'deactivated'}.`,
      data: { before: { active: wasActive }, after: { active } },
    });
  }
  if (active === undefined || Object.keys(otherAfter).length > 0) {
    await record({
      type: 'webhook.updated',
      message: 'Webhook endpoint updated.',
      data: { before: forLog(otherBefore), after: forLog(otherAfter) },
    });
  }
  return { id };
}

function forLog({ url, ...others }: EndpointChanges): EndpointChanges {
  return url === undefined ? others : { ...others, url: urlForLog(url) };
}
