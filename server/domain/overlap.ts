import { z } from 'zod';
import { validate } from './validation.ts';

/** The old secret of a key or an endpoint goes on beside the new one for no longer. */
export const overlapSecondsMax = 30 * 24 * 3600;

const rule = `Must be between 0 and ${overlapSecondsMax} seconds, which is 30 days.`;
const rules = z.object({
  overlapSeconds: z.int().min(0, rule).max(overlapSecondsMax, rule).nullish(),
});

/** How long an old secret goes on; 0 where it was not said. @throws {ValidationError} */
export function overlapOf(input: { overlapSeconds?: number | null }): number {
  return validate(rules, input).overlapSeconds ?? 0;
}
