import { type ReactNode, useCallback, useState } from 'react';
import { useClient } from 'urql';
import { graphql } from '../gql/index.ts';
import { type LatchkeyClient, readAnswer } from '../urql.ts';
import { ActivityRows } from './ActivityRows.tsx';
import type { ActivityFilter } from './activity-filter.ts';
import { toListPage, useActivityList } from './activity-list.ts';
import { useSessionChanges, type Watched } from './counts-changes.ts';
import { LiveTail } from './LiveTail.tsx';
import { SessionsTable } from './SessionsTable.tsx';

export const LogSessions = graphql(`
  query LogSessions($scopeId: ID!, $first: Int!, $after: String, $filter: AuthSessionFilter) {
    node(id: $scopeId) {
      id
      ... on ActivityScope {
        authSessions(first: $first, after: $after, filter: $filter) {
          edges { node { id ...SessionsTable_AuthSession } }
          pageInfo { hasNextPage startCursor endCursor }
          searchedUntil
        }
      }
    }
  }
`);

/** The sessions of a place, newest first, as they come and change. */
export function SessionsLog({
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
  const { sessions } = filter;
  const list = useActivityList(
    useCallback(
      async (first, after) => {
        const asked = { scopeId, first, after, filter: sessions };
        const policy = { requestPolicy: 'network-only' } as const;
        const { node } = readAnswer(await client.query(LogSessions, asked, policy));
        return toListPage((node as ScopeOf<typeof node> | null)?.authSessions);
      },
      [client, scopeId, sessions],
    ),
  );

  const [paused, setPaused] = useState(false);
  /** The filter that was set when something changed while paused. Of how many rows nobody tells. */
  const [changedOf, setChangedOf] = useState<typeof sessions | null>(null);
  useSessionChanges(watched, () => {
    if (!paused) list.reload();
    else if (watched) setChangedOf(sessions); // a workspace is only asked, whether or not it changed
  });

  function show() {
    setChangedOf(null);
    list.reload();
  }

  return (
    <>
      <LiveTail
        isLive={watched !== null}
        paused={paused}
        waiting={paused && changedOf === sessions && 'Read anew'}
        onShow={show}
        onPause={(next) => {
          setPaused(next);
          if (!next) show();
        }}
      />
      <ActivityRows list={list} filter={filter} what="session" firstUse={firstUse}>
        {(rows, empty) => <SessionsTable sessions={rows} hrefOf={hrefOf} empty={empty} />}
      </ActivityRows>
    </>
  );
}

type ScopeOf<Node> = Extract<NonNullable<Node>, { authSessions: unknown }>;
