import { fileURLToPath } from 'node:url';
import { defineConfig } from 'prisma/config';
import { loadEnvFile } from './server/platform/config.ts';
import { startEmbeddedPostgres } from './server/platform/embedded-postgres.ts';

loadEnvFile();
const { env } = process;
env.PRISMA_SCHEMA_ENGINE_BINARY ??= fileURLToPath(
  new URL('./prisma/schema-engine.mjs', import.meta.url),
);
// No question to the network whether there is a newer version.
env.CHECKPOINT_DISABLE ??= '1';

/**
 * The database of `prisma migrate …` and `prisma db …`: DATABASE_URL, else the embedded one. That
 * is the running server's, if one runs on DATA_DIR; otherwise it starts here and ends with
 * the command. Other commands (`generate`, `validate`) need none.
 */
async function findDatabase(): Promise<string> {
  if (env.DATABASE_URL) return env.DATABASE_URL;
  const needed = process.argv.some((word) => word === 'migrate' || word === 'db');
  const asksForHelp = process.argv.some((word) => word === '--help' || word === '-h');
  if (!needed || asksForHelp) return 'postgresql://unused.invalid/latchkey';
  return (await startEmbeddedPostgres(env.DATA_DIR || '.latchkey')).url;
}

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: await findDatabase() },
});
