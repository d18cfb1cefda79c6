import {
  ConfirmationNameMismatchError,
  ConflictError,
  ForbiddenError,
  found,
  NotFoundError,
  ValidationError,
} from '../../server/domain/errors.ts';
import { createWorkspace } from '../../server/domain/workspaces/create.ts';
import { deleteWorkspace } from '../../server/domain/workspaces/delete.ts';
import { findWorkspace } from '../../server/domain/workspaces/find.ts';
import { updateWorkspace } from '../../server/domain/workspaces/update.ts';
import { builder } from '../builder.ts';
import { deletedPayload } from './deleted-payload.ts';
import { Workspace } from './workspace.ts';

const CreateWorkspaceInput = builder.inputType('CreateWorkspaceInput', {
  description: 'A new workspace.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'One line of 1 to 100 characters.' }),
  }),
});

const workspacePayload = (name: string, description: string) =>
  builder.objectRef<{ id: string }>(name).implement({
    description,
    fields: (t) => ({
      workspace: t.prismaField({
        type: Workspace,
        description: 'The workspace.',
        resolve: (query, { id }, _args, { call }) =>
          found('The workspace', findWorkspace(call, id, query)),
      }),
    }),
  });

const CreateWorkspacePayload = workspacePayload(
  'CreateWorkspacePayload',
  'The new workspace, which you own.',
);
const UpdateWorkspacePayload = workspacePayload(
  'UpdateWorkspacePayload',
  'The workspace after the change.',
);

const UpdateWorkspaceInput = builder.inputType('UpdateWorkspaceInput', {
  description: 'Changes to a workspace. A field that is left out changes nothing.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Which workspace.' }),
    version: t.int({ required: true, description: 'The version that was read.' }),
    name: t.string({ description: 'One line of 1 to 100 characters.' }),
    logRetentionDays: t.int({ description: 'How many days log entries are kept: 1 to 3650.' }),
    sessionRetentionDays: t.int({
      description: 'How many days sessions are kept: 1 to 3650. Counts are kept for ever.',
    }),
  }),
});

const DeleteWorkspaceInput = builder.inputType('DeleteWorkspaceInput', {
  description: 'A workspace to delete for ever.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Which workspace.' }),
    confirmName: t.string({ required: true, description: 'Its name, typed.' }),
  }),
});

const DeleteWorkspacePayload = deletedPayload(
  'DeleteWorkspacePayload',
  'The workspace is gone, with everything in it.',
);

builder.mutationFields((t) => ({
  createWorkspace: t.field({
    type: CreateWorkspacePayload,
    description: 'Creates a workspace, which you own. Takes a signed-in user.',
    args: {
      input: t.arg({ type: CreateWorkspaceInput, required: true, description: 'The workspace.' }),
    },
    errors: { types: [ForbiddenError, ValidationError] },
    resolve: (_root, { input }, { call }) => createWorkspace(call, input),
  }),
  updateWorkspace: t.field({
    type: UpdateWorkspacePayload,
    description: 'Changes the settings of a workspace. Takes the role Owner.',
    args: {
      input: t.arg({ type: UpdateWorkspaceInput, required: true, description: 'The changes.' }),
    },
    errors: { types: [ConflictError, ForbiddenError, NotFoundError, ValidationError] },
    resolve: (_root, { input }, { call }) => updateWorkspace(call, input),
  }),
  deleteWorkspace: t.field({
    type: DeleteWorkspacePayload,
    description:
      'Deletes a workspace with its projects, keys, sessions, logs, members and invitations, and the access tokens for it alone. It all stops working at once. Takes a signed-in user with the role Owner.',
    args: {
      input: t.arg({
        type: DeleteWorkspaceInput,
        required: true,
        description: 'Which, and its name.',
      }),
    },
    errors: { types: [ConfirmationNameMismatchError, ForbiddenError, NotFoundError] },
    resolve: (_root, { input }, { call }) => deleteWorkspace(call, input),
  }),
}));
