import { type ReactNode, useCallback, useEffect, useState } from 'react';
import { useClient, useSubscription } from 'urql';
import { type FragmentType, graphql } from '../gql/index.ts';
import { type LatchkeyClient, readAnswer } from '../urql.ts';
import { ActivityRows } from './ActivityRows.tsx';
import type { ActivityFilter } from './activity-filter.ts';
import { useActivityList } from './activity-list.ts';
import type { Watched } from './counts-changes.ts';
import { EventsTable, type EventsTable_LogEntry } from './EventsTable.tsx';
import { LiveTail } from './LiveTail.tsx';
import { LogEvents } from './log-events.ts';

const FollowEvents = graphql(`
  subscription FollowEvents(
    $projectId: ID!
    $environmentId: ID!
    $filter: LogFilter
    $after: String
  ) {
    logAppended(
      projectId: $projectId
      environmentId: $environmentId
      filter: $filter
      after: $after
    ) {
      id
      ...EventsTable_LogEntry
    }
  }
`);

type Entry = { id: string } & FragmentType<typeof EventsTable_LogEntry>;

const pollMs = 10_000;

/** The log of a place, newest first, as it is written. */
export default function EventsLog({
  scopeId,
  watched,
  filter,
  hrefOf,
  firstUse,
}: {
  scopeId: string;
  /** null: a workspace, which tells nothing by itself. */
  watched: Watched | null;
  filter: ActivityFilter;
  hrefOf: (sessionId: string) => string;
  firstUse: ReactNode;
}) {
  const client = useClient() as LatchkeyClient;
  const { logs } = filter;
  const list = useActivityList<Entry>(
    useCallback(
      async (first, after) => {
        const asked = { scopeId, first, after, filter: logs };
        const policy = { requestPolicy: 'network-only' } as const;
        const { node } = readAnswer(await client.query(LogEvents, asked, policy));
        const { edges, pageInfo, searchedUntil } = (node as ScopeOf<typeof node>).logs;
        return {
          rows: edges.map((edge) => edge.node),
          hasMore: pageInfo.hasNextPage,
          startCursor: pageInfo.startCursor ?? null,
          endCursor: pageInfo.endCursor ?? null,
          searchedUntil: searchedUntil ?? null,
        };
      },
      [client, scopeId, logs],
    ),
  );

  /** What was told since the page was read, oldest first. */
  const [told, setTold] = useState<{ entries: readonly Entry[]; of: typeof logs }>({
    entries: [],
    of: logs,
  });
  const entries = told.of === logs ? told.entries : [];
  /** How many of them are shown while new ones wait; null: all. */
  const [shown, setShown] = useState<number | null>(null);
  const paused = shown !== null;

  // From the first row of the page on: what was written between the page and the subscription too.
  useSubscription(
    {
      query: FollowEvents,
      variables: {
        projectId: watched?.projectId ?? '',
        environmentId: watched?.environmentId ?? '',
        filter: logs,
        after: list.page?.startCursor ?? null,
      },
      pause: watched === null || list.page === null,
    },
    (_before, data) => {
      setTold((before) => {
        const known = before.of === logs ? before.entries : [];
        const isKnown = known.some(({ id }) => id === data.logAppended.id);
        return isKnown ? before : { entries: [...known, data.logAppended], of: logs };
      });
      return data;
    },
  );

  const polls = watched === null && !paused;
  const { reload } = list;
  useEffect(() => {
    if (!polls) return;
    const interval = setInterval(() => {
      if (document.visibilityState === 'visible' && navigator.onLine) reload();
    }, pollMs);
    return () => clearInterval(interval);
  }, [polls, reload]);

  const visible = entries.slice(0, shown ?? entries.length).reverse();
  return (
    <>
      <LiveTail
        isLive={watched !== null}
        paused={paused}
        waiting={entries.length - visible.length}
        onShow={() => setShown(entries.length)}
        onPause={(next) => setShown(next ? entries.length : null)}
      />
      <ActivityRows list={list} filter={filter} what="event" firstUse={firstUse}>
        {(rows, empty) => {
          const ids = new Set(rows.map(({ id }) => id));
          const fresh = visible.filter(({ id }) => !ids.has(id));
          return <EventsTable entries={[...fresh, ...rows]} hrefOf={hrefOf} empty={empty} />;
        }}
      </ActivityRows>
    </>
  );
}

type ScopeOf<Node> = Extract<NonNullable<Node>, { logs: unknown }>;
