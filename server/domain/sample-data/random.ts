/**
 * Random numbers that are the same for the same seed, on every machine and in every run. For history
 * that is made up; nothing that is to be secret comes from here.
 *
 * The generator is sfc32 of PractRand (Chris Doty-Humphrey), which passes its tests with 128 bits of
 * state; the seed is spread over them by four multiplicative hashes of its characters.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: string) {
    let [a, b, c] = [0x9e3779b9, 0x85ebca6b, 0xc2b2ae35];
    for (let n = 0; n < seed.length; n += 1) {
      const code = seed.charCodeAt(n);
      a = Math.imul(a ^ code, 597_399_067);
      b = Math.imul(b ^ code, 2_869_860_233) ^ (a >>> 15);
      c = Math.imul(c ^ code, 951_274_213) ^ (b >>> 13);
    }
    this.#a = a;
    this.#b = b;
    this.#c = c;
    for (let n = 0; n < 12; n += 1) this.#bits(); // until every bit of the seed has reached all
  }

  #bits(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + sum) | 0;
    return sum >>> 0;
  }

  /** From 0 to less than 1. */
  share(): number {
    return this.#bits() / 2 ** 32;
  }

  /** A whole number from 0 to less than `end`. */
  below(end: number): number {
    return Math.floor(this.share() * end);
  }

  between(min: number, max: number): number {
    return min + this.share() * (max - min);
  }

  /** True as often as this share says. */
  chance(share: number): boolean {
    return this.share() < share;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }

  /** One of them, as often as its weight says. */
  weighted<Item extends { weight: number }>(items: readonly Item[]): Item {
    let left = this.share() * items.reduce((sum, { weight }) => sum + weight, 0);
    for (const item of items) {
      left -= item.weight;
      if (left < 0) return item;
    }
    return items.at(-1)!;
  }

  /** Times that people take: most near the median, a few many times as long. */
  logNormal(median: number, sigma: number): number {
    // Box and Muller. A share of 0 has no logarithm.
    const radius = Math.sqrt(-2 * Math.log(1 - this.share()));
    return median * Math.exp(sigma * radius * Math.cos(2 * Math.PI * this.share()));
  }

  /** Whole numbers from 0 to 2^30 - 1, such as ids are made of. */
  thirtyBits(): [number, number, number] {
    return [this.#bits() >>> 2, this.#bits() >>> 2, this.#bits() >>> 2];
  }

  text(alphabet: string, length: number): string {
    let text = '';
    while (text.length < length) text += alphabet[this.below(alphabet.length)];
    return text;
  }
}
