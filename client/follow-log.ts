import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { graphql } from './gql/index.ts';
import { type LatchkeyClient, LatchkeyError, readAnswer } from './urql.ts';

/** Of whichever scope: where its log stands, or stood. */
const ReadLogCursor = graphql(`
  query ReadLogCursor($scopeId: ID!, $to: DateTime) {
    node(id: $scopeId) {
      ... on ActivityScope { logs(first: 1, filter: { to: $to }) { pageInfo { startCursor } } }
    }
  }
`);

/** What a subscription to `logAppended` has to select; the rest is the caller's. */
export interface Appended {
  logAppended: { id: string; at: string };
}

/** Variables that the document has to take, beside others of the caller's. */
export interface LogVariables {
  projectId: string;
  /** Left out: the project's log. */
  environmentId?: string | null | undefined;
  after?: string | null | undefined;
}

export interface LogFollower<Entry> {
  entry(entry: Entry): void;
  /** The last word: it was refused, or what it follows is gone. */
  failed(error: LatchkeyError): void;
}

/** Whatever is told later than an entry was written less long before it: no write takes longer. */
const lateMs = 150_000;

/**
 * Follows a log: tells each entry that is written once the promise is kept, and each once, whatever becomes
 * of the connection.
 *
 * Where a subscription has a cursor in `after`, the server tells what came since then whenever it is opened
 * anew: nothing is missed, and ids tell what was told before. Who shows a page and its first entries
 * needs no more than that. This is for who goes on for days: the cursor moves on behind what was told.
 *
 * @param document a subscription to `logAppended` that takes `projectId`, `environmentId` and `after`
 * @param moveAfterMs how far behind the cursor may fall, which is how much may come again and be left out
 * @returns a function that ends it
 * @throws {LatchkeyError} the log cannot be read
 */
export async function followLog<Data extends Appended, Variables extends LogVariables>(
  client: LatchkeyClient,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  follower: LogFollower<Data['logAppended']>,
  moveAfterMs = 600_000,
): Promise<() => void> {
  /** When what was told since the cursor was written, by id. */
  const told = new Map<string, number>();
  let cursorAt: number | null = null;
  let isMoving = false;
  let isOver = false;
  let unsubscribe = () => {};

  async function readCursor(to: number | null): Promise<string | null> {
    const scopeId = variables.environmentId ?? variables.projectId;
    const instant = to === null ? null : new Date(to).toISOString();
    const asked = { scopeId, to: instant };
    const policy = { requestPolicy: 'network-only' } as const;
    const { node } = readAnswer(await client.query(ReadLogCursor, asked, policy));
    return node && 'logs' in node ? (node.logs.pageInfo.startCursor ?? null) : null;
  }

  function subscribe(after: string | null): void {
    const endLast = unsubscribe;
    const source = client.subscription(document, { ...variables, after });
    ({ unsubscribe } = source.subscribe(({ data, error }) => {
      if (error) fail(new LatchkeyError(error));
      else if (data) tell(data.logAppended);
    }));
    endLast();
  }

  function tell(entry: Data['logAppended']): void {
    if (isOver || told.has(entry.id)) return;
    const at = Date.parse(entry.at);
    told.set(entry.id, at);
    cursorAt ??= at;
    if (at - cursorAt >= moveAfterMs) void move(at - lateMs);
    follower.entry(entry);
  }

  async function move(to: number): Promise<void> {
    if (isMoving) return;
    isMoving = true;
    try {
      const cursor = await readCursor(to);
      if (cursor === null || isOver) return;
      cursorAt = to;
      for (const [id, at] of told) if (at < to) told.delete(id);
      subscribe(cursor);
    } catch {
      // The cursor of before goes on to do, and the next entry comes here again.
    } finally {
      isMoving = false;
    }
  }

  function stop(): void {
    isOver = true;
    unsubscribe();
  }

  function fail(error: LatchkeyError): void {
    if (isOver) return;
    stop();
    follower.failed(error);
  }

  subscribe(await readCursor(null));
  return stop;
}
