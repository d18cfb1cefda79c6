import { z } from 'zod';

/**
 * Passwords follow NIST SP 800-63B, section 5.1.1.2: a least and a generous greatest length, counted
 * in characters; every character allowed; no rules of composition; normalised, so that two
 * keyboards which write the same letter in two ways make the same password.
 */
const charactersMin = 8;
const charactersMax = 200;

const characters = (text: string) => [...text].length;

/** A password as somebody gives it to sign in. Only what could never be one is refused. */
export const givenPassword = z
  .string()
  // Before the normalisation, whose cost grows with the square of what one letter carries.
  .max(5 * charactersMax, {
    error: `Must be at most ${charactersMax} characters long.`,
    abort: true,
  })
  .transform((text) => text.normalize('NFKC'))
  .pipe(
    z
      .string()
      .min(1, 'Must not be empty.')
      .refine(
        (text) => characters(text) <= charactersMax,
        `Must be at most ${charactersMax} characters long.`,
      ),
  );

/** A password as somebody chooses it. `isEmail` is the one rule that takes more than itself. */
export const newPassword = givenPassword.pipe(
  z
    .string()
    .refine(
      (text) => characters(text) >= charactersMin,
      `Must be at least ${charactersMin} characters long.`,
    )
    // argon2 sees UTF-8, where every lone surrogate is the same replacement character.
    .refine((text) => text.isWellFormed(), 'Must not contain half of a surrogate pair.'),
);

export const passwordIsEmail = 'Must not be the email address.';

/** Whether a password is just the account's email, the first thing that anybody guesses. */
export function isEmail(password: string, email: string): boolean {
  return password.toLowerCase() === email.toLowerCase();
}
