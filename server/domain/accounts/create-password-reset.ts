import type { Tools } from '../call.ts';
import { NotFoundError } from '../errors.ts';
import { newId } from '../ids.ts';
import { emailText, validate } from '../validation.ts';
import { newToken } from './tokens.ts';

/** How long a link can be used. */
const validMinutes = 60;

export interface NewPasswordReset {
  /** Of the account, as its owner typed it. */
  email: string;
  /** What `resetPassword` takes. Stored nowhere. */
  token: string;
  /** The page that asks for the new password. The token is in the fragment, which no server logs. */
  url: string;
  expiresAt: Date;
}

/**
 * Makes a one-time link that sets a new password. It takes the place of earlier ones: only the
 * newest link of an account works. For whoever runs the server; no API reaches it.
 *
 * @throws {ValidationError} the text is no email address
 * @throws {NotFoundError} no account has this address
 */
export async function createPasswordReset(
  { db, masterKeys, publicUrl }: Pick<Tools, 'db' | 'masterKeys' | 'publicUrl'>,
  input: { email: string },
): Promise<NewPasswordReset> {
  const address = validate(emailText, input.email);
  const token = newToken();
  return db.$transaction(async (tx) => {
    // Locked, so that of two links made at once the later one deletes the earlier.
    const [user] = await tx.$queryRaw<{ id: string; email: string }[]>`
      SELECT id, email FROM users WHERE lower(email) = lower(${address}) FOR NO KEY UPDATE`;
    if (!user) throw new NotFoundError(`An account with the email ${address}`);
    await tx.passwordReset.deleteMany({ where: { userId: user.id } });
    const [row] = await tx.$queryRaw<{ expiresAt: Date }[]>`
      INSERT INTO password_resets (id, user_id, digest, master_key_id, expires_at)
      VALUES (${newId('passwordReset')}, ${user.id}, ${masterKeys.digest('password-reset', token)},
        ${masterKeys.primaryId}, now() + make_interval(mins => ${validMinutes}::int))
      RETURNING expires_at AS "expiresAt"`;
    return {
      email: user.email,
      token,
      url: `${publicUrl}/reset-password#token=${token}`,
      expiresAt: row!.expiresAt,
    };
  });
}
