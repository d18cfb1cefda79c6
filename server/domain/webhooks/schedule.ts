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

/** So that what failed together does not come back together. */
const jitter = 0.1;

/**
 * How many seconds to wait after an attempt that failed; null: there is no other.
 *
 * @param tries how many came before it
 * @param now by the database's clock, in milliseconds of the epoch
 * @param retryAfter what the receiver asked for, as `Retry-After`; it can only put an attempt off
 */
export function retryDelaySeconds(tries: number, now: number, retryAfter?: string): number | null {
  const delay = retryDelaysSeconds[tries];
  if (delay === undefined) return null;
  const asked = Math.min(readRetryAfter(retryAfter, now), retryAfterSecondsMax);
  return Math.max(delay * (1 + jitter * (2 * Math.random() - 1)), asked);
}

/** The seconds of `Retry-After` (RFC 9110, 10.2.3), which may name an instant; 0 where it says nothing. */
function readRetryAfter(value: string | undefined, now: number): number {
  const text = value?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text);
  // HTTP's date as it is written today. Date.parse alone would take much else, such as "1.5".
  const isDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text);
  const seconds = isDate ? (Date.parse(text) - now) / 1_000 : 0;
  return Number.isNaN(seconds) ? 0 : seconds;
}
