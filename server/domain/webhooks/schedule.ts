const [minute, hour] = [60, 3_600];

/** Between one attempt and the next; after the last, eight attempts over about 28 hours, it is given up. */
export const retryDelaysSeconds = [
  5,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  10 * hour,
] as const;

/** A receiver may put us off for no longer than the schedule itself ever waits. */
export const retryAfterSecondsMax = 10 * hour;

/** What comes later PostgreSQL may not know, nor RFC 3339; a receiver can name it. */
const lastInstantMs = Date.UTC(9999, 11, 31);

/** So that what failed together does not come back together. */
const jitter = 0.1;

/**
 * How long to wait after an attempt that failed; null: no more.
 *
 * @param tries how many came before it
 */
export function retryDelaySeconds(tries: number): number | null {
  const delay = retryDelaysSeconds[tries];
  return delay === undefined ? null : delay * (1 + jitter * (2 * Math.random() - 1));
}

/** When a receiver would be asked again: after so many seconds, or at an instant; null: it does not say. */
export type RetryAfter = { seconds: number } | { at: Date } | null;

/**
 * Reads `Retry-After` (RFC 9110, 10.2.3). It can only put an attempt off: no sooner than the schedule
 * says, and no later than ten hours, which is for who writes the outcome to see to.
 */
export function readRetryAfter(value: string | undefined): RetryAfter {
  const text = value?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return { seconds: Number(text) };
  // HTTP's date as it is written today. Date.parse alone would take much else, such as "1.5".
  const isDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text);
  const at = isDate ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : { at: new Date(Math.min(at, lastInstantMs)) };
}
