import { createApiKey } from '../../server/domain/api-keys/create.ts';
import { deleteApiKey } from '../../server/domain/api-keys/delete.ts';
import { findApiKey } from '../../server/domain/api-keys/find.ts';
import { finishApiKeyRotation } from '../../server/domain/api-keys/finish-rotation.ts';
import { regenerateApiKey } from '../../server/domain/api-keys/regenerate.ts';
import { updateApiKey } from '../../server/domain/api-keys/update.ts';
import {
  ConfirmationNameMismatchError,
  ConflictError,
  ForbiddenError,
  found,
  NotFoundError,
  ValidationError,
} from '../../server/domain/errors.ts';
import { builder } from '../builder.ts';
import { ApiKey, ApiKeyType } from './api-key.ts';
import { deletedPayload } from './deleted-payload.ts';

const takes = 'Takes the role Admin in production, Developer elsewhere.';

/** What a payload reads its key by. */
interface KeyPayload {
  id: string;
}
interface KeyAndSecret extends KeyPayload {
  secret: string | null;
}

const CreateApiKeyInput = builder.inputType('CreateApiKeyInput', {
  description: 'A new API key.',
  fields: (t) => ({
    environmentId: t.id({ required: true, description: 'The environment that it opens.' }),
    name: t.string({
      required: true,
      description: 'One line of 1 to 100 characters. Need not be unique.',
    }),
    type: t.field({ type: ApiKeyType, required: true, description: 'Who may hold it.' }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'When it stops working by itself, in the future; left out or null: never.',
    }),
  }),
});

const UpdateApiKeyInput = builder.inputType('UpdateApiKeyInput', {
  description: 'Changes to an API key. A field that is left out changes nothing.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Which key.' }),
    version: t.int({ required: true, description: 'The version that was read.' }),
    name: t.string({ description: 'One line of 1 to 100 characters. Need not be unique.' }),
    active: t.boolean({
      description:
        'False refuses new requests at once and leaves running subscriptions alone; true undoes it.',
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description:
        'When it stops working by itself, in the future; null: never. An earlier secret that still works stops then too.',
    }),
  }),
});

const RegenerateApiKeyInput = builder.inputType('RegenerateApiKeyInput', {
  description: 'Which key gets a new secret, and for how long its old one still works.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Which key.' }),
    overlapSeconds: t.int({
      description:
        'How long the old secret still works: 0 to 2592000 (30 days), but never beyond the expiry of the key. Left out or 0: it dies at once.',
    }),
    version: t.int({
      description: 'The version that was read; left out: whichever it is now.',
    }),
  }),
});

const FinishApiKeyRotationInput = builder.inputType('FinishApiKeyRotationInput', {
  description: 'Which key keeps its current secret alone.',
  fields: (t) => ({ id: t.id({ required: true, description: 'Which key.' }) }),
});

const DeleteApiKeyInput = builder.inputType('DeleteApiKeyInput', {
  description: 'Which key is deleted for ever.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Which key.' }),
    confirmName: t.string({
      required: true,
      description: 'The name of the key, as the person who deletes it typed it.',
    }),
    version: t.int({
      description: 'The version that was read; left out: whichever it is now.',
    }),
  }),
});

/** A payload with the key as it is now. */
function keyPayload<Shape extends KeyPayload>(name: string, description: string) {
  const ref = builder.objectRef<Shape>(name).implement({ description });
  builder.objectField(ref, 'apiKey', (t) =>
    t.prismaField({
      type: ApiKey,
      description: 'The key.',
      resolve: (query, { id }, _args, { call }) =>
        found('The API key', findApiKey(call, id, query)),
    }),
  );
  return ref;
}

const CreateApiKeyPayload = keyPayload<KeyAndSecret>('CreateApiKeyPayload', 'The new key.');
builder.objectField(CreateApiKeyPayload, 'secret', (t) =>
  t.exposeString('secret', {
    nullable: true,
    description:
      'The value of the secret key. It is shown this once and can never be read again. Null for a publishable key, whose value is `apiKey.publishableValue`.',
  }),
);

const UpdateApiKeyPayload = keyPayload('UpdateApiKeyPayload', 'The key after the change.');

const RegenerateApiKeyPayload = keyPayload<KeyAndSecret>(
  'RegenerateApiKeyPayload',
  'The key with its new secret.',
);
builder.objectField(RegenerateApiKeyPayload, 'secret', (t) =>
  t.exposeString('secret', {
    nullable: true,
    description:
      'The new value of the secret key. It is shown this once and can never be read again. Null for a publishable key, whose new value is `apiKey.publishableValue`.',
  }),
);

const FinishApiKeyRotationPayload = keyPayload(
  'FinishApiKeyRotationPayload',
  'The key, of which only the current secret works.',
);

const DeleteApiKeyPayload = deletedPayload('DeleteApiKeyPayload', 'What was deleted.');

/** What every one of them may answer. */
const common = [ForbiddenError, NotFoundError] as const;

builder.mutationFields((t) => ({
  createApiKey: t.field({
    type: CreateApiKeyPayload,
    description: `Creates a key in an environment. ${takes}`,
    args: { input: t.arg({ type: CreateApiKeyInput, required: true, description: 'The key.' }) },
    errors: { types: [...common, ValidationError] },
    resolve: (_root, { input }, { call }) => createApiKey(call, input),
  }),
  updateApiKey: t.field({
    type: UpdateApiKeyPayload,
    description: `Renames a key, switches it off or on, changes its expiry. ${takes}`,
    args: {
      input: t.arg({ type: UpdateApiKeyInput, required: true, description: 'The changes.' }),
    },
    errors: { types: [...common, ConflictError, ValidationError] },
    resolve: (_root, { input }, { call }) => updateApiKey(call, input),
  }),
  regenerateApiKey: t.field({
    type: RegenerateApiKeyPayload,
    description: `Replaces the secret of a key. An earlier secret that still worked from the time before dies at once. ${takes}`,
    args: {
      input: t.arg({ type: RegenerateApiKeyInput, required: true, description: 'Which key.' }),
    },
    errors: { types: [...common, ConflictError, ValidationError] },
    resolve: (_root, { input }, { call }) => regenerateApiKey(call, input),
  }),
  finishApiKeyRotation: t.field({
    type: FinishApiKeyRotationPayload,
    description: `Ends the earlier secret of a key now, before its deadline. Changes nothing where there is none. ${takes}`,
    args: {
      input: t.arg({ type: FinishApiKeyRotationInput, required: true, description: 'Which key.' }),
    },
    errors: { types: [...common] },
    resolve: (_root, { input }, { call }) => finishApiKeyRotation(call, input),
  }),
  deleteApiKey: t.field({
    type: DeleteApiKeyPayload,
    description: `Deletes a key for ever: it is refused at once. Sessions that it started go on. ${takes}`,
    args: {
      input: t.arg({ type: DeleteApiKeyInput, required: true, description: 'Which key.' }),
    },
    errors: { types: [...common, ConfirmationNameMismatchError, ConflictError] },
    resolve: (_root, { input }, { call }) => deleteApiKey(call, input),
  }),
}));
