import { z } from 'zod';
import { ValidationError } from './errors.ts';

/**
 * Checks input against its rules and returns what they make of it (trimmed, defaulted).
 *
 * @throws {ValidationError} with every broken rule
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new ValidationError(
    result.error.issues.map(({ path, message }) => ({ path: path.map(String), message })),
  );
}

/** @throws {ValidationError} always: for a rule that takes more than the input to see */
export function invalid(field: string | string[], message: string): never {
  throw new ValidationError([{ path: [field].flat(), message }]);
}

/**
 * PostgreSQL's text and jsonb cannot hold U+0000 and lone surrogates. Input with one is refused, by
 * name; what a person did not type, such as a header, loses them.
 */
const isStorableText = (text: string) => !text.includes('\0') && text.isWellFormed();
const unstorableMessage = 'Must not contain U+0000 or half of a surrogate pair.';

/** Text from a header or another program, without what cannot be stored, cut at a length. */
export function cleanText(text: string, charactersMax: number): string {
  return text.replaceAll('\0', '').slice(0, charactersMax).toWellFormed();
}

const jsonDepthMax = 32;

/** What of a JSON value cannot be stored, as a rule; null where all of it can. */
function jsonProblem(value: unknown, depth = 1): string | null {
  if (typeof value === 'string') return isStorableText(value) ? null : unstorableMessage;
  // JSON has no other numbers: one too large to be read was lost on the way.
  if (typeof value === 'number')
    return Number.isFinite(value) ? null : 'Must not contain a number that is too large.';
  if (value === null || typeof value !== 'object') return null;
  if (depth > jsonDepthMax) return `Must not be nested deeper than ${jsonDepthMax} levels.`;
  for (const [key, item] of Object.entries(value)) {
    const problem = isStorableText(key) ? jsonProblem(item, depth + 1) : unstorableMessage;
    if (problem !== null) return problem;
  }
  return null;
}

/** JSON of any shape. @param bytesMax the length of its compact text in UTF-8 */
export function jsonValue(bytesMax: number) {
  return z
    .unknown()
    .superRefine((value, context) => {
      const problem = jsonProblem(value);
      if (problem !== null) context.addIssue({ code: 'custom', message: problem, continue: false });
    })
    .refine(
      (value) => Buffer.byteLength(JSON.stringify(value ?? null)) <= bytesMax,
      `Must be at most ${bytesMax} bytes of JSON.`,
    );
}

/** One line of text that a person named something with. */
export function nameText(charactersMax = 100) {
  return z
    .string()
    .transform((text) => text.trim())
    .pipe(
      z
        .string()
        .refine(isStorableText, { error: unstorableMessage, abort: true })
        .min(1, 'Must not be empty.')
        .max(charactersMax, `Must be at most ${charactersMax} characters long.`)
        .regex(/^\P{Cc}*$/u, 'Must not contain line breaks or control characters.')
        // What turns the direction of text makes one name look like another.
        .regex(/^[^\u202a-\u202e\u2066-\u2069]*$/u, 'Must not contain bidirectional controls.')
        .refine(
          (text) => text === '' || /[^\p{C}\p{Z}]/u.test(text),
          'Must contain something that can be seen.',
        ),
    );
}

/** Text of any kind, such as a reason or a nonce. */
export function storableText(charactersMax: number) {
  return z
    .string()
    .refine(isStorableText, unstorableMessage)
    .max(charactersMax, `Must be at most ${charactersMax} characters long.`);
}

/** An email address, trimmed; its case is kept and ignored when compared. */
export const emailText = z
  .string()
  .transform((text) => text.trim())
  .pipe(
    z
      .email('Must be an email address, like name@example.com.')
      .max(254, 'Must be at most 254 characters long.'),
  );

/** A field of an edit: left out it changes nothing, and there is nothing that null could clear. */
export function notNull<Schema extends z.ZodType>(schema: Schema) {
  return z
    .nullable(schema)
    .refine((value) => value !== null, 'Must not be null. Leave it out to change nothing.')
    .transform((value) => value as z.output<Schema>)
    .optional();
}
