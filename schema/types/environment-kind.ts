import { builder } from '../builder.ts';

/** Apart from the environment's fields, because a session to confirm shows it too. */
export const EnvironmentKind = builder.enumType('EnvironmentKind', {
  description: 'What an environment is for. Fixed at creation.',
  values: {
    PRODUCTION: { description: 'The real thing: keys are `…_live_…`, proofs name the project.' },
    STAGING: { description: 'A rehearsal: keys are `…_test_…`, proofs name the environment.' },
    DEVELOPMENT: { description: 'Like staging; test confirmations are on by default.' },
    CUSTOM: { description: 'Like staging, for anything else.' },
  } as const,
});
