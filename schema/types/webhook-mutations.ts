import {
  ConflictError,
  ForbiddenError,
  found,
  NotFoundError,
  ValidationError,
} from '../../server/domain/errors.ts';
import { createWebhookEndpoint } from '../../server/domain/webhooks/create.ts';
import { deleteWebhookEndpoint } from '../../server/domain/webhooks/delete.ts';
import { findWebhookEndpoint } from '../../server/domain/webhooks/find.ts';
import {
  regenerateWebhookSecret,
  revealWebhookSecret,
} from '../../server/domain/webhooks/secrets.ts';
import { updateWebhookEndpoint } from '../../server/domain/webhooks/update.ts';
import { builder } from '../builder.ts';
import { deletedPayload } from './deleted-payload.ts';
import { WebhookEndpoint } from './webhook-endpoint.ts';

export const takes = 'Takes the role Admin in production, Developer elsewhere.';
const typesAre =
  '`session.started`, `session.confirmed`, `session.cancelled`, `session.expired`, `session.used`';
const urlIs =
  'An https URL of at most 2048 characters, without credentials and fragment, that leads to no private address. Plain HTTP and private addresses only where the server allows them.';

const CreateWebhookEndpointInput = builder.inputType('CreateWebhookEndpointInput', {
  description: 'A new webhook endpoint.',
  fields: (t) => ({
    environmentId: t.id({
      required: true,
      description: 'The environment it is told of; that has at most 20.',
    }),
    url: t.string({ required: true, description: urlIs }),
    eventTypes: t.stringList({
      description: `What it is told of, at least one of ${typesAre}. Left out or null: all of these.`,
    }),
  }),
});

const UpdateWebhookEndpointInput = builder.inputType('UpdateWebhookEndpointInput', {
  description: 'Changes to a webhook endpoint. A field that is left out changes nothing.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Which endpoint.' }),
    version: t.int({ required: true, description: 'The version that was read.' }),
    url: t.string({ description: urlIs }),
    eventTypes: t.stringList({
      description: `The whole new list, at least one of ${typesAre}.`,
    }),
    active: t.boolean({
      description:
        'False: nothing more is sent, and no events are kept for it. True: it is told of what happens from now on; what it missed takes `replayMissedWebhooks`.',
    }),
  }),
});

const DeleteWebhookEndpointInput = builder.inputType('DeleteWebhookEndpointInput', {
  description: 'Which webhook endpoint is deleted for ever.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Which endpoint.' }),
    version: t.int({ description: 'The version that was read; left out: whichever it is now.' }),
  }),
});

const RevealWebhookSecretInput = builder.inputType('RevealWebhookSecretInput', {
  description: 'Which webhook endpoint’s secret is to be shown.',
  fields: (t) => ({ id: t.id({ required: true, description: 'Which endpoint.' }) }),
});

const RegenerateWebhookSecretInput = builder.inputType('RegenerateWebhookSecretInput', {
  description: 'Which webhook endpoint gets a new secret, and for how long its old one signs too.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Which endpoint.' }),
    overlapSeconds: t.int({
      description:
        'How long messages are signed with both: 0 to 2592000 (30 days). Left out or 0: only with the new one, at once.',
    }),
    version: t.int({ description: 'The version that was read; left out: whichever it is now.' }),
  }),
});

/** What a payload reads its endpoint or its delivery by. */
export interface ById {
  id: string;
}
interface WithSecret extends ById {
  secret: string;
}

/** A payload with the endpoint as it is now. */
export function endpointPayload<Shape extends ById>(name: string, description: string) {
  const ref = builder.objectRef<Shape>(name).implement({ description });
  builder.objectField(ref, 'webhookEndpoint', (t) =>
    t.prismaField({
      type: WebhookEndpoint,
      description: 'The endpoint.',
      resolve: (query, { id }, _args, { call }) =>
        found('The webhook endpoint', findWebhookEndpoint(call, id, query)),
    }),
  );
  return ref;
}

/** The same with its secret. */
function secretPayload(name: string, description: string) {
  const ref = endpointPayload<WithSecret>(name, description);
  builder.objectField(ref, 'secret', (t) =>
    t.exposeString('secret', {
      description:
        '`whsec_…`, which libraries for Standard Webhooks take. Whoever has it can forge messages.',
    }),
  );
  return ref;
}

const CreateWebhookEndpointPayload = secretPayload(
  'CreateWebhookEndpointPayload',
  'The new endpoint with its secret.',
);
const UpdateWebhookEndpointPayload = endpointPayload(
  'UpdateWebhookEndpointPayload',
  'The endpoint after the change.',
);
const RevealWebhookSecretPayload = secretPayload(
  'RevealWebhookSecretPayload',
  'The endpoint with its current secret.',
);
const RegenerateWebhookSecretPayload = secretPayload(
  'RegenerateWebhookSecretPayload',
  'The endpoint with its new secret.',
);
const DeleteWebhookEndpointPayload = deletedPayload(
  'DeleteWebhookEndpointPayload',
  'What was deleted.',
);

/** What every one of them may answer. */
const common = [ForbiddenError, NotFoundError] as const;

builder.mutationFields((t) => ({
  createWebhookEndpoint: t.field({
    type: CreateWebhookEndpointPayload,
    description: `Creates a webhook endpoint, which is told of what happens from then on. ${takes}`,
    args: {
      input: t.arg({
        type: CreateWebhookEndpointInput,
        required: true,
        description: 'The endpoint.',
      }),
    },
    errors: { types: [...common, ValidationError] },
    resolve: (_root, { input }, { call }) => createWebhookEndpoint(call, input),
  }),
  updateWebhookEndpoint: t.field({
    type: UpdateWebhookEndpointPayload,
    description: `Changes a webhook endpoint, or switches it off or on. ${takes}`,
    args: {
      input: t.arg({
        type: UpdateWebhookEndpointInput,
        required: true,
        description: 'The changes.',
      }),
    },
    errors: { types: [...common, ConflictError, ValidationError] },
    resolve: (_root, { input }, { call }) => updateWebhookEndpoint(call, input),
  }),
  deleteWebhookEndpoint: t.field({
    type: DeleteWebhookEndpointPayload,
    description: `Deletes a webhook endpoint with its log of deliveries for ever: nothing more is sent. ${takes}`,
    args: {
      input: t.arg({ type: DeleteWebhookEndpointInput, required: true, description: 'Which.' }),
    },
    errors: { types: [...common, ConflictError] },
    resolve: (_root, { input }, { call }) => deleteWebhookEndpoint(call, input),
  }),
  revealWebhookSecret: t.field({
    type: RevealWebhookSecretPayload,
    description: `Shows the secret that signs the messages of a webhook endpoint. The log says who looked. ${takes}`,
    args: {
      input: t.arg({ type: RevealWebhookSecretInput, required: true, description: 'Which.' }),
    },
    errors: { types: [...common] },
    resolve: (_root, { input }, { call }) => revealWebhookSecret(call, input),
  }),
  regenerateWebhookSecret: t.field({
    type: RegenerateWebhookSecretPayload,
    description: `Replaces the secret of a webhook endpoint. An earlier one that still signed too stops at once. ${takes}`,
    args: {
      input: t.arg({ type: RegenerateWebhookSecretInput, required: true, description: 'Which.' }),
    },
    errors: { types: [...common, ConflictError, ValidationError] },
    resolve: (_root, { input }, { call }) => regenerateWebhookSecret(call, input),
  }),
}));
