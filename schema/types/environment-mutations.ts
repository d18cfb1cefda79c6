import { createEnvironment } from '../../server/domain/environments/create.ts';
import { deleteEnvironment } from '../../server/domain/environments/delete.ts';
import { findEnvironment } from '../../server/domain/environments/find.ts';
import { updateEnvironment } from '../../server/domain/environments/update.ts';
import {
  ConfirmationNameMismatchError,
  ConflictError,
  EnvironmentIsDefaultError,
  ForbiddenError,
  found,
  NotFoundError,
  ValidationError,
} from '../../server/domain/errors.ts';
import { builder } from '../builder.ts';
import { deletedPayload } from './deleted-payload.ts';
import { Environment } from './environment.ts';
import { EnvironmentKind } from './environment-kind.ts';

const UpdateEnvironmentInput = builder.inputType('UpdateEnvironmentInput', {
  description: 'Changes to an environment. A field that is left out changes nothing.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Which environment.' }),
    version: t.int({ required: true, description: 'The version that was read.' }),
    name: t.string({ description: 'One line of 1 to 50 characters.' }),
    allowedOrigins: t.stringList({
      description:
        'The whole new list, at most 50: origins like `https://app.example.com`, app schemes like `myapp://`.',
    }),
    testConfirmations: t.boolean({
      description:
        'Whether sessions may be confirmed by their link alone. Impossible in production.',
    }),
  }),
});

const environmentPayload = (name: string, description: string) =>
  builder.objectRef<{ id: string }>(name).implement({
    description,
    fields: (t) => ({
      environment: t.prismaField({
        type: Environment,
        description: 'The environment.',
        resolve: (query, { id }, _args, { call }) =>
          found('The environment', findEnvironment(call, id, query)),
      }),
    }),
  });

const CreateEnvironmentPayload = environmentPayload(
  'CreateEnvironmentPayload',
  'The new environment. It has no keys yet.',
);
const UpdateEnvironmentPayload = environmentPayload(
  'UpdateEnvironmentPayload',
  'The environment after the change.',
);

const CreateEnvironmentInput = builder.inputType('CreateEnvironmentInput', {
  description: 'A new environment.',
  fields: (t) => ({
    projectId: t.id({ required: true, description: 'Of which project; it has at most 20.' }),
    name: t.string({ required: true, description: 'One line of 1 to 50 characters.' }),
    kind: t.field({
      type: EnvironmentKind,
      required: true,
      description: 'What it is for. It cannot be changed.',
    }),
  }),
});

const DeleteEnvironmentInput = builder.inputType('DeleteEnvironmentInput', {
  description: 'An environment to delete, for ever.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Which environment.' }),
    confirmName: t.string({ required: true, description: 'Its name, typed to confirm.' }),
    version: t.int({ description: 'The version that was read; left out: any.' }),
  }),
});

const DeleteEnvironmentPayload = deletedPayload('DeleteEnvironmentPayload', 'What is gone.');

builder.mutationFields((t) => ({
  createEnvironment: t.field({
    type: CreateEnvironmentPayload,
    description:
      'Adds an environment to a project. Takes the role Admin for production, Developer for others.',
    args: {
      input: t.arg({
        type: CreateEnvironmentInput,
        required: true,
        description: 'The environment.',
      }),
    },
    errors: { types: [ForbiddenError, NotFoundError, ValidationError] },
    resolve: (_root, { input }, { call }) => createEnvironment(call, input),
  }),
  updateEnvironment: t.field({
    type: UpdateEnvironmentPayload,
    description:
      'Changes the settings of an environment. Takes the role Admin in production, Developer elsewhere.',
    args: {
      input: t.arg({ type: UpdateEnvironmentInput, required: true, description: 'The changes.' }),
    },
    errors: { types: [ConflictError, ForbiddenError, NotFoundError, ValidationError] },
    resolve: (_root, { input }, { call }) => updateEnvironment(call, input),
  }),
  deleteEnvironment: t.field({
    type: DeleteEnvironmentPayload,
    description:
      'Deletes an environment with its keys, sessions and logs at once and for ever. Takes the role Admin in production, Developer elsewhere.',
    args: {
      input: t.arg({ type: DeleteEnvironmentInput, required: true, description: 'Which.' }),
    },
    errors: {
      types: [
        ConfirmationNameMismatchError,
        ConflictError,
        EnvironmentIsDefaultError,
        ForbiddenError,
        NotFoundError,
      ],
    },
    resolve: (_root, { input }, { call }) => deleteEnvironment(call, input),
  }),
}));
