import { z } from 'zod';
import type { Tx } from '../../platform/db.ts';
import { requireOwnPage } from '../access.ts';
import type { Call, Tools, UserActor } from '../call.ts';
import { EmailTakenError, SignUpClosedError } from '../errors.ts';
import { newId } from '../ids.ts';
import { cleanText, emailText, nameText, validate } from '../validation.ts';
import { countSignUp } from './attempt-limits.ts';
import { isEmail, newPassword, passwordIsEmail } from './password-rules.ts';
import { startSignIn } from './start-sign-in.ts';

export interface NewAccount {
  email: string;
  password: string;
  name: string;
}

const rules = z
  .object({ email: emailText, password: newPassword, name: nameText() })
  .refine(({ email, password }) => !isEmail(password, email), {
    path: ['password'],
    message: passwordIsEmail,
  });

/** The advisory lock under which the first account is made. An arbitrary number of our own. */
const firstSignUpLock = 5_271_009_100;

/** Whether an account can be made now: always, until one exists, or never, as SIGN_UP says. */
export async function isSignUpOpen({ db, signUp }: Pick<Tools, 'signUp'> & { db: Tx }) {
  if (signUp !== 'FIRST') return signUp === 'OPEN';
  return (await db.user.findFirst({ select: { id: true } })) === null;
}

/**
 * Makes an account and its first workspace, which it owns, and signs the browser in.
 *
 * @throws {SignUpClosedError} SIGN_UP is closed, or first and there is a user already
 * @throws {ValidationError} an address, password or name that breaks a rule
 * @throws {RateLimitedError} too many sign-ups from this network lately
 * @throws {EmailTakenError} the address has an account, in whatever case it is typed
 * @throws {ForbiddenError} the request comes from another site's page
 */
export async function signUp(call: Call, input: NewAccount): Promise<UserActor> {
  requireOwnPage(call);
  if (!(await isSignUpOpen(call))) throw new SignUpClosedError();
  const { email, name, password } = validate(rules, input);
  await countSignUp(call);

  const passwordHash = await call.passwords.hash(password);
  const id = newId('user');
  const actor = await call.db.$transaction(async (tx) => {
    if (call.signUp === 'FIRST') {
      // Of several at once each waits here for the one before, and then finds its user.
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(${firstSignUpLock}::bigint)`;
      if (!(await isSignUpOpen({ db: tx, signUp: call.signUp }))) throw new SignUpClosedError();
    }
    // The index decides, also between two at once: the later one waits for the earlier to commit.
    const inserted = await tx.$executeRaw`
      INSERT INTO users (id, email, name, password_hash)
      VALUES (${id}, ${email}, ${name}, ${passwordHash}) ON CONFLICT (lower(email)) DO NOTHING`;
    if (inserted === 0) throw new EmailTakenError();
    await tx.workspace.create({
      data: {
        id: newId('workspace'),
        name: `${cleanText(name, 88)}'s workspace`,
        memberships: { create: { userId: id, role: 'OWNER' } },
      },
    });
    return startSignIn(
      tx,
      call,
      { id, email, name, passwordHash },
      { type: 'user.signed_up', message: `${name} signed up.` },
    );
  });
  call.actor = actor;
  return actor;
}
