import { NotFoundError } from '../errors.ts';
import { readSessionCounts, type SessionCounts } from '../session-counts.ts';
import type { Activity, Changes } from './activity.ts';
import { type LiveTools, onePerProcess } from './one-per-process.ts';
import { whenScopesChange } from './scope-changes.ts';
import { LiveSource } from './source.ts';
import { Topic } from './topic.ts';

/**
 * Session counts as they change.
 *
 * Invariant: after the last change, and after the database was away, every listener has been told the
 * counts as they then are. A change costs one read for each scope, however many listen, and a listener
 * hears at most four times a second; whoever comes is told at once what a read after their coming saw.
 */
export interface LiveSessionCounts {
  /**
   * Ends with NotFoundError when the scope is gone.
   *
   * @param only the one environment to count; null: all of the scope
   */
  watch(scopeId: string, only: string | null): LiveSource<SessionCounts>;
}

const everyMs = 250;
const retryMs = 500;
/** Timers keep no exact time, and a day must have begun when it is counted. */
const midnightMarginMs = 20;

export const liveSessionCounts = onePerProcess(createLiveSessionCounts);

function createLiveSessionCounts({ db, events, activity }: LiveTools): LiveSessionCounts {
  const topics = new Map<string, CountsTopic>();
  whenScopesChange(events, () => {
    for (const topic of topics.values()) topic.change();
  });

  return {
    watch(scopeId, only) {
      const key = `counts ${scopeId} ${only ?? ''}`;
      return new LiveSource(key, (listener) => {
        let topic = topics.get(key);
        if (!topic) {
          const read = () => readSessionCounts(db, scopeId, only);
          topic = new CountsTopic(activity, () => topics.delete(key), only ?? scopeId, read);
          topics.set(key, topic);
        }
        return topic.join(listener);
      });
    },
  };
}

/** One scope that somebody watches. */
class CountsTopic extends Topic<SessionCounts> {
  readonly #scopeId: string;
  readonly #read: () => Promise<SessionCounts | null>;
  /** What all but newcomers were told last, without the instant: no different, it is not told again. */
  #told = '';
  /** When it was all listeners' turn last, on the clock of performance.now(). */
  #turnAt = Number.NEGATIVE_INFINITY;
  #isDirty = false;
  #isRunning = false;
  #timer: NodeJS.Timeout | undefined;
  #midnight: NodeJS.Timeout | undefined;

  constructor(
    activity: Activity,
    close: () => void,
    scopeId: string,
    read: () => Promise<SessionCounts | null>,
  ) {
    super(activity, close);
    this.#scopeId = scopeId;
    this.#read = read;
  }

  protected happened({ scopeIds }: Changes): void {
    if (scopeIds.has(this.#scopeId)) this.change();
  }

  protected welcome(): void {
    void this.#run();
  }

  /** The counts may be others now. */
  change(): void {
    this.#isDirty = true;
    this.#runIn(Math.max(0, this.#turnAt + everyMs - performance.now()));
  }

  #runIn(ms: number): void {
    if (this.isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), ms);
    this.#timer.unref();
  }

  async #run(): Promise<void> {
    if (this.#isRunning || this.isClosed) return;
    this.#isRunning = true;
    try {
      // Newcomers do not wait for their turn; those who come while one read is under way share the next.
      while (!this.isClosed && (this.newcomers.length > 0 || (this.#isDirty && this.#isTurn()))) {
        await this.#tell();
      }
    } catch {
      // The database is away. What it will have to say is told then.
      this.#isDirty = true;
      this.#turnAt = performance.now() + retryMs - everyMs;
    }
    this.#isRunning = false;
    if (this.#isDirty) this.change();
    else if (this.newcomers.length > 0) this.#runIn(0);
  }

  #isTurn(): boolean {
    return performance.now() >= this.#turnAt + everyMs;
  }

  async #tell(): Promise<void> {
    const newcomers = this.newcomers.splice(0);
    this.#isDirty = false;
    let counts: SessionCounts | null;
    try {
      counts = await this.#read();
    } catch (error) {
      this.newcomers.unshift(...newcomers);
      throw error;
    }
    if (counts === null) return this.end(new NotFoundError('The project or environment'));
    this.#turnAtMidnight(counts.at);
    const { at: _, ...numbers } = counts;
    const text = JSON.stringify(numbers);
    const isTurn = this.#isTurn();
    const isNew = text !== this.#told;
    if (isTurn) {
      this.#told = text;
      this.#turnAt = performance.now();
    } else if (isNew) this.#isDirty = true; // the others are told in their turn
    this.tellThem(isTurn && isNew ? this.listeners : newcomers, counts);
  }

  /** At midnight, by the database's clock, `today` begins anew without anything having happened. */
  #turnAtMidnight(at: Date): void {
    const midnight = Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate() + 1);
    clearTimeout(this.#midnight);
    if (this.isClosed) return;
    this.#midnight = setTimeout(() => this.change(), midnight - at.getTime() + midnightMarginMs);
    this.#midnight.unref();
  }

  protected stopTimers(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#midnight);
  }
}
