/** What fuzz begins with: documents that mean something, each with variables that fit, of things that exist. */
import { readFileSync } from 'node:fs';
import {
  type DocumentNode,
  type GraphQLInputType,
  getIntrospectionQuery,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  parse,
  print,
  typeFromAST,
} from 'graphql';
import * as dashboard from '../../client/gql/graphql.ts';
import { schema } from '../../schema/index.ts';
import { mutationDocuments } from './mutation-documents.ts';
import { operations as sessionOperations } from './session-api.ts';

export interface Seed {
  query: string;
  variables: Record<string, unknown>;
}

/** Ids and secrets that exist, by the first letters of what they are. */
export type Known = readonly string[];

/** Those that succeed as they are, and would take the credentials with which the others get in. */
const ending = /signOut|deleteAccount/;

const own = [
  'subscription { liveSessionCounts { pending today { started } lifetime { started } } }',
  'subscription { logAppended { id at type message data actor { kind label } } }',
  'subscription ($secret: String!) { sessionChanged(clientSecret: $secret) { status } }',
  'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Project { name logs(first: 3) { edges { cursor node { message } } } } } }',
];

export function fuzzSeeds(known: Known): Seed[] {
  const readme = [...readFileSync('README.md', 'utf8').matchAll(/```graphql\n(.*?)```/gs)];
  const documents = [
    ...Object.values(dashboard)
      .filter((each): each is never => (each as DocumentNode).kind === 'Document')
      .map((each) => print(each)),
    ...mutationDocuments(schema).map(({ document }) => document),
    ...readme.map(([, text]) => text!),
    ...Object.values(sessionOperations),
    ...own,
    getIntrospectionQuery(),
  ];
  return documents
    .filter((query) => !ending.test(query))
    .map((query) => ({ query, variables: variablesOf(query, known) }));
}

function variablesOf(query: string, known: Known): Seed['variables'] {
  const variables: Seed['variables'] = {};
  for (const definition of parse(query).definitions) {
    if (definition.kind !== 'OperationDefinition') continue;
    for (const { variable, type } of definition.variableDefinitions ?? []) {
      const name = variable.name.value;
      const of = typeFromAST(schema, type as never) as GraphQLInputType | undefined;
      if (of) variables[name] = exampleOf(of, name, known);
    }
  }
  return variables;
}

const scalars: Record<string, unknown> = {
  Boolean: true,
  DateTime: '2026-11-20T00:00:00Z',
  Float: 1.5,
  Int: 3,
  JSON: { any: ['thing', 1] },
};

function exampleOf(type: GraphQLInputType, name: string, known: Known): unknown {
  if (isNonNullType(type)) return exampleOf(type.ofType, name, known);
  if (isListType(type)) return [exampleOf(type.ofType, name, known)];
  if (isEnumType(type)) return type.getValues()[0]!.name;
  if (isInputObjectType(type)) {
    return Object.fromEntries(
      Object.values(type.getFields()).map((field) => [
        field.name,
        exampleOf(field.type, field.name, known),
      ]),
    );
  }
  if (type.name in scalars) return scalars[type.name];
  return known.find((each) => each.startsWith(prefixOf(name))) ?? 'anything';
}

/** What a variable of this name takes: `projectId` one that begins with prj_. */
function prefixOf(name: string): string {
  const found = Object.entries(prefixes).find(([part]) => name.toLowerCase().includes(part));
  return found?.[1] ?? 'prj_';
}

const prefixes = {
  project: 'prj_',
  environment: 'env_',
  workspace: 'wsp_',
  session: 'ses_',
  secret: 'cs_',
  key: 'key_',
};
