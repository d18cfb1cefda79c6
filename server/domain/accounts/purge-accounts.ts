import type { Db } from '../../platform/db.ts';

/**
 * Deletes what no account needs any more: sign-ins that ended 90 days ago, until when they tell
 * familiar networks from strange ones, and links that can no longer reset a password.
 */
export async function purgeAccounts(db: Db): Promise<void> {
  await db.$executeRaw`DELETE FROM sign_ins WHERE expires_at < now() - interval '90 days'`;
  await db.$executeRaw`DELETE FROM password_resets WHERE expires_at < now()`;
}
