import {
  ConflictError,
  ForbiddenError,
  found,
  NotFoundError,
  ValidationError,
} from '../../server/domain/errors.ts';
import { loadDelivery } from '../../server/domain/webhooks/deliveries.ts';
import { redeliverWebhook } from '../../server/domain/webhooks/redeliver.ts';
import { replayMissedWebhooks } from '../../server/domain/webhooks/replay.ts';
import { sendTestWebhook } from '../../server/domain/webhooks/send-test.ts';
import { builder } from '../builder.ts';
import { WebhookDelivery } from './webhook-delivery.ts';
import { type ById, endpointPayload, takes } from './webhook-mutations.ts';

const SendTestWebhookInput = builder.inputType('SendTestWebhookInput', {
  description: 'Which webhook endpoint is to be tested.',
  fields: (t) => ({ id: t.id({ required: true, description: 'Which endpoint; it is active.' }) }),
});

const RedeliverWebhookInput = builder.inputType('RedeliverWebhookInput', {
  description: 'Which webhook delivery is to be sent again.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Which delivery, `dlv_…`; its endpoint is active.' }),
  }),
});

const ReplayMissedWebhooksInput = builder.inputType('ReplayMissedWebhooksInput', {
  description: 'Which webhook endpoint is to be sent what it missed.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Which endpoint; it is active.' }),
    since: t.field({
      type: 'DateTime',
      description: 'Only what happened at this instant or later; left out or null: all there is.',
    }),
  }),
});

/** A payload with the delivery as it is now. */
function deliveryPayload(name: string, description: string) {
  return builder.objectRef<ById>(name).implement({
    description,
    fields: (t) => ({
      webhookDelivery: t.field({
        type: WebhookDelivery,
        description: 'The delivery. Look again in a moment for what came of it.',
        resolve: ({ id }, _args, { call }) => found('The webhook delivery', loadDelivery(call, id)),
      }),
    }),
  });
}

const SendTestWebhookPayload = deliveryPayload('SendTestWebhookPayload', 'The test on its way.');
const RedeliverWebhookPayload = deliveryPayload(
  'RedeliverWebhookPayload',
  'The delivery on its way again.',
);
const ReplayMissedWebhooksPayload = endpointPayload<ById & { count: number }>(
  'ReplayMissedWebhooksPayload',
  'What is sent again.',
);
builder.objectField(ReplayMissedWebhooksPayload, 'count', (t) =>
  t.exposeInt('count', { description: 'How many deliveries are sent again, one after the other.' }),
);

/** What every one of them may answer. */
const common = [ForbiddenError, NotFoundError, ValidationError] as const;

builder.mutationFields((t) => ({
  sendTestWebhook: t.field({
    type: SendTestWebhookPayload,
    description: `Sends a \`webhook.test\` event to a webhook endpoint, whatever types it chose. ${takes}`,
    args: {
      input: t.arg({ type: SendTestWebhookInput, required: true, description: 'Which.' }),
    },
    errors: { types: [...common] },
    resolve: (_root, { input }, { call }) => sendTestWebhook(call, input),
  }),
  redeliverWebhook: t.field({
    type: RedeliverWebhookPayload,
    description: `Sends a webhook delivery again, whatever became of it, under the same \`webhook-id\`; if it fails, by the whole schedule. ${takes}`,
    args: {
      input: t.arg({ type: RedeliverWebhookInput, required: true, description: 'Which.' }),
    },
    errors: { types: [...common, ConflictError] },
    resolve: (_root, { input }, { call }) => redeliverWebhook(call, input),
  }),
  replayMissedWebhooks: t.field({
    type: ReplayMissedWebhooksPayload,
    description: `Sends every FAILED delivery of a webhook endpoint again, and with them what happened while it was disabled: in the order of the events, one after the other, each once. ${takes}`,
    args: {
      input: t.arg({ type: ReplayMissedWebhooksInput, required: true, description: 'Which.' }),
    },
    errors: { types: [...common] },
    resolve: (_root, { input }, { call }) => replayMissedWebhooks(call, input),
  }),
}));
