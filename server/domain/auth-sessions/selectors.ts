import { ValidationError } from '../errors.ts';

/**
 * The one field by which the caller names a session.
 *
 * @throws {ValidationError} none of them is set, or more than one
 */
export function oneSelector<Field extends string>(
  input: Partial<Record<Field, string | null | undefined>>,
  fields: readonly Field[],
): { field: Field; value: string } {
  const given = fields.flatMap((field) => {
    const value = input[field];
    return value == null ? [] : [{ field, value }];
  });
  const [selector] = given;
  if (selector && given.length === 1) return selector;
  const message = `Give exactly one of ${fields.join(', ')}.`;
  const paths = given.length ? given.map(({ field }) => field) : fields;
  throw new ValidationError(paths.map((field) => ({ path: [field], message })));
}
