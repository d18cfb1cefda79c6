import type { GraphQLSchema } from 'graphql';
import { type DomainError, errorCodes } from '../server/domain/errors.ts';
import type { Context } from './builder.ts';

/**
 * Notes in the Call which expected error a mutation answers with: of several, the first. It is data of
 * the reply like any other, so nobody else can tell it from success.
 */
export function noteExpectedErrors(schema: GraphQLSchema): void {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const { resolve } = field;
    if (!resolve) continue;
    field.resolve = async (source, args, context: Context, info) => {
      const result: unknown = await resolve(source, args, context, info);
      if (isExpectedError(result)) context.call.expectedError ??= result.code;
      return result;
    };
  }
}

/** By its code: Pothos wraps errors, and then they are instances of nothing. */
function isExpectedError(result: unknown): result is DomainError {
  return Object.hasOwn(errorCodes, (result as DomainError | null)?.code ?? '');
}
