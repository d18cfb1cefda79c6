import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const shared = {
  // Processes and not threads: the embedded database ends with the thread that started it.
  pool: 'forks' as const,
  setupFiles: ['test/support/fail-on-console-error.ts'],
  // As Node resolves it. Vite prefers its "module" field, and GraphQL refuses to be loaded twice:
  // https://github.com/vitest-dev/vitest/issues/4605
  alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
  testTimeout: 20_000,
  // A condition is waited for as long as a slow machine may take to meet it.
  expect: { poll: { timeout: 10_000 } },
  // Real processes and sockets share few cores there: what fails twice has failed.
  retry: process.env.CI ? 1 : 0,
  hookTimeout: 20_000,
};

/** Everything, on the embedded PostgreSQL. */
const embedded = {
  test: {
    ...shared,
    name: 'embedded',
    include: ['test/**/*.test.ts'],
    provide: { databaseServer: 'embedded' as const },
  },
};

/** What depends on the database, on the one that TEST_DATABASE_URL names. */
const ownPostgres = {
  test: {
    ...shared,
    name: 'own-postgres',
    include: ['test/{domain,api,jobs}/**/*.test.ts', 'test/platform/{migrate,schema}*.test.ts'],
    provide: { databaseServer: 'own-postgres' as const },
  },
};

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    globalSetup: 'test/support/global-setup.ts',
    // A test file waits for the database about half of its time.
    maxWorkers: Math.max(2, availableParallelism()),
    projects: process.env.TEST_DATABASE_URL ? [embedded, ownPostgres] : [embedded],
  },
});
