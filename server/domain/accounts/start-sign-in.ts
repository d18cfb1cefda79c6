/**
 * A sign-in is a browser that a user signed in with. Its cookie holds a token; the row holds the
 * token's digest. It ends 30 days after it was last used and a year after it began, at the latest;
 * at once when the user signs out, or the password is changed elsewhere or reset.
 *
 * An ended sign-in is a row whose `expires_at` has passed. It stays for 90 days, because limits are
 * kinder to networks that the account was signed in from before (attempt-limits.ts).
 */
import type { Tx } from '../../platform/db.ts';
import type { SignedInUser } from '../actor.ts';
import type { Call } from '../call.ts';
import { InvalidCredentialsError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { LogType } from '../logs/types.ts';
import { endSignIns } from './end-sign-ins.ts';
import { recordInWorkspaces } from './record-in-workspaces.ts';
import { newToken } from './tokens.ts';

/** Unused for so long, a sign-in ends. */
export const idleDays = 30;
/** However much it is used. The cookie lasts as long, so that it never ends before the row does. */
export const longestDays = 365;

export interface VerifiedUser {
  id: string;
  name: string;
  email: string;
  /** The hash that the password was verified against, or that was just stored. */
  passwordHash: string;
}

/**
 * Signs the browser of this request in with a new cookie value, ends the sign-in that the request
 * came with, and logs it in the user's workspaces. It comes last in its transaction: a cookie that
 * is set has no rollback. Once that has committed, the request's actor is the one returned.
 *
 * @throws {InvalidCredentialsError} the password changed since it was verified
 * @throws {ForbiddenError} this request may not set the cookie
 */
export async function startSignIn(
  tx: Tx,
  call: Call,
  user: VerifiedUser,
  entry: { type: LogType; message: string },
): Promise<SignedInUser> {
  const { client, masterKeys, requestId } = call;
  const id = newId('signIn');
  const token = newToken();
  const digest = masterKeys.digest('sign-in', token);
  // The share lock and the condition on the hash order us with a password change or reset, which
  // first changes the hash and then ends the sign-ins it sees: it sees ours, or we see its hash.
  const [row] = await tx.$queryRaw<{ cookieExpiresAt: Date }[]>`
    INSERT INTO sign_ins (id, user_id, digest, master_key_id, ip, user_agent, expires_at)
    SELECT ${id}, u.id, ${digest}, ${masterKeys.primaryId}, ${client.ip}, ${client.userAgent},
      now() + make_interval(days => ${idleDays}::int)
    FROM users u WHERE u.id = ${user.id} AND u.password_hash = ${user.passwordHash} FOR SHARE
    RETURNING created_at + make_interval(days => ${longestDays}::int) AS "cookieExpiresAt"`;
  if (!row) throw new InvalidCredentialsError('The password was changed a moment ago.');
  // After the user's row, in the order in which a password change locks them.
  if (call.actor.kind === 'user' && call.actor.signInId !== null) {
    await endSignIns(tx, call.actor.id, { only: call.actor.signInId });
  }

  const memberships = await tx.membership.findMany({ where: { userId: user.id } });
  const actor: SignedInUser = {
    kind: 'user',
    id: user.id,
    name: user.name,
    email: user.email,
    signInId: id,
    accessToken: null,
    narrowedTo: null,
    memberships: new Map(memberships.map(({ workspaceId, role }) => [workspaceId, role])),
  };
  await recordInWorkspaces(tx, { actor, client, requestId }, actor.memberships.keys(), entry);
  call.signInCookie.set(token, row.cookieExpiresAt);
  return actor;
}
