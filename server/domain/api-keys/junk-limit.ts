import { LRUCache } from 'lru-cache';
import { RateLimitedError } from '../errors.ts';

/**
 * Bounds how many made-up keys an address may have looked up. A checksum is easily computed, so
 * without this whoever makes up keys has the database asked once for each.
 *
 * Each process counts for itself: this shields its database connections, nothing else.
 */
export interface JunkLimit {
  /**
   * Counts a key that is about to be looked up: before it is known, so that many at once count too.
   *
   * @throws {RateLimitedError} this address has made up too many keys in this minute
   */
  take(ip: string | null): void;
  /** The key exists after all. */
  giveBack(ip: string | null): void;
}

const junkMaxPerMinute = 30;
const addressesMax = 50_000;

export function createJunkLimit(): JunkLimit {
  const counts = new LRUCache<string, number>({ max: addressesMax, ttl: 60_000 });
  const nameOf = (ip: string | null) => ip ?? 'unknown';
  return {
    take(ip) {
      const name = nameOf(ip);
      const count = counts.get(name) ?? 0;
      // The minute began with the first of them.
      if (count < junkMaxPerMinute) return void counts.set(name, count + 1, { noUpdateTTL: true });
      const retryAfterSeconds = Math.max(1, Math.ceil(counts.getRemainingTTL(name) / 1000));
      throw new RateLimitedError('Too many API keys that do not exist.', retryAfterSeconds);
    },
    giveBack(ip) {
      const name = nameOf(ip);
      const count = counts.get(name) ?? 0;
      if (count > 0) counts.set(name, count - 1, { noUpdateTTL: true });
    },
  };
}
