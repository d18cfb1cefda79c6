import type { CodegenConfig } from '@graphql-codegen/cli';

/**
 * Makes client/gql and client/demo/gql: the types of the client's documents, from the contract alone.
 * The client learns of the server in no other way. The demonstration is a program of its own, whose
 * operations may be named like the dashboard's.
 */
const config: CodegenConfig = {
  schema: 'schema/schema.graphql',
  generates: {
    'client/gql/': {
      ...typedDocuments(),
      documents: ['client/**/*.{ts,tsx}', '!client/demo/**', '!client/gql/**'],
    },
    'client/demo/gql/': {
      ...typedDocuments(),
      documents: ['client/demo/*.ts'],
    },
  },
};

function typedDocuments() {
  return {
    preset: 'client',
    // By default it is called useFragment, which is no hook, but is taken for one by linters.
    presetConfig: { fragmentMasking: { unmaskFunctionName: 'readFragment' } },
    config: {
      importExtension: '.ts',
      useTypeImports: true,
      // A newer server may answer values that are not known yet: a switch needs a default.
      futureProofEnums: true,
      strictScalars: true,
      scalars: {
        ID: 'string',
        DateTime: 'string',
        Date: 'string',
        JSON: 'unknown',
        SafeInt: 'number',
      },
    },
  } satisfies CodegenConfig['generates'][string];
}

export default config;
