import type { CodegenConfig } from '@graphql-codegen/cli';

/**
 * Makes client/gql: the types of the client's documents, from the contract alone. The client learns
 * of the server in no other way.
 */
const config: CodegenConfig = {
  schema: 'schema/schema.graphql',
  documents: ['client/**/*.{ts,tsx}', '!client/gql/**'],
  generates: {
    'client/gql/': {
      preset: 'client',
      // By default it is called useFragment, which is no hook, but is taken for one by linters.
      presetConfig: { fragmentMasking: { unmaskFunctionName: 'readFragment' } },
      config: {
        importExtension: '.ts',
        useTypeImports: true,
        // A newer server may answer values that are not known yet: a switch needs a default.
        futureProofEnums: true,
        strictScalars: true,
        scalars: { ID: 'string', DateTime: 'string', JSON: 'unknown', SafeInt: 'number' },
      },
    },
  },
};

export default config;
