/**
 * How many connections may be open at once: of one address where anybody may open them, of one sign-in
 * or access token otherwise. Secret keys are held by servers, and have no limit.
 *
 * Each process counts for itself: to count them together would cost a write for each connection, and
 * what is bounded is the memory of a process.
 */
import { overBudget } from '../budgets.ts';
import { networkOf } from '../network.ts';
import type { Connection } from './connection.ts';

export const openMax = {
  /** Of one address, without a credential or with a publishable key: devices that wait. */
  perAddress: 20,
  /** Of one sign-in or access token. */
  perPerson: 100,
} as const;

const retryAfterSeconds = 10;

function stay(): void {}

export class Crowds {
  readonly #sizes = new Map<string, number>();

  /**
   * @returns makes room again, once
   * @throws {RateLimitedError} as many are open as may be
   */
  enter({ actor, ip }: Connection): () => void {
    if (actor.kind === 'user') {
      return this.#enter(
        `user ${actor.accessToken?.id ?? actor.signInId}`,
        { name: 'connections-per-credential', quota: openMax.perPerson },
        `At most ${openMax.perPerson} connections at once with one sign-in or access token.`,
      );
    }
    if (actor.kind === 'apiKey' && actor.key.type === 'SECRET') return stay;
    return this.#enter(
      `address ${networkOf(ip)}`,
      { name: 'connections-per-address', quota: openMax.perAddress },
      `At most ${openMax.perAddress} connections without a secret at once from one address.`,
    );
  }

  #enter(crowd: string, limit: { name: string; quota: number }, refusal: string): () => void {
    const size = this.#sizes.get(crowd) ?? 0;
    if (size >= limit.quota) {
      throw overBudget({ ...limit, windowSeconds: null }, retryAfterSeconds, refusal);
    }
    this.#sizes.set(crowd, size + 1);
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      const left = this.#sizes.get(crowd)! - 1;
      if (left > 0) this.#sizes.set(crowd, left);
      else this.#sizes.delete(crowd);
    };
  }
}
