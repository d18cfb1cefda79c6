import { lexicographicSortSchema, printSchema } from 'graphql';
import { builder } from './builder.ts';
import './scalars.ts';
import './errors.ts';
import { noteExpectedErrors } from './expected-errors.ts';
import './types/node.ts';
import './types/server.ts';
import './types/account.ts';
import './types/access-token.ts';
import './types/access-token-mutations.ts';
import './types/workspace.ts';
import './types/workspace-mutations.ts';
import './types/member-mutations.ts';
import './types/project.ts';
import './types/project-mutations.ts';
import './types/environment.ts';
import './types/environment-mutations.ts';
import './types/sample-data-mutations.ts';
import './types/api-key.ts';
import './types/api-key-mutations.ts';
import './types/webhook-delivery.ts';
import './types/webhook-endpoint.ts';
import './types/webhook-mutations.ts';
import './types/webhook-delivery-mutations.ts';
import './types/session-counts.ts';
import './types/log-entry.ts';
import './types/auth-session.ts';
import './types/auth-session-mutations.ts';
import './types/live.ts';
import './types/subject-mutations.ts';

/** The whole API. */
export const schema = builder.toSchema();
noteExpectedErrors(schema);

/** The contract as text: what `schema/schema.graphql` holds and `/schema.graphql` serves. */
export const printedSchema = `${printSchema(lexicographicSortSchema(schema))}\n`;
