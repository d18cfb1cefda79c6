import { z } from 'zod';
import type { Tx } from '../../platform/db.ts';
import { refuseAccessToken, requireOwnPage } from '../access.ts';
import type { SignedInUser } from '../actor.ts';
import type { Call, Tools } from '../call.ts';
import { EmailTakenError, SignUpClosedError } from '../errors.ts';
import { newId } from '../ids.ts';
import { findInvitationByToken, joinByInvitation } from '../invitations/accept.ts';
import { cleanText, emailText, nameText, validate } from '../validation.ts';
import { countSignUp } from './attempt-limits.ts';
import { isEmail, newPassword, passwordIsEmail } from './password-rules.ts';
import { startSignIn } from './start-sign-in.ts';

export interface NewAccount {
  email: string;
  password: string;
  name: string;
  /** The token of an invitation, for who was invited. */
  invitation?: string | null;
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
 * Who comes with an invitation joins that workspace instead, also where sign-up is closed. They get
 * none of their own: they came for that one, and as long as they are in no other they need never say
 * which is meant. They can create one whenever they want it.
 *
 * @throws {SignUpClosedError} SIGN_UP is closed, or first and there is a user already
 * @throws {InvitationInvalidError} the invitation is void, or not for this address
 * @throws {ValidationError} an address, password or name that breaks a rule
 * @throws {RateLimitedError} too many sign-ups from this network lately
 * @throws {EmailTakenError} the address has an account, in whatever case it is typed
 * @throws {ForbiddenError} the request comes from another site's page, or with an access token
 */
export async function signUp(call: Call, input: NewAccount): Promise<SignedInUser> {
  requireOwnPage(call);
  refuseAccessToken(call);
  const token = input.invitation ?? null;
  if (token === null && !(await isSignUpOpen(call))) throw new SignUpClosedError();
  const { email, name, password } = validate(rules, input);
  await countSignUp(call);
  const invitation = token === null ? null : await findInvitationByToken(call, token, email);

  const passwordHash = await call.passwords.hash(password);
  const id = newId('user');
  const actor = await call.db.$transaction(async (tx) => {
    if (call.signUp === 'FIRST' && !invitation) {
      // Of several at once each waits here for the one before, and then finds its user.
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(${firstSignUpLock}::bigint)`;
      if (!(await isSignUpOpen({ db: tx, signUp: call.signUp }))) throw new SignUpClosedError();
    }
    // The index decides, also between two at once: the later one waits for the earlier to commit.
    const inserted = await tx.$executeRaw`
      INSERT INTO users (id, email, name, password_hash)
      VALUES (${id}, ${email}, ${name}, ${passwordHash}) ON CONFLICT (lower(email)) DO NOTHING`;
    if (inserted === 0) throw new EmailTakenError();
    if (invitation) await joinByInvitation(tx, call, invitation, { id, name, email });
    else await createFirstWorkspace(tx, { id, name });
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

async function createFirstWorkspace(
  tx: Tx,
  { id, name }: { id: string; name: string },
): Promise<void> {
  await tx.workspace.create({
    data: {
      id: newId('workspace'),
      name: `${cleanText(name, 88)}'s workspace`,
      memberships: { create: { userId: id, role: 'OWNER' } },
    },
    select: { id: true },
  });
}
