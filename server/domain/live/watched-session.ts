import { readSessions, type SessionInPlace } from '../auth-sessions/find.ts';
import { NotFoundError } from '../errors.ts';
import type { Activity, Changes } from './activity.ts';
import { type LiveTools, onePerProcess } from './one-per-process.ts';
import { whenScopesChange } from './scope-changes.ts';
import { LiveSource } from './source.ts';
import { Topic } from './topic.ts';

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
  const topics = new Map<string, SessionTopic>();
  const dirty = new Set<SessionTopic>();
  let isRunning = false;
  let timer: NodeJS.Timeout | undefined;

  whenScopesChange(events, () => {
    for (const topic of topics.values()) look(topic);
  });

  /** Soon, together with the others that ask for it in this turn of the event loop. */
  function look(topic: SessionTopic): void {
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
        const known = topics.get(sessionId);
        if (known) return known.join(listener);
        const close = () => {
          topics.delete(sessionId);
          dirty.delete(topic);
        };
        const topic = new SessionTopic(activity, close, sessionId, look);
        topics.set(sessionId, topic);
        return topic.join(listener);
      }),
  };
}

/** One session that is watched. */
class SessionTopic extends Topic<SessionInPlace> {
  readonly id: string;
  readonly #look: (topic: SessionTopic) => void;
  #told: string | null = null;
  #deadline: NodeJS.Timeout | undefined;

  constructor(
    activity: Activity,
    close: () => void,
    id: string,
    look: (topic: SessionTopic) => void,
  ) {
    super(activity, close, id);
    this.id = id;
    this.#look = look;
  }

  protected happened({ sessionIds }: Changes): void {
    if (sessionIds.has(this.id)) this.#look(this);
  }

  protected welcome(): void {
    this.#look(this);
  }

  /** @param session as it is now; null: it cannot be found any more */
  tell(session: (SessionInPlace & { endsInMs: number | null }) | null): void {
    if (this.isClosed) return;
    if (session === null) {
      this.end(new NotFoundError('The session'));
      return;
    }
    const { status, endsInMs, exchangeWindowOver } = session;
    const isNew = status !== this.#told;
    this.#told = status;
    const newcomers = this.newcomers.splice(0);
    this.tellThem(isNew ? this.listeners : newcomers, session);
    if (endsInMs === null || exchangeWindowOver) {
      this.end();
      return;
    }
    clearTimeout(this.#deadline);
    // A timer may come a moment early; then there is a moment left to wait for.
    this.#deadline = setTimeout(() => this.#look(this), Math.max(1, Math.ceil(endsInMs)));
    this.#deadline.unref();
  }

  protected stopTimers(): void {
    clearTimeout(this.#deadline);
  }
}
