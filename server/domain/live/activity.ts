import { randomUUID } from 'node:crypto';
import { type Db, promptly } from '../../platform/db.ts';
import { type Events, encodeMessage, notifySql } from '../../platform/events.ts';

/**
 * What happened, as every process of the database learns of it.
 *
 * Invariant: whatever became visible in the log after `follow` resolved is told, exactly once, whichever
 * process wrote it, in whatever order transactions got their ids and committed, and whatever happens to
 * the processes and connections in between.
 *
 * Each look reads what its snapshot sees and the one before did not; so nothing depends on ids or clocks
 * being in order, and a look that fails is made up for by the next. Messages by NOTIFY only say that it
 * is time to look: at most four a second from each process that writes, never one for each session
 * (in each transaction it cost three quarters of the insert rate). Where none is heard, such as from a
 * process that was killed just after it committed, a look every second finds it.
 */
export interface Activity {
  /** This process has written sessions or log entries, and committed. */
  wrote(): void;
  /**
   * Tells the follower of all that happens from now on.
   *
   * @throws the database's error, where it cannot be asked
   */
  follow(follower: Follower): Promise<Following>;
}

export interface Follower {
  /** A session of which it wants to hear. */
  readonly sessionId?: string;
  /** A workspace of which it wants to hear each log entry. */
  readonly workspaceId?: string;
  happened(changes: Changes): void;
}

export interface Following {
  /** A pg_snapshot: what it does not see will be told, and nothing else. */
  readonly since: string;
  stop(): void;
}

export interface Changes {
  /** Environments, projects and workspaces in which sessions changed. */
  scopeIds: ReadonlySet<string>;
  /** Of the sessions that were asked for, those that changed. */
  sessionIds: ReadonlySet<string>;
  /** New log entries of the workspaces that were asked for, in the order of their instants. */
  entryIds: readonly string[];
  /** There were more new entries than are told one by one. */
  entriesLost: boolean;
}

/** Sooner one look does not follow another. */
const gapMs = 50;
/** Later neither, while somebody follows. */
const pauseMs = 1_000;
/** How often one process tells the others to look, at most. */
const tellEveryMs = 250;
/** Told one by one in a look; an import writes millions. */
const entriesMax = 5_000;
const kind = 'activity';

const lookSql = `
WITH fresh AS MATERIALIZED (
  SELECT id, at, environment_id, project_id, workspace_id, session_id FROM log_entries
  WHERE xid >= pg_snapshot_xmin($1::pg_snapshot) AND NOT pg_visible_in_snapshot(xid, $1::pg_snapshot)
)
SELECT pg_current_snapshot()::text AS snapshot,
  ARRAY(SELECT environment_id FROM fresh WHERE session_id IS NOT NULL GROUP BY 1
    UNION SELECT project_id FROM fresh WHERE session_id IS NOT NULL GROUP BY 1
    UNION SELECT workspace_id FROM fresh WHERE session_id IS NOT NULL GROUP BY 1) AS scope_ids,
  ARRAY(SELECT DISTINCT session_id FROM fresh WHERE session_id = ANY ($2::text[])) AS session_ids,
  ARRAY(SELECT id FROM fresh WHERE workspace_id = ANY ($3::text[]) ORDER BY at, id LIMIT ${entriesMax + 1}) AS entry_ids`;

/** @param onError told of followers that break */
export function createActivity(
  db: Db,
  events: Events,
  onError: (error: unknown) => void = () => {},
): Activity {
  const self = randomUUID();
  const followers = new Set<Follower>();
  /** What the last look saw; null while nobody follows. */
  let snapshot: string | null = null;
  let begun: Promise<void> | null = null;
  let looking: Promise<void> | null = null;
  let lookAgain = false;
  let lookedAt = 0;
  let timer: NodeJS.Timeout | null = null;
  let telling: NodeJS.Timeout | null = null;
  let toldAt = Number.NEGATIVE_INFINITY;

  events.listen({
    reset: lookSoon,
    message: (message) => {
      if (message.kind !== kind || message.id !== self) lookSoon();
    },
  });

  function lookSoon(): void {
    if (snapshot === null) return;
    if (looking) lookAgain = true;
    else lookIn(Math.max(0, lookedAt + gapMs - performance.now()));
  }

  function lookIn(ms: number): void {
    if (timer) clearTimeout(timer);
    timer = setTimeout(look, ms);
    timer.unref();
  }

  async function look(): Promise<void> {
    if (snapshot === null || looking) return;
    looking = lookOnce(snapshot);
    await looking;
    looking = null;
    if (snapshot !== null) lookIn(lookAgain ? gapMs : pauseMs);
  }

  async function lookOnce(from: string): Promise<void> {
    lookAgain = false;
    lookedAt = performance.now();
    const asking = [...followers];
    const asked = (of: 'sessionId' | 'workspaceId') =>
      asking.flatMap((follower) => follower[of] ?? []);
    const look = {
      name: 'live-activity',
      text: lookSql,
      values: [from, asked('sessionId'), asked('workspaceId')],
      ...promptly,
    };
    // Where the database is away, whoever asks it now hears so. The next look covers this one.
    const found = await db.$pool.query<LookRow>(look).catch(() => null);
    if (found === null || snapshot !== from) return; // all have gone, and perhaps others come
    const { snapshot: seen, scope_ids, session_ids, entry_ids } = found.rows[0]!;
    snapshot = seen;
    if (scope_ids.length === 0 && entry_ids.length === 0) return;
    const changes: Changes = {
      scopeIds: new Set(scope_ids),
      sessionIds: new Set(session_ids),
      entryIds: entry_ids.slice(0, entriesMax),
      entriesLost: entry_ids.length > entriesMax,
    };
    for (const follower of asking) {
      if (!followers.has(follower)) continue;
      try {
        follower.happened(changes);
      } catch (error) {
        onError(error); // it costs no other its news, which no look tells again
      }
    }
  }

  async function begin(): Promise<void> {
    const text = 'SELECT pg_current_snapshot()::text AS snapshot';
    const { rows } = await db.$pool.query({ text, ...promptly });
    snapshot = rows[0].snapshot;
    lookIn(pauseMs);
  }

  function tell(): void {
    telling = null;
    toldAt = performance.now();
    // Lost, it costs the others a second.
    db.$pool
      .query({
        name: 'live-tell',
        text: notifySql,
        values: [encodeMessage({ kind, id: self })],
        ...promptly,
      })
      .catch(() => {});
  }

  return {
    wrote() {
      lookSoon();
      if (telling) return;
      const wait = Math.max(0, toldAt + tellEveryMs - performance.now());
      telling = setTimeout(tell, wait);
      telling.unref();
    },
    async follow(follower) {
      followers.add(follower);
      const stop = () => {
        followers.delete(follower);
        if (followers.size > 0) return;
        snapshot = null;
        begun = null;
        if (timer) clearTimeout(timer);
      };
      begun ??= begin();
      const mine = begun;
      try {
        await mine;
        // A look that is under way did not ask for this follower.
        await looking;
        return { since: snapshot!, stop };
      } catch (error) {
        stop();
        if (begun === mine) begun = null;
        throw error;
      }
    },
  };
}

interface LookRow {
  snapshot: string;
  scope_ids: string[];
  session_ids: string[];
  entry_ids: string[];
}
