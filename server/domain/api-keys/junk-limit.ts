import { LRUCache } from 'lru-cache';
import { overBudget } from '../budgets.ts';
import { networkOf } from '../network.ts';

/**
 * Bounds how many made-up keys an address may have looked up. A checksum is easily computed, so
 * without this whoever makes up keys has the database asked once for each.
 *
 * Each process counts for itself: this shields its database connections, nothing else.
 */
export interface JunkLimit {
  /**
   * A key is about to be looked up.
   *
   * @returns to be called with whether it exists
   * @throws {RateLimitedError} this address has made up too many keys in this minute, or has too many
   *   looked up at once
   */
  begin(ip: string | null): (exists: boolean) => void;
}

export const junkMaxPerMinute = 30;
const budget = { name: 'unknown-keys-per-address', quota: junkMaxPerMinute, windowSeconds: 60 };
/** More than any server has keys that are new to us; not yet known to be junk. */
const atOnceMax = 200;
const addressesMax = 50_000;

export function createJunkLimit(): JunkLimit {
  const junk = new LRUCache<string, number>({ max: addressesMax, ttl: 60_000 });
  const underWay = new Map<string, number>();

  return {
    begin(ip) {
      const name = networkOf(ip);
      const isOver = (junk.get(name) ?? 0) >= junkMaxPerMinute;
      const now = underWay.get(name) ?? 0;
      if (isOver || now >= atOnceMax) {
        const waitMs = isOver ? junk.getRemainingTTL(name) : 1_000;
        const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1_000));
        throw overBudget(budget, retryAfterSeconds, 'Too many API keys that do not exist.');
      }
      underWay.set(name, now + 1);
      return (exists) => {
        const left = (underWay.get(name) ?? 1) - 1;
        if (left > 0) underWay.set(name, left);
        else underWay.delete(name);
        // The minute began with the first of them.
        if (!exists) junk.set(name, (junk.get(name) ?? 0) + 1, { noUpdateTTL: true });
      };
    },
  };
}
