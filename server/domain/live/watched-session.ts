import { readSessions, type SessionInPlace } from '../auth-sessions/find.ts';
import { NotFoundError } from '../errors.ts';
import type { Activity, Following } from './activity.ts';
import { type LiveTools, onePerProcess } from './one-per-process.ts';
import { whenScopesChange } from './scope-changes.ts';
import { type LiveListener, LiveSource } from './source.ts';

/**
 * Sessions as their waiting devices watch them.
 *
 * Invariant: a listener is told each state that lasted longer than a look, in order, and the final one
 * whatever happens. Deadlines are kept by a timer here and decided by the database's clock, so that
 * EXPIRED comes when it is due, whether or not a job runs anywhere.
 */
export interface LiveSessions {
  /**
   * Ends by itself once the state is final, or the session can no longer be exchanged; with
   * NotFoundError when its environment is gone.
   */
  watch(sessionId: string): LiveSource<SessionInPlace>;
}

const retryMs = 500;
/** Read by one statement. */
const batchMax = 1_000;

export const liveSessions = onePerProcess(createLiveSessions);

function createLiveSessions({ db, events, activity }: LiveTools): LiveSessions {
  const topics = new Map<string, Topic>();
  const dirty = new Set<Topic>();
  let isRunning = false;
  let timer: NodeJS.Timeout | undefined;

  whenScopesChange(events, () => {
    for (const topic of topics.values()) look(topic);
  });

  /** Soon, together with the others that ask for it in this turn of the event loop. */
  function look(topic: Topic): void {
    dirty.add(topic);
    runIn(0);
  }

  function runIn(ms: number): void {
    if (isRunning) return;
    clearTimeout(timer);
    timer = setTimeout(run, ms);
    timer.unref();
  }

  async function run(): Promise<void> {
    isRunning = true;
    let waitMs = 0;
    while (dirty.size > 0 && waitMs === 0) {
      const some = [...dirty].slice(0, batchMax);
      for (const topic of some) dirty.delete(topic);
      try {
        const found = await readSessions(
          db,
          some.map(({ id }) => id),
        );
        const byId = new Map(found.map((session) => [session.id, session]));
        for (const topic of some) topic.tell(byId.get(topic.id) ?? null);
      } catch {
        // The database is away. The devices go on waiting, and hear when it is back.
        for (const topic of some) dirty.add(topic);
        waitMs = retryMs;
      }
    }
    isRunning = false;
    if (waitMs > 0) runIn(waitMs);
  }

  return {
    watch: (sessionId) =>
      new LiveSource(`session ${sessionId}`, (listener) => {
        let topic = topics.get(sessionId);
        if (!topic) {
          topic = new Topic(sessionId, activity, look, (closed) => {
            topics.delete(sessionId);
            dirty.delete(closed);
          });
          topics.set(sessionId, topic);
        }
        return topic.join(listener);
      }),
  };
}

type Listener = LiveListener<SessionInPlace>;

/** One session that is watched. */
class Topic {
  readonly id: string;
  readonly #look: (topic: Topic) => void;
  readonly #close: (topic: Topic) => void;
  readonly #following: Promise<Following | null>;
  readonly #listeners = new Set<Listener>();
  #newcomers: Listener[] = [];
  #told: string | null = null;
  #deadline: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(
    id: string,
    activity: Activity,
    look: (topic: Topic) => void,
    close: (topic: Topic) => void,
  ) {
    this.id = id;
    this.#look = look;
    this.#close = close;
    this.#following = activity
      .follow({
        sessionId: id,
        happened: ({ sessionIds }) => {
          if (sessionIds.has(id)) look(this);
        },
      })
      .catch((error) => {
        this.#end(error);
        return null;
      });
  }

  join(listener: Listener): () => void {
    this.#listeners.add(listener);
    this.#newcomers.push(listener);
    void this.#following.then(() => {
      if (!this.#isClosed) this.#look(this);
    });
    return () => {
      this.#listeners.delete(listener);
      this.#newcomers = this.#newcomers.filter((each) => each !== listener);
      if (this.#listeners.size === 0) this.#end();
    };
  }

  /** @param session as it is now; null: it cannot be found any more */
  tell(session: (SessionInPlace & { endsInMs: number | null }) | null): void {
    if (this.#isClosed) return;
    if (session === null) {
      this.#end(new NotFoundError('The session'));
      return;
    }
    const { status, endsInMs, exchangeWindowOver } = session;
    const isNew = status !== this.#told;
    this.#told = status;
    const newcomers = this.#newcomers.splice(0);
    for (const listener of isNew ? this.#listeners : newcomers) {
      if (this.#listeners.has(listener)) void listener.next(session);
    }
    if (endsInMs === null || exchangeWindowOver) {
      this.#end();
      return;
    }
    clearTimeout(this.#deadline);
    // A timer may come a moment early; then there is a moment left to wait for.
    this.#deadline = setTimeout(() => this.#look(this), Math.max(1, Math.ceil(endsInMs)));
    this.#deadline.unref();
  }

  #end(error?: unknown): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#deadline);
    this.#close(this);
    void this.#following.then((following) => following?.stop());
    for (const listener of this.#listeners) listener.end(error);
    this.#listeners.clear();
  }
}
