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

/** How many connections one address may have open: devices that wait, often many behind one router. */
export interface OpenConnectionLimits {
  /** Without a credential. */
  keylessPerAddress: number;
  /** With a publishable key: as many as sessions that were started there can be waited for. */
  publishablePerAddress: number;
}

/** Of one sign-in or access token. */
export const perPersonMax = 100;

const retryAfterSeconds = 10;

function stay(): void {}

export class Crowds {
  readonly #limits: OpenConnectionLimits;
  readonly #sizes = new Map<string, number>();

  constructor(limits: OpenConnectionLimits) {
    this.#limits = limits;
  }

  /**
   * @returns makes room again, once
   * @throws {RateLimitedError} as many are open as may be
   */
  enter({ actor, ip }: Connection): () => void {
    if (actor.kind === 'user') {
      return this.#enter(actor.accessToken?.id ?? actor.signInId!, {
        name: 'connections-per-credential',
        quota: perPersonMax,
        of: 'with one sign-in or access token',
      });
    }
    const network = networkOf(ip);
    if (actor.kind !== 'apiKey') {
      return this.#enter(`keyless ${network}`, {
        name: 'connections-per-address',
        quota: this.#limits.keylessPerAddress,
        of: 'without a credential from one address',
      });
    }
    if (actor.key.type === 'SECRET') return stay;
    return this.#enter(`publishable ${network}`, {
      name: 'publishable-connections-per-address',
      quota: this.#limits.publishablePerAddress,
      of: 'with publishable keys from one address',
    });
  }

  #enter(crowd: string, limit: { name: string; quota: number; of: string }): () => void {
    const { name, quota, of } = limit;
    const size = this.#sizes.get(crowd) ?? 0;
    if (size >= quota) {
      const budget = { name, quota, windowSeconds: null };
      throw overBudget(budget, retryAfterSeconds, `At most ${quota} connections at once ${of}.`);
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
