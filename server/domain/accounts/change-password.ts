import { z } from 'zod';
import { requireSignedIn } from '../access.ts';
import type { SignedInUser } from '../actor.ts';
import { announce } from '../announce.ts';
import type { Call } from '../call.ts';
import { InvalidCredentialsError, UnauthenticatedError } from '../errors.ts';
import { invalid, validate } from '../validation.ts';
import { countPasswordAttempt } from './attempt-limits.ts';
import { endSignIns } from './end-sign-ins.ts';
import { givenPassword, isEmail, newPassword, passwordIsEmail } from './password-rules.ts';
import { recordInWorkspaces } from './record-in-workspaces.ts';
import { longestDays } from './start-sign-in.ts';
import { newToken } from './tokens.ts';

export interface PasswordChange {
  currentPassword: string;
  newPassword: string;
}

const rules = z.object({ currentPassword: givenPassword, newPassword });

/**
 * Sets a new password. Ends the user's other sign-ins and every link that would reset the password;
 * this browser stays signed in, with a new cookie value.
 *
 * @throws {UnauthenticatedError} nobody is signed in, or the sign-in ended meanwhile
 * @throws {ValidationError} the new password breaks a rule
 * @throws {RateLimitedError} too many wrong passwords lately
 * @throws {InvalidCredentialsError} the current password is wrong
 * @throws {ForbiddenError} this request may not set the cookie, or an access token asks
 */
export async function changePassword(call: Call, input: PasswordChange): Promise<SignedInUser> {
  const actor = requireSignedIn(call);
  const passwords = validate(rules, input);
  if (isEmail(passwords.newPassword, actor.email)) invalid('newPassword', passwordIsEmail);

  // Whoever holds a sign-in of the account is no stranger to it, wherever the request comes from.
  const takeBack = await countPasswordAttempt(call, { email: actor.email, isFamiliar: true });
  const { passwordHash } = await call.db.user.findUniqueOrThrow({
    where: { id: actor.id },
    select: { passwordHash: true },
  });
  const wrong = 'The current password is not right.';
  if (!(await call.passwords.verify(passwordHash, passwords.currentPassword))) {
    throw new InvalidCredentialsError(wrong);
  }
  await takeBack();
  const newHash = await call.passwords.hash(passwords.newPassword);
  await call.db.$transaction(async (tx) => {
    const { count } = await tx.user.updateMany({
      where: { id: actor.id, passwordHash }, // of two changes at once, one finds its password old
      data: { passwordHash: newHash },
    });
    if (count === 0) throw new InvalidCredentialsError(wrong);
    await tx.passwordReset.deleteMany({ where: { userId: actor.id } });
    await endSignIns(tx, actor.id, { except: actor.signInId });
    const token = newToken();
    const [row] = await tx.$queryRaw<{ cookieExpiresAt: Date }[]>`
      UPDATE sign_ins SET digest = ${call.masterKeys.digest('sign-in', token)},
        master_key_id = ${call.masterKeys.primaryId}
      WHERE id = ${actor.signInId} AND expires_at > now()
      RETURNING created_at + make_interval(days => ${longestDays}::int) AS "cookieExpiresAt"`;
    if (!row) throw new UnauthenticatedError('You were signed out meanwhile. Sign in again.');
    await announce(tx, 'signIn', actor.signInId); // the old value opens nothing any more
    await recordInWorkspaces(tx, call, actor.memberships.keys(), {
      type: 'user.password_changed',
      message: `${actor.name} changed their password.`,
    });
    call.signInCookie.set(token, row.cookieExpiresAt); // last: a cookie has no rollback
  });
  return actor;
}
