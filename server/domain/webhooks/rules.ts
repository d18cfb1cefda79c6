import { z } from 'zod';
import { checkUrl } from '../../platform/outbound.ts';
import type { Call } from '../call.ts';
import { type WebhookEventType, webhookEventTypes } from './events.ts';

/** An environment's endpoints are listed whole, and each adds to what an event costs. */
export const endpointsMax = 20;

export const allEventTypes = Object.keys(webhookEventTypes) as WebhookEventType[];

/** Where an endpoint may be. What its name leads to is looked at when it is dialled. */
export function endpointUrl({ allowPrivateWebhooks: allowPrivate }: Call) {
  return z.string().superRefine((url, context) => {
    const message = checkUrl(url, { allowPrivate });
    if (message !== null) context.addIssue({ code: 'custom', message });
  });
}

/** Some of the types, at least one, in the order of the catalogue. */
export const eventTypesRule = z
  .array(z.enum(allEventTypes, `Must be some of ${allEventTypes.join(', ')}.`))
  .min(1, 'Must name at least one type.')
  .max(allEventTypes.length, 'Must name each type once.')
  .transform((types) => allEventTypes.filter((type) => types.includes(type)));

/** What the log may say of an endpoint's URL: people put secrets into queries. */
export function urlForLog(url: string): string {
  return url.split('?', 1)[0]!;
}
