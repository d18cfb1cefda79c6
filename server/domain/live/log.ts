import { type Db, promptly } from '../../platform/db.ts';
import type { ActivityScope } from '../activity-scope.ts';
import type { Call } from '../call.ts';
import { NotFoundError, RateLimitedError } from '../errors.ts';
import type { Bind } from '../filters.ts';
import { type Connection, type Place, writeCursor } from '../keyset.ts';
import { type LogFilter, logFilterSql } from '../logs/filter.ts';
import type { LogRecord } from '../logs/find.ts';
import { logList } from '../logs/list.ts';
import { logColumnsSql, logSight } from '../logs/sight.ts';
import { readLimits, readPage } from '../read-page.ts';
import type { Activity, Following } from './activity.ts';
import { type LiveTools, onePerProcess } from './one-per-process.ts';
import { whenScopesChange } from './scope-changes.ts';
import { type LiveListener, LiveSource } from './source.ts';

/**
 * The log as it grows.
 *
 * Invariant: a listener is told every entry of the scope that the filter takes and that becomes visible
 * after it came, once each. With a cursor it is also told, first, every entry that the page of the cursor
 * did not show: those after it, and those that were written before and committed after the page was read
 * (one that the page did show can be among them). A page without entries has a cursor for this too.
 *
 * What comes later is known by its transaction, not by its instant: see Activity.
 */
export interface LiveLog {
  /** Ends with NotFoundError when the scope is gone. */
  watch(call: Call, wanted: WantedEntries): LiveSource<LogRecord>;
}

export interface WantedEntries {
  workspaceId: string;
  scope: ActivityScope;
  /** Checked. */
  filter: LogFilter;
  /** The place of an entry: what came since then comes first. */
  after: Place | null;
}

/** No transaction that writes entries takes longer: its statements are ended before. */
const lateMs = 120_000;
const pageSize = 100;
const retryMs = 500;
/** Entries that wait to be read, at most. */
const waitingMax = 10_000;

export const liveLog = onePerProcess(createLiveLog);

function createLiveLog({ db, events, activity }: LiveTools): LiveLog {
  const tails = new Set<Tail>();
  whenScopesChange(events, () => {
    for (const tail of tails) tail.check();
  });
  return {
    watch: (call, wanted) =>
      new LiveSource(null, (listener) => {
        const tail = new Tail(db, call, wanted, listener, () => tails.delete(tail));
        tails.add(tail);
        void tail.start(activity);
        return () => tail.end();
      }),
  };
}

/** The log as one listener follows it. */
class Tail {
  readonly #db: Db;
  readonly #call: Call;
  readonly #wanted: WantedEntries;
  readonly #listener: LiveListener<LogRecord>;
  readonly #close: () => void;
  #following: Following | null = null;
  /** Ids of entries that are to be told, in order. */
  #waiting: string[] = [];
  /** While entries are read and told, so that they stay in order. */
  #isBusy = true;
  #isScopeDoubtful = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    db: Db,
    call: Call,
    wanted: WantedEntries,
    listener: LiveListener<LogRecord>,
    close: () => void,
  ) {
    this.#db = db;
    this.#call = call;
    this.#wanted = wanted;
    this.#listener = listener;
    this.#close = close;
  }

  async start(activity: Activity): Promise<void> {
    const { workspaceId, after } = this.#wanted;
    try {
      this.#following = await activity.follow({
        workspaceId,
        happened: ({ entryIds, entriesLost }) => {
          this.#waiting.push(...entryIds);
          if (entriesLost || this.#waiting.length > waitingMax) this.end(new TooManyEntriesError());
          else void this.#tellWaiting();
        },
      });
      if (this.#isClosed) return this.#following.stop();
      if (after) await this.#catchUp(after, this.#following.since);
      this.#isBusy = false;
      await this.#tellWaiting();
    } catch (error) {
      this.end(error);
    }
  }

  /** The scope may be gone. */
  check(): void {
    this.#isScopeDoubtful = true;
    void this.#tellWaiting();
  }

  /** What the page did not show and `since` sees; the rest is told as it happens. */
  async #catchUp(after: Place, since: string): Promise<void> {
    const { scope, filter } = this.#wanted;
    let before: string | null = writeCursor({
      ...after,
      at: new Date(after.at.getTime() - lateMs),
    });
    while (before !== null && !this.#isClosed) {
      const { edges, pageInfo }: Connection<LogRecord> = await readPage(
        this.#db,
        logList(this.#call, scope, filter),
        { last: pageSize, before },
        { ...readLimits, ...promptly },
      );
      const missed = await this.#missedOf(
        edges.map(({ node }) => node.id),
        after,
        since,
      );
      for (const { node } of edges.reverse()) {
        if (missed.has(node.id) && !this.#isClosed) await this.#listener.next(node);
      }
      before = pageInfo.hasPreviousPage ? pageInfo.startCursor : null;
    }
  }

  /** Those of the entries that the page of the cursor did not show, and that will not be told anew. */
  async #missedOf(ids: string[], { at, id, xid }: Place, since: string): Promise<Set<string>> {
    const rows = await this.#ask<{ id: string }>(
      `SELECT l.id FROM log_entries l WHERE l.id = ANY ($1) AND l.id <> $3
         AND ((l.at, l.id) > ($2, $3) OR l.xid >= $4::text::xid8)
         AND pg_visible_in_snapshot(l.xid, $5::pg_snapshot)`,
      [ids, at, id, xid ?? null, since],
    );
    return new Set(rows.map((row) => row.id));
  }

  async #tellWaiting(): Promise<void> {
    if (this.#isBusy || this.#isClosed) return;
    this.#isBusy = true;
    try {
      while (!this.#isClosed && (this.#waiting.length > 0 || this.#isScopeDoubtful)) {
        if (this.#isScopeDoubtful) await this.#checkScope();
        const ids = this.#waiting.slice(0, pageSize);
        if (ids.length === 0) continue;
        const entries = await this.#read(ids);
        this.#waiting.splice(0, ids.length);
        for (const entry of entries) if (!this.#isClosed) void this.#listener.next(entry);
      }
      this.#isBusy = false;
    } catch {
      // The database is away: what waits goes on waiting.
      this.#timer = setTimeout(() => {
        this.#isBusy = false;
        void this.#tellWaiting();
      }, retryMs);
      this.#timer.unref();
    }
  }

  /** Those of the entries that are meant, the oldest first. */
  async #read(ids: string[]): Promise<LogRecord[]> {
    const values: unknown[] = [];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const sight = logSight(this.#call, bind);
    const { scope, filter } = this.#wanted;
    return this.#ask<LogRecord>(
      `SELECT ${logColumnsSql(sight)} FROM log_entries l
       WHERE l.id = ANY (${bind(ids)}) AND ${belongsSql(scope, bind)} AND ${logFilterSql(filter, sight, bind)}
       ORDER BY l.at, l.id`,
      values,
    );
  }

  async #checkScope(): Promise<void> {
    const values: unknown[] = [];
    const environments = this.#wanted.scope.environmentsSql((value) => `$${values.push(value)}`);
    const text = `SELECT EXISTS (${environments}) AS "isThere"`;
    const [found] = await this.#ask<{ isThere: boolean }>(text, values);
    this.#isScopeDoubtful = false;
    if (!found!.isThere) this.end(new NotFoundError('The project or environment'));
  }

  async #ask<Row extends object>(text: string, values: unknown[]): Promise<Row[]> {
    return (await this.#db.$pool.query<Row>({ text, values, ...promptly })).rows;
  }

  end(error?: unknown): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#following?.stop();
    this.#close();
    this.#listener.end(error);
  }
}

/** Whether an entry is of the scope. */
function belongsSql({ environmentsSql, projectsSql }: ActivityScope, bind: Bind): string {
  const ofEnvironments = `l.environment_id IN (${environmentsSql(bind)})`;
  if (projectsSql === null) return ofEnvironments;
  return `(${ofEnvironments} OR (l.environment_id IS NULL AND l.project_id IN (${projectsSql(bind)})))`;
}

/** More was written at once than can be told entry by entry. */
class TooManyEntriesError extends RateLimitedError {
  constructor() {
    super('More entries were written at once than can be followed. Read them as pages.', 1);
  }
}
