import type { Activity, Changes, Following } from './activity.ts';
import type { LiveListener } from './source.ts';

/**
 * Something that is followed once, however many listen: from the first who joins until all have left,
 * or it has ended.
 */
export abstract class Topic<Event> {
  protected readonly listeners = new Set<LiveListener<Event>>();
  /** Those of the listeners who were told nothing yet. */
  protected newcomers: LiveListener<Event>[] = [];
  protected isClosed = false;
  readonly #following: Promise<Following | null>;
  readonly #close: () => void;

  /**
   * @param close called once, when it ends: whoever comes then needs another
   * @param sessionId a session of which it wants to hear, beside scopes
   */
  constructor(activity: Activity, close: () => void, sessionId?: string) {
    this.#close = close;
    this.#following = activity
      .follow({ sessionId, happened: (changes) => this.happened(changes) })
      .catch((error) => {
        this.end(error);
        return null;
      });
  }

  protected abstract happened(changes: Changes): void;
  /** There are newcomers to be told; nothing that happens from now on will be missed. */
  protected abstract welcome(): void;
  protected abstract stopTimers(): void;

  join(listener: LiveListener<Event>): () => void {
    this.listeners.add(listener);
    this.newcomers.push(listener);
    void this.#following.then(() => {
      if (!this.isClosed) this.welcome();
    });
    return () => {
      this.listeners.delete(listener);
      this.newcomers = this.newcomers.filter((each) => each !== listener);
      if (this.listeners.size === 0) this.end();
    };
  }

  /** @param those who are to be told, as far as they have not left */
  protected tellThem(those: Iterable<LiveListener<Event>>, event: Event): void {
    for (const listener of those) if (this.listeners.has(listener)) void listener.next(event);
  }

  protected end(error?: unknown): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.stopTimers();
    this.#close();
    void this.#following.then((following) => following?.stop());
    for (const listener of this.listeners) listener.end(error);
    this.listeners.clear();
  }
}
