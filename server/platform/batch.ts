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
  /** By the clock of `performance.now()`. */
  since: number;
}

/** No longer does a request wait for a lane: if both are stuck it hears so, and memory is bounded. */
const waitMaxMs = 10_000;

export class Batcher<Item, Result> {
  readonly #options: BatcherOptions<Item, Result>;
  readonly #freeLanes: number[];
  #waiting: Waiting<Item, Result>[] = [];
  #scheduled = false;
  #overdue: NodeJS.Timeout | null = null;

  constructor(options: BatcherOptions<Item, Result>) {
    this.#options = options;
    this.#freeLanes = Array.from({ length: options.lanes }, (_, lane) => lane);
  }

  /**
   * Resolves once the item's transaction is committed.
   *
   * @throws whatever `run` throws: then nothing of the batch was written, as far as is known
   * @throws ETIMEDOUT: no lane was free in time, and it was not written
   */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject, since: performance.now() });
      this.#schedule();
      this.#watch();
    });
  }

  /** One timer for all, for the oldest. */
  #watch(): void {
    const [oldest] = this.#waiting;
    if (this.#overdue || !oldest) return;
    const leftMs = oldest.since + waitMaxMs - performance.now();
    this.#overdue = setTimeout(() => {
      this.#overdue = null;
      this.#rejectOverdue();
      this.#watch();
    }, leftMs).unref();
  }

  #rejectOverdue(): void {
    const late = performance.now() - waitMaxMs;
    const inTime = this.#waiting.findIndex(({ since }) => since > late);
    const overdue = this.#waiting.splice(0, inTime < 0 ? this.#waiting.length : inTime);
    for (const { reject } of overdue) {
      reject(Object.assign(new Error('No lane was free in time.'), { code: 'ETIMEDOUT' }));
    }
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
 * ends one (40P01); alone they cannot. Or one of them wants a row that somebody else holds (55P03): the
 * others are written, up to the first that waits in vain a second time, which ends the attempt for the
 * rest. And no input should make a statement fail (class 22, 23), but if one does, it is its own failure.
 */
export async function apart<Item, Result>(
  items: Item[],
  run: (items: Item[]) => Promise<Result[]>,
): Promise<(Result | Failed)[]> {
  try {
    return await run(items);
  } catch (error) {
    const code = codeOf(error);
    if (code !== '55P03' && !isOwn(code)) throw error;
    if (items.length === 1 && code !== '40P01') return [new Failed(error)];
    const results: (Result | Failed)[] = [];
    /** Why no more are tried: each would take as long, and others wait. */
    let end: Failed | null = null;
    for (const item of items) {
      if (end) results.push(end);
      else {
        const some = await run([item]).catch((failure) => {
          const failed = new Failed(failure);
          if (!isOwn(codeOf(failure))) end = failed;
          return [failed];
        });
        results.push(...some);
      }
    }
    return results;
  }
}

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? '';
}

/** Whether it is of what the item is or did. */
function isOwn(code: string): boolean {
  return /^(40P01|22...|23...|54...)$/.test(code);
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
