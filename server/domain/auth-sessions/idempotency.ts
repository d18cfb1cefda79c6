import { createHash } from 'node:crypto';
import type { Call } from '../call.ts';

/** For how long the same key gives the same reply. */
export const idempotencyHours = 24;

/** Of the whole input, in hex. The order of keys does not matter, nor whether null is said. */
export function digestOfInput(input: object): string {
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value != null));
  const sorted = JSON.stringify(given, (_key, value) =>
    value && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return createHash('sha256').update(sorted).digest('hex');
}

/** Conditional, so that of two who do this at once neither takes the key from the other's new session. */
export async function forgetIdempotencyKey({ db }: Pick<Call, 'db'>, sessionId: string) {
  await db.$executeRaw`UPDATE auth_sessions SET idempotency_key = NULL, idempotency_digest = NULL
    WHERE id = ${sessionId} AND created_at <= now() - make_interval(hours => ${idempotencyHours})`;
}

const batchSize = 1_000;

/** Frees the keys that are over, so that their index holds a day's. In small batches: no long locks. */
export async function forgetIdempotencyKeys({ db }: Pick<Call, 'db'>): Promise<void> {
  for (let count = batchSize; count === batchSize; ) {
    count = await db.$executeRaw`
      UPDATE auth_sessions SET idempotency_key = NULL, idempotency_digest = NULL
      WHERE id IN (SELECT id FROM auth_sessions WHERE idempotency_key IS NOT NULL
        AND created_at <= now() - make_interval(hours => ${idempotencyHours})
        ORDER BY created_at LIMIT ${batchSize})`;
  }
}
