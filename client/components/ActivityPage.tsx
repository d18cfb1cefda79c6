import { lazy, type ReactNode, Suspense, useCallback } from 'react';
import { useLocation } from 'wouter';
import { searchWith } from '../location.ts';
import { TableSkeleton } from '../ui/Skeleton.tsx';
import { ActivityFilters, ActivityTabs, type Named } from './ActivityFilters.tsx';
import type { ActivityFilter } from './activity-filter.ts';
import type { Watched } from './counts-changes.ts';
import { SessionsLog } from './SessionsLog.tsx';

/** Nobody needs them before they choose events, or open a session. */
const EventsLog = lazy(() => import('./EventsLog.tsx'));
const SessionPanel = lazy(() => import('./SessionPanel.tsx'));

/** The sessions and events of an environment or a workspace, and beside them the one that is opened. */
export function ActivityPage({
  scopeId,
  watched,
  filter,
  keys,
  projects,
  firstUse,
}: {
  scopeId: string;
  watched: Watched | null;
  filter: ActivityFilter;
  keys: readonly Named[];
  projects?: readonly Named[];
  firstUse: ReactNode;
}) {
  const [path] = useLocation();
  const { search, tab, change } = filter;
  const hrefOf = useCallback(
    (session: string) => `${path}?${searchWith(search, { session })}`,
    [path, search],
  );
  const opened = search.get('session');
  const Log = tab === 'events' ? EventsLog : SessionsLog;
  return (
    <>
      <ActivityTabs filter={filter} />
      <ActivityFilters filter={filter} keys={keys} projects={projects} />
      <Suspense fallback={<TableSkeleton rows={8} />}>
        <Log {...{ scopeId, watched, filter, hrefOf, firstUse }} />
      </Suspense>
      <Suspense>
        {opened && <SessionPanel sessionId={opened} onClose={() => change({ session: '' })} />}
      </Suspense>
    </>
  );
}
