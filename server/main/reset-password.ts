/** `npm run reset-password -- <email>`: prints a one-time link that sets a new password. */
import { createPasswordReset } from '../domain/accounts/create-password-reset.ts';
import { loadConfig, loadEnvFile } from '../platform/config.ts';
import { closeDb } from '../platform/db.ts';
import { createLogger } from '../platform/log.ts';
import { openProduct } from './open.ts';

async function printLink(email: string): Promise<void> {
  const { tools, database } = await openProduct(
    loadConfig(process.env),
    createLogger({ level: 'silent' }), // what goes wrong is printed as a sentence
  );
  try {
    const reset = await createPasswordReset(tools, { email });
    process.stdout.write(`
  This link sets a new password for ${reset.email}. It works once, until
  ${reset.expiresAt.toISOString()}, and ends every sign-in of the account:

    ${reset.url}

  Without a browser, the same token does it at ${tools.publicUrl}/graphql:

    mutation { resetPassword(input: { token: "${reset.token}", password: "…" }) { __typename } }

`);
  } finally {
    // What is waited for here does not keep the process alive by itself.
    const alive = setTimeout(() => {}, 60_000);
    await closeDb(tools.db);
    await database.stop(); // a database that the running server started stays
    clearTimeout(alive);
  }
}

loadEnvFile();
const [, , email] = process.argv;
try {
  if (!email) throw new Error('Say whose: npm run reset-password -- <email>');
  await printLink(email);
} catch (error) {
  process.stderr.write(`\n  ${(error as Error).message}\n\n`);
  process.exitCode = 1;
}
