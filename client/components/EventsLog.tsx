import { type ReactNode, useCallback, useEffect, useState } from 'react';
import { useClient, useSubscription } from 'urql';
import { type FragmentType, graphql } from '../gql/index.ts';
import { formatCount } from '../ui/numbers.ts';
import { type LatchkeyClient, readAnswer } from '../urql.ts';
import { ActivityRows } from './ActivityRows.tsx';
import type { ActivityFilter } from './activity-filter.ts';
import { toListPage, useActivityList } from './activity-list.ts';
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

/** What was told since the page was read. */
interface Told {
  /** Oldest first. */
  entries: readonly Entry[];
  /** How many of them are shown while new ones wait. */
  shown: number;
  /** The filter that they match: another has another page, behind which nothing was told yet. */
  of: object;
}

const nothing = { entries: [], shown: 0 };

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
        return toListPage((node as ScopeOf<typeof node> | null)?.logs);
      },
      [client, scopeId, logs],
    ),
  );

  const [told, setTold] = useState<Told>({ ...nothing, of: logs });
  const { entries, shown } = told.of === logs ? told : nothing;
  const [paused, setPaused] = useState(false);

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
        const known = before.of === logs ? before : nothing;
        const isKnown = known.entries.some(({ id }) => id === data.logAppended.id);
        if (isKnown) return before;
        return { ...known, entries: [...known.entries, data.logAppended], of: logs };
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

  const showAll = () =>
    setTold((before) =>
      before.of === logs ? { ...before, shown: before.entries.length } : before,
    );
  const ids = new Set(list.page?.rows.map(({ id }) => id));
  const isFresh = ({ id }: Entry) => !ids.has(id);
  const fresh = (paused ? entries.slice(0, shown) : entries).filter(isFresh).reverse();
  const waiting = paused ? entries.slice(shown).filter(isFresh).length : 0;
  return (
    <>
      <LiveTail
        isLive={watched !== null}
        paused={paused}
        waiting={waiting > 0 && `${formatCount(waiting)} new`}
        onShow={showAll}
        onPause={(next) => {
          showAll();
          setPaused(next);
        }}
      />
      <ActivityRows list={list} filter={filter} what="event" firstUse={firstUse}>
        {(rows, empty) => (
          <EventsTable entries={[...fresh, ...rows]} hrefOf={hrefOf} empty={empty} />
        )}
      </ActivityRows>
    </>
  );
}

type ScopeOf<Node> = Extract<NonNullable<Node>, { logs: unknown }>;
