/**
 * Group commit: requests that arrive while a statement is under way share the next one.
 *
 * A commit waits for the disk, and a statement has a cost however few rows it has. Under load many
 * callers share both; an idle process runs each call at once, alone, so nobody waits for company.
 */
export interface BatcherOptions<Item, Result> {
  /**
   * Writes the items, in one transaction. Answers one result per item, in order: what is wrong with
   * one item is its result, not an exception, which fails them all.
   *
   * @param lane which of the lanes runs; never twice at the same time
   */
  run(items: Item[], lane: number): Promise<Result[]>;
  /** How many statements may run at the same time. */
  lanes: number;
  /** Items in one statement, at most. */
  itemsMax: number;
}

interface Waiting<Item, Result> {
  item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

export class Batcher<Item, Result> {
  readonly #options: BatcherOptions<Item, Result>;
  readonly #freeLanes: number[];
  #waiting: Waiting<Item, Result>[] = [];
  #scheduled = false;

  constructor(options: BatcherOptions<Item, Result>) {
    this.#options = options;
    this.#freeLanes = Array.from({ length: options.lanes }, (_, lane) => lane);
  }

  /**
   * Resolves once the item's transaction is committed.
   *
   * @throws whatever `run` throws: then nothing of the batch was written, as far as is known
   */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0 || this.#freeLanes.length === 0) return;
    this.#scheduled = true;
    // After the requests that this turn of the event loop has still to read.
    setImmediate(() => {
      this.#scheduled = false;
      const lane = this.#freeLanes.shift();
      if (lane === undefined) return;
      void this.#run(this.#waiting.splice(0, this.#options.itemsMax), lane);
      this.#schedule();
    });
  }

  async #run(batch: Waiting<Item, Result>[], lane: number): Promise<void> {
    try {
      const results = await this.#options.run(
        batch.map(({ item }) => item),
        lane,
      );
      batch.forEach(({ resolve }, index) => {
        resolve(results[index] as Result);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.#freeLanes.push(lane);
      this.#schedule();
    }
  }
}

/**
 * Keeps requests that share a statement from failing together: where it fails for what one of them is
 * or did, nothing was written, and they go again one by one.
 *
 * Statements that touch some of the same rows may lock them in different orders, of which PostgreSQL
 * ends one (40P01); alone they cannot. And no input should make a statement fail (class 22, 23), but
 * if one does, it is its own failure.
 */
export async function apart<Item, Result>(
  items: Item[],
  run: (items: Item[]) => Promise<Result[]>,
): Promise<(Result | Failed)[]> {
  try {
    return await run(items);
  } catch (error) {
    const { code = '' } = error as { code?: string };
    if (!/^(40P01|55P03|22...|23...|54...)$/.test(code)) throw error;
    if (items.length === 1 && code !== '40P01') return [new Failed(error)];
    const results: (Result | Failed)[] = [];
    for (const item of items) {
      results.push(...(await run([item]).catch((own) => [new Failed(own)])));
    }
    return results;
  }
}

/** What became of one item where the others were written. */
export class Failed {
  readonly cause: unknown;
  constructor(cause: unknown) {
    this.cause = cause;
  }
}

/** @throws the item's own failure */
export function settle<Result>(result: Result | Failed): Result {
  if (result instanceof Failed) throw result.cause;
  return result;
}
