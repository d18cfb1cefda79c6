import { z } from 'zod';
import { refuseAccessToken } from '../access.ts';
import type { Call } from '../call.ts';
import { InvalidCredentialsError } from '../errors.ts';
import { invalid, validate } from '../validation.ts';
import { endSignIns } from './end-sign-ins.ts';
import { isEmail, newPassword, passwordIsEmail } from './password-rules.ts';
import { recordInWorkspaces } from './record-in-workspaces.ts';
import { isToken } from './tokens.ts';

const rules = z.object({ token: z.string(), password: newPassword });

/**
 * Sets a new password with a one-time link, and ends every sign-in of the account. Signs nobody in:
 * the new password does that. A password that breaks a rule leaves the link usable.
 *
 * @returns the email of the account
 * @throws {ForbiddenError} an access token asks
 * @throws {ValidationError} the password breaks a rule
 * @throws {InvalidCredentialsError} the link was used, replaced or is older than an hour
 */
export async function resetPassword(
  call: Call,
  input: { token: string; password: string },
): Promise<string> {
  refuseAccessToken(call);
  const { token, password } = validate(rules, input);
  const reset = isToken(token) ? await findReset(call, token) : null;
  if (!reset) throw spent();
  if (isEmail(password, reset.email)) invalid('password', passwordIsEmail);

  const passwordHash = await call.passwords.hash(password);
  await call.db.$transaction(async (tx) => {
    // The user's row first, as in every change of a password, so that no two can deadlock.
    await tx.user.updateMany({ where: { id: reset.userId }, data: { passwordHash } });
    const used = await tx.$executeRaw`
      DELETE FROM password_resets WHERE id = ${reset.id} AND expires_at > now()`;
    if (used === 0) throw spent();
    await endSignIns(tx, reset.userId);
    const memberships = await tx.membership.findMany({ where: { userId: reset.userId } });
    await recordInWorkspaces(
      tx,
      call, // whoever held the link, which may be nobody that we know
      memberships.map(({ workspaceId }) => workspaceId),
      {
        type: 'user.password_reset',
        message: `The password of ${reset.name} was reset with a one-time link.`,
        data: { userId: reset.userId },
      },
    );
  });
  return reset.email;
}

async function findReset({ db, masterKeys }: Call, token: string) {
  const { rows } = await db.$pool.query<Record<'id' | 'userId' | 'name' | 'email', string>>(
    `SELECT r.id, u.id AS "userId", u.name, u.email
     FROM password_resets r JOIN users u ON u.id = r.user_id
     WHERE r.digest = ANY($1::bytea[]) AND r.expires_at > now()`,
    [masterKeys.digests('password-reset', token)],
  );
  return rows[0] ?? null;
}

function spent(): InvalidCredentialsError {
  return new InvalidCredentialsError(
    'This link was used before, or it is too old. Ask whoever runs this server for a new one: `npm run reset-password -- <email>` makes it.',
  );
}
