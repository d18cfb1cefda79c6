import { z } from 'zod';
import { refuseAccessToken, requireOwnPage } from '../access.ts';
import type { SignedInUser } from '../actor.ts';
import type { Call } from '../call.ts';
import { InvalidCredentialsError } from '../errors.ts';
import { networkOf } from '../network.ts';
import { emailText, validate } from '../validation.ts';
import { countPasswordAttempt } from './attempt-limits.ts';
import { givenPassword } from './password-rules.ts';
import { startSignIn, type VerifiedUser } from './start-sign-in.ts';

export interface Credentials {
  email: string;
  password: string;
}

const rules = z.object({ email: emailText, password: givenPassword });

/**
 * Signs the browser in with a new cookie value. A wrong password and an email without an account
 * get the same answer after the same work, so that nobody learns which emails have accounts.
 *
 * @throws {ValidationError} the email is no address, or the password is longer than any can be
 * @throws {RateLimitedError} too many failures lately, of this network or for this account
 * @throws {InvalidCredentialsError} there is no account with this email and password
 * @throws {ForbiddenError} the request comes from another site's page, or with an access token
 */
export async function signIn(call: Call, input: Credentials): Promise<SignedInUser> {
  requireOwnPage(call);
  refuseAccessToken(call);
  const { email, password } = validate(rules, input);
  const user = await findByEmail(call, email);
  const network = networkOf(call.client.ip);
  const isFamiliar = user?.ips.some((ip) => networkOf(ip) === network) ?? false;
  const takeBack = await countPasswordAttempt(call, { email, isFamiliar });

  const isRight = user
    ? await call.passwords.verify(user.passwordHash, password)
    : await call.passwords.verifyNobody(password);
  if (!user || !isRight) {
    const { client, requestId } = call;
    if (user) call.failedSignIns.note({ userId: user.id, client, requestId });
    throw new InvalidCredentialsError('There is no account with this email and password.');
  }
  await takeBack();
  const actor = await call.db.$transaction((tx) =>
    startSignIn(tx, call, user, { type: 'user.signed_in', message: `${user.name} signed in.` }),
  );
  call.actor = actor;
  return actor;
}

/** The account, and the addresses it was signed in from in the last months. */
async function findByEmail({ db }: Pick<Call, 'db'>, email: string) {
  const [user] = await db.$queryRaw<(VerifiedUser & { ips: (string | null)[] })[]>`
    SELECT u.id, u.name, u.email, u.password_hash AS "passwordHash",
      ARRAY(SELECT DISTINCT s.ip FROM sign_ins s WHERE s.user_id = u.id) AS ips
    FROM users u WHERE lower(u.email) = lower(${email})`;
  return user ?? null;
}
