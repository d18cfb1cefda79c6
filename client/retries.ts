/** When a live connection is made again after its end, and when that is final. */

/** An error as a server tells it. */
export interface LiveError {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** In milliseconds. */
const firstDelay = 500;
const lastDelay = 10_000;

/**
 * How long to wait before the next attempt: between half and all of a span that doubles from 0.5 s to
 * 10 s. Half is left to chance, so that a server which was restarted does not meet everybody at once.
 */
export function retryDelayMs(attempt: number, random = Math.random()): number {
  return Math.min(lastDelay, firstDelay * 2 ** attempt) * (0.5 + random / 2);
}

export const closeCodes = { forbidden: 4403, tooMany: 4429 } as const;

/**
 * What was sent is at fault, or who sent it: of RFC 6455 not understood (1002, 1003, 1007) or too long
 * (1009); of graphql-transport-ws malformed (4400; 4004 and 4005 by ourselves), refused (4401, 4403),
 * another protocol (4406), said twice (4409). All else may go better: 1006 without a word, 1012 at a
 * restart, 1013 and 4500 in trouble, 4429 when there are too many.
 */
const finalCodes = new Set([1002, 1003, 1007, 1009, 4004, 4005, 4400, 4401, 4403, 4406, 4409]);

/** Words that are codes of errors. The others say why a credential is refused. */
const wordsOfErrors = new Set(['FORBIDDEN', 'CREDENTIAL_MISMATCH']);

/** What a close means that another attempt would not change; null: it may go better. */
export function finalErrorOf(code: number, word: string): LiveError | null {
  // What is left of it may be watched still.
  if (!finalCodes.has(code) || word === 'ACCESS_CHANGED') return null;
  const message = `The connection was closed: ${`${code} ${word}`.trim()}.`;
  if (code !== closeCodes.forbidden) return { message };
  const isError = wordsOfErrors.has(word);
  const extensions = isError ? { code: word } : { code: 'UNAUTHENTICATED', reason: word };
  return { message, extensions };
}

/** The server is there and its database is not: it cannot tell the present state just now. */
export function isUnavailable(errors: readonly LiveError[] | undefined): boolean {
  return errors?.some(({ extensions }) => extensions?.code === 'UNAVAILABLE') ?? false;
}
