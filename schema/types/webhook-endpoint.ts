import type { Call } from '../../server/domain/call.ts';
import { found } from '../../server/domain/errors.ts';
import { listDeliveries } from '../../server/domain/webhooks/deliveries.ts';
import {
  listWebhookEndpoints,
  loadWebhookEndpoint,
  loadWebhookState,
} from '../../server/domain/webhooks/find.ts';
import { endpointsMax } from '../../server/domain/webhooks/rules.ts';
import { builder } from '../builder.ts';
import { Environment } from './environment.ts';
import { addNode, Node } from './node.ts';
import { DeliveryStatus, WebhookDelivery, WebhookDeliveryConnection } from './webhook-delivery.ts';

const stateOf = (call: Call, id: string) =>
  found('The webhook endpoint', loadWebhookState(call, id));

export const WebhookEndpoint = builder.prismaObject('WebhookEndpoint', {
  description:
    'A receiver of webhooks: messages by Standard Webhooks 1.0 about what happens in an environment. Hidden from API keys. `docs/webhooks.md` says what is sent and when.',
  interfaces: [Node],
  fields: (t) => ({
    url: t.exposeString('url', { description: 'Where messages go.' }),
    eventTypes: t.exposeStringList('eventTypes', {
      description:
        'What it is told of: `session.started`, `session.confirmed`, `session.cancelled`, `session.expired`, `session.used`. Expect new ones.',
    }),
    active: t.exposeBoolean('active', {
      description: 'Off: nothing is sent to it. A person did that, or `disabledReason` says why.',
    }),
    disabledReason: t.exposeString('disabledReason', {
      nullable: true,
      description:
        'Why Latchkey disabled it, as a sentence; null where it did not. What happens meanwhile is kept for 30 days, for `replayMissedWebhooks`.',
    }),
    environment: t.relation('environment', { description: 'The environment it is told of.' }),
    consecutiveFailures: t.int({
      description: 'Attempts that failed since the last one that succeeded.',
      resolve: async ({ id }, _args, { call }) => (await stateOf(call, id)).consecutiveFailures,
    }),
    lastSuccessAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it last answered 2xx, to the second; null: never yet.',
      resolve: async ({ id }, _args, { call }) => (await stateOf(call, id)).lastSuccessAt,
    }),
    secretRotationEndsAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'Until when messages are signed with the earlier secret too; null: they are not.',
      resolve: async ({ id }, _args, { call }) => (await stateOf(call, id)).secretRotationEndsAt,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    version: t.exposeInt('version', {
      description: 'Counts its changes. Edits pass it, so that none overwrites another unseen.',
    }),
    deliveries: t.connection(
      {
        type: WebhookDelivery,
        description: 'What was and is to be sent to it, newest first.',
        args: {
          status: t.arg({ type: DeliveryStatus, description: 'Only those; left out: all.' }),
        },
        resolve: ({ id }, { status, ...page }, { call }) => listDeliveries(call, id, page, status),
      },
      WebhookDeliveryConnection,
    ),
  }),
});

// Here, because an environment's fields need not know of webhooks.
builder.prismaObjectField(Environment, 'webhookEndpoints', (t) =>
  t.field({
    type: [WebhookEndpoint],
    description: 'Its webhook endpoints, oldest first, at most 20. An API key sees none.',
    extensions: { cost: { atMost: endpointsMax } },
    select: { id: true },
    resolve: ({ id }, _args, { call }) => listWebhookEndpoints(call, id),
  }),
);

addNode('webhookEndpoint', 'WebhookEndpoint', loadWebhookEndpoint);
