import { findEnvironment } from '../../server/domain/environments/find.ts';
import { ConflictError, ForbiddenError, found, NotFoundError } from '../../server/domain/errors.ts';
import { addSampleData, sampleDays } from '../../server/domain/sample-data/add.ts';
import { builder } from '../builder.ts';
import { Environment } from './environment.ts';

const AddSampleDataInput = builder.inputType('AddSampleDataInput', {
  description: 'Where to add sample data.',
  fields: (t) => ({
    environmentId: t.id({
      required: true,
      description: 'An environment of the kind DEVELOPMENT in which no session was ever started.',
    }),
  }),
});

const AddSampleDataPayload = builder
  .objectRef<{ environmentId: string; sessions: number }>('AddSampleDataPayload')
  .implement({
    description: 'An environment with sessions that never were.',
    fields: (t) => ({
      environment: t.prismaField({
        type: Environment,
        description: 'The environment.',
        resolve: (query, { environmentId }, _args, { call }) =>
          found('The environment', findEnvironment(call, environmentId, query)),
      }),
      sessions: t.exposeInt('sessions', { description: 'How many sessions were added.' }),
    }),
  });

builder.mutationField('addSampleData', (t) =>
  t.field({
    type: AddSampleDataPayload,
    description: `Fills an empty development environment with made-up sessions of the last ${sampleDays} days, with their log entries and counts, to see the dashboard at work. Webhooks hear nothing of them. Takes the role Developer.`,
    args: {
      input: t.arg({ type: AddSampleDataInput, required: true, description: 'Where.' }),
    },
    errors: { types: [ConflictError, ForbiddenError, NotFoundError] },
    resolve: (_root, { input }, { call }) => addSampleData(call, input),
  }),
);
