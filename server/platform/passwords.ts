import { availableParallelism } from 'node:os';
import argon2 from 'argon2';

/**
 * argon2id with the parameters that OWASP's Password Storage Cheat Sheet gives first:
 * 19 MiB, two passes, one lane. 9 to 17 ms each, on libuv's threads.
 */
const parameters = {
  type: argon2.argon2id,
  memoryCost: 19_456,
  timeCost: 2,
  parallelism: 1,
} as const;

/**
 * Hashes and verifies, so many at once: more would only take memory and starve libuv's other work
 * (DNS, files) of threads.
 */
export class Passwords {
  #free = Math.max(1, Math.min(availableParallelism() - 1, 3));
  readonly #waiting: (() => void)[] = [];

  /** A PHC string with a salt of its own. */
  hash(password: string): Promise<string> {
    return this.#oneOfFew(() => argon2.hash(password, parameters));
  }

  verify(hash: string, password: string): Promise<boolean> {
    return this.#oneOfFew(() => argon2.verify(hash, password));
  }

  /** Takes as long as a real check, so that a reply's time does not tell which emails have accounts. */
  async verifyNobody(password: string): Promise<false> {
    this.#nobody ??= await this.hash('the password of no account');
    await this.verify(this.#nobody, password);
    return false;
  }

  #nobody: string | null = null;

  async #oneOfFew<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}
