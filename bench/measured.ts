/** What one measurement found. */
export interface Measured {
  /** Per second, of the replies that came in time. */
  rate: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  /** Every reply, the last ones after time was up included. */
  acknowledged: number;
}

/** Counts replies while time lasts. */
export class Tally {
  readonly #seconds: number;
  readonly #endsAt: number;
  readonly #latenciesMs: number[] = [];
  #inTime = 0;

  constructor(seconds: number) {
    this.#seconds = seconds;
    this.#endsAt = performance.now() + seconds * 1000;
  }

  /**
   * Counts one reply.
   *
   * @param sentAt when it was asked for, by `performance.now()`
   * @returns whether to ask again
   */
  add(sentAt: number): boolean {
    const now = performance.now();
    this.#latenciesMs.push(now - sentAt);
    if (now > this.#endsAt) return false;
    this.#inTime += 1;
    return true;
  }

  result(): Measured {
    const sorted = Float64Array.from(this.#latenciesMs).sort();
    return {
      rate: this.#inTime / this.#seconds,
      p50Ms: atMost(sorted, 0.5),
      p95Ms: atMost(sorted, 0.95),
      p99Ms: atMost(sorted, 0.99),
      acknowledged: sorted.length,
    };
  }
}

/** What this share of the values is at most. */
export function shareOf(values: readonly number[], share: number): number {
  return atMost(Float64Array.from(values).sort(), share);
}

const atMost = (sorted: Float64Array, share: number) =>
  sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
