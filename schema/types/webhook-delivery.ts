import type { Call } from '../../server/domain/call.ts';
import { found } from '../../server/domain/errors.ts';
import {
  type DeliveryRecord,
  loadDelivery,
  loadDeliveryDetails,
} from '../../server/domain/webhooks/deliveries.ts';
import {
  type DeliveryAttempt as Attempt,
  attemptsKept,
} from '../../server/domain/webhooks/delivery.ts';
import { builder, connectionOf } from '../builder.ts';
import { addNode, Node } from './node.ts';

export const DeliveryStatus = builder.enumType('DeliveryStatus', {
  description: 'Where a webhook delivery stands.',
  values: {
    PENDING: { description: 'It is to be sent, or to be sent again.' },
    DELIVERED: { description: 'The receiver answered 2xx.' },
    FAILED: {
      description:
        'It was given up, or its endpoint was off. `redeliverWebhook` and `replayMissedWebhooks` send it again.',
    },
  } as const,
});

const DeliveryAttempt = builder.objectRef<Attempt>('DeliveryAttempt').implement({
  description: 'One request to a receiver, and what came back. What was sent is the payload.',
  fields: (t) => ({
    at: t.field({
      type: 'DateTime',
      description: 'When it was made.',
      resolve: ({ at }) => new Date(at),
    }),
    durationMs: t.exposeInt('durationMs', {
      description: 'From resolving the name to the end of the reply, in milliseconds.',
    }),
    requestHeaders: t.expose('requestHeaders', {
      type: 'JSON',
      description: 'The headers that were sent, the signature included: names and values.',
    }),
    responseStatus: t.exposeInt('responseStatus', {
      nullable: true,
      description: 'The HTTP status; null where no reply came.',
    }),
    responseHeaders: t.expose('responseHeaders', {
      type: 'JSON',
      nullable: true,
      description:
        'The headers of the reply, but for its cookies; null where none came, or the end user was erased.',
    }),
    responseBody: t.exposeString('responseBody', {
      nullable: true,
      description:
        'The first 4 KiB of the reply as text; null where none came, or the end user was erased.',
    }),
    error: t.exposeString('error', {
      nullable: true,
      description: 'What went wrong, as a sentence; null where the status says it.',
    }),
  }),
});

const detailsOf = (call: Call, id: string) =>
  found('The webhook delivery', loadDeliveryDetails(call, id));

export const WebhookDelivery = builder.objectRef<DeliveryRecord>('WebhookDelivery');
export const WebhookDeliveryConnection = connectionOf(
  'WebhookDelivery',
  WebhookDelivery,
  'webhook deliveries',
);

WebhookDelivery.implement({
  description: 'One event on its way to one endpoint. Kept as long as the workspace keeps logs.',
  interfaces: [Node],
  fields: (t) => ({
    eventId: t.exposeID('eventId', {
      description:
        'The event, `evt_…`: the `webhook-id` of every attempt, by which to drop repeats.',
    }),
    eventType: t.exposeString('eventType', {
      description: 'What happened, such as `session.confirmed`; `webhook.test` of a test.',
    }),
    status: t.expose('status', { type: DeliveryStatus, description: 'Where it stands.' }),
    attempts: t.field({
      type: [DeliveryAttempt],
      description: 'Its attempts, oldest first: the last 20.',
      extensions: { cost: { atMost: attemptsKept } },
      resolve: async ({ id }, _args, { call }) => (await detailsOf(call, id)).attempts,
    }),
    nextAttemptAt: t.expose('nextAttemptAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it is sent next, at the earliest; null once it is not pending.',
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When the event happened.',
    }),
    payload: t.field({
      type: 'JSON',
      description:
        'The body of the message: `{ type, timestamp, data }`. The same on every attempt.',
      resolve: async ({ id }, _args, { call }) => (await detailsOf(call, id)).payload,
    }),
  }),
});

addNode('webhookDelivery', 'WebhookDelivery', loadDelivery);
