import { findApiKey } from '../../server/domain/api-keys/find.ts';
import {
  ConfirmationNameMismatchError,
  ConflictError,
  ForbiddenError,
  found,
  NotFoundError,
  ValidationError,
} from '../../server/domain/errors.ts';
import { createProject } from '../../server/domain/projects/create.ts';
import { deleteProject } from '../../server/domain/projects/delete.ts';
import { findProject } from '../../server/domain/projects/find.ts';
import { updateProject } from '../../server/domain/projects/update.ts';
import { builder } from '../builder.ts';
import { ApiKey } from './api-key.ts';
import { deletedPayload } from './deleted-payload.ts';
import { Project } from './project.ts';

const CreateProjectInput = builder.inputType('CreateProjectInput', {
  description: 'A new project.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description: 'One line of 1 to 100 characters. End users see it when they confirm.',
    }),
    workspaceId: t.id({
      description: 'Where to create it. May be left out by who is in one workspace only.',
    }),
    webhookUrl: t.string({
      description:
        'Where to send every webhook event of Production: makes an endpoint, whose secret `revealWebhookSecret` tells.',
    }),
  }),
});

const CreateProjectPayload = builder
  .objectRef<Awaited<ReturnType<typeof createProject>>>('CreateProjectPayload')
  .implement({
    description: 'The new project with the keys of its production environment.',
    fields: (t) => ({
      project: t.prismaField({
        type: Project,
        description: 'The project.',
        resolve: (query, { projectId }, _args, { call }) =>
          found('The project', findProject(call, projectId, query)),
      }),
      secretKey: t.prismaField({
        type: ApiKey,
        description: 'The secret key of Production.',
        resolve: (query, { secretKeyId }, _args, { call }) =>
          found('The API key', findApiKey(call, secretKeyId, query)),
      }),
      secret: t.exposeString('secret', {
        description: 'Its value. Shown only now; if it is lost, regenerate it.',
      }),
      publishableKey: t.prismaField({
        type: ApiKey,
        description: 'The publishable key of Production.',
        resolve: (query, { publishableKeyId }, _args, { call }) =>
          found('The API key', findApiKey(call, publishableKeyId, query)),
      }),
    }),
  });

const UpdateProjectInput = builder.inputType('UpdateProjectInput', {
  description: 'Changes to a project. A field that is left out changes nothing.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Which project.' }),
    version: t.int({ required: true, description: 'The version that was read.' }),
    name: t.string({ description: 'One line of 1 to 100 characters.' }),
    active: t.boolean({ description: 'Whether it starts new sessions.' }),
    publicAccess: t.boolean({
      description: 'Whether production starts sessions without a secret key.',
    }),
    requireUserCode: t.boolean({ description: 'Whether who confirms types the code.' }),
    sessionLifetimeSeconds: t.int({
      description: '60 to 3600. For sessions that start from now on.',
    }),
    defaultEnvironmentId: t.id({ description: 'An environment of the project.' }),
    webhookUrl: t.string({
      description:
        'Moves the oldest endpoint of the default environment there and switches it on; where there is none, makes one for all types. Null deletes that endpoint.',
    }),
  }),
});

const UpdateProjectPayload = builder.objectRef<{ id: string }>('UpdateProjectPayload').implement({
  description: 'The project after the change.',
  fields: (t) => ({
    project: t.prismaField({
      type: Project,
      description: 'The project.',
      resolve: (query, { id }, _args, { call }) =>
        found('The project', findProject(call, id, query)),
    }),
  }),
});

const DeleteProjectInput = builder.inputType('DeleteProjectInput', {
  description: 'A project to delete, for ever.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Which project.' }),
    confirmName: t.string({ required: true, description: 'Its name, typed to confirm.' }),
    version: t.int({ description: 'The version that was read; left out: any.' }),
  }),
});

const DeleteProjectPayload = deletedPayload('DeleteProjectPayload', 'What is gone.');

builder.mutationFields((t) => ({
  createProject: t.field({
    type: CreateProjectPayload,
    description:
      'Creates a project with two environments: Production, with a secret and a publishable key, and Development, with a publishable key. Takes the role Admin.',
    args: {
      input: t.arg({ type: CreateProjectInput, required: true, description: 'The project.' }),
    },
    errors: { types: [ForbiddenError, NotFoundError, ValidationError] },
    resolve: (_root, { input }, { call }) => createProject(call, input),
  }),
  updateProject: t.field({
    type: UpdateProjectPayload,
    description: 'Changes the settings of a project. Takes the role Admin.',
    args: {
      input: t.arg({ type: UpdateProjectInput, required: true, description: 'The changes.' }),
    },
    errors: { types: [ConflictError, ForbiddenError, NotFoundError, ValidationError] },
    resolve: (_root, { input }, { call }) => updateProject(call, input),
  }),
  deleteProject: t.field({
    type: DeleteProjectPayload,
    description:
      'Deletes a project with its environments, keys, sessions and logs at once and for ever: no read, key or connection works after. Takes the role Admin.',
    args: { input: t.arg({ type: DeleteProjectInput, required: true, description: 'Which.' }) },
    errors: {
      types: [ConfirmationNameMismatchError, ConflictError, ForbiddenError, NotFoundError],
    },
    resolve: (_root, { input }, { call }) => deleteProject(call, input),
  }),
}));
