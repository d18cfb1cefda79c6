import type { Db } from '../../platform/db.ts';

/**
 * Deletes what no account needs any more: sign-ins that ended 90 days ago, until when they tell
 * familiar networks from strange ones; access tokens that expired 90 days ago, until when a refusal
 * says so; and links that can no longer reset a password or be accepted.
 */
export async function purgeAccounts(db: Db): Promise<void> {
  await db.$executeRaw`DELETE FROM sign_ins WHERE expires_at < now() - interval '90 days'`;
  await db.$executeRaw`DELETE FROM access_tokens WHERE expires_at < now() - interval '90 days'`;
  await db.$executeRaw`DELETE FROM password_resets WHERE expires_at < now()`;
  await db.$executeRaw`DELETE FROM invitations WHERE expires_at < now()`;
}
