import { LRUCache } from 'lru-cache';
import { RateLimitedError } from '../errors.ts';

/**
 * Bounds how many made-up keys an address may have looked up. A checksum is easily computed, so
 * without this whoever makes up keys has the database asked once for each.
 *
 * Each process counts for itself: this shields its database connections, nothing else.
 */
export interface JunkLimit {
  /** @throws {RateLimitedError} this address has made up too many keys in this minute */
  demand(ip: string | null): void;
  /** A key from this address was looked up and does not exist. */
  count(ip: string | null): void;
}

const junkMaxPerMinute = 30;
const addressesMax = 50_000;

export function createJunkLimit(): JunkLimit {
  const counts = new LRUCache<string, number>({ max: addressesMax, ttl: 60_000 });
  const nameOf = (ip: string | null) => ip ?? 'unknown';
  return {
    demand(ip) {
      const name = nameOf(ip);
      if ((counts.get(name) ?? 0) < junkMaxPerMinute) return;
      const retryAfterSeconds = Math.max(1, Math.ceil(counts.getRemainingTTL(name) / 1000));
      throw new RateLimitedError('Too many API keys that do not exist.', retryAfterSeconds);
    },
    count(ip) {
      const name = nameOf(ip);
      // The minute began with the first of them.
      counts.set(name, (counts.get(name) ?? 0) + 1, { noUpdateTTL: true });
    },
  };
}
