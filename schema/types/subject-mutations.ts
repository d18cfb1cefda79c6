import { ForbiddenError, NotFoundError, ValidationError } from '../../server/domain/errors.ts';
import { type Erased, eraseSubject } from '../../server/domain/subjects/erase.ts';
import { builder } from '../builder.ts';

const EraseSubjectInput = builder.inputType('EraseSubjectInput', {
  description: 'Whose data to erase, and where: exactly one of projectId and environmentId.',
  fields: (t) => ({
    projectId: t.id({ description: 'In all environments of this project.' }),
    environmentId: t.id({ description: 'In this environment only.' }),
    provider: t.string({
      required: true,
      description:
        'Who vouched for them: `server`, `telegram`, `test`, or what a backend calls itself.',
    }),
    subjectId: t.string({ required: true, description: 'Their id there, exactly.' }),
  }),
});

const EraseSubjectPayload = builder.objectRef<Erased>('EraseSubjectPayload').implement({
  description: 'What was erased. Nothing, if nothing was kept of them.',
  fields: (t) => ({
    sessions: t.expose('sessions', { type: 'SafeInt', description: 'In how many sessions.' }),
    logEntries: t.expose('logEntries', {
      type: 'SafeInt',
      description: 'In how many log entries.',
    }),
  }),
});

builder.mutationField('eraseSubject', (t) =>
  t.field({
    type: EraseSubjectPayload,
    description:
      'Erases the data of one end user, for ever: name and contacts, metadata, addresses and user agents, in their sessions, in the log and in webhook events. Sessions and entries stay as those of a pseudonym drawn at random, so that all counts stay true, unique users too; should they sign in again, they count as somebody new. A confirmed session of theirs can no longer be exchanged. Logged without saying who. Takes the role Admin.',
    args: {
      input: t.arg({ type: EraseSubjectInput, required: true, description: 'Whose, and where.' }),
    },
    errors: { types: [ForbiddenError, NotFoundError, ValidationError] },
    resolve: (_root, { input }, { call }) => eraseSubject(call, input),
  }),
);
