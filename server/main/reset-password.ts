/** `npm run reset-password -- <email>`: prints a one-time link that sets a new password. */
import { createPasswordReset } from '../domain/accounts/create-password-reset.ts';
import type { Tools } from '../domain/call.ts';
import { fail, withProduct } from './with-product.ts';

async function printLink(tools: Tools, email: string): Promise<void> {
  const reset = await createPasswordReset(tools, { email });
  process.stdout.write(`
  This link sets a new password for ${reset.email}. It works once, until
  ${reset.expiresAt.toISOString()}, and ends every sign-in of the account:

    ${reset.url}

  Without a browser, the same token does it at ${tools.publicUrl}/graphql:

    mutation { resetPassword(input: { token: "${reset.token}", password: "…" }) { __typename } }

`);
}

const [, , email] = process.argv;
if (email) await withProduct((tools) => printLink(tools, email));
else fail('Say whose: npm run reset-password -- <email>');
