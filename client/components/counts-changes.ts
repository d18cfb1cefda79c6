import { useEffect, useRef } from 'react';
import { useSubscription } from 'urql';
import { graphql } from '../gql/index.ts';

const WatchChanges = graphql(`
  subscription WatchChanges($projectId: ID!, $environmentId: ID) {
    liveSessionCounts(projectId: $projectId, environmentId: $environmentId) {
      id
      at
      lifetime { started confirmed cancelled expired used }
    }
  }
`);

export interface Watched {
  projectId: string;
  environmentId: string;
}

const pauseMs = 2_500;
const pollMs = 10_000;

/**
 * Calls when sessions changed, at most every few seconds, and once more after the last change.
 * Workspaces tell nothing by themselves, so there it is called every ten seconds that one looks.
 *
 * @param watched null: a workspace
 */
export function useSessionChanges(watched: Watched | null, onChange: () => void): void {
  const latest = useRef(onChange);
  latest.current = onChange;
  const seen = useRef<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const calledAt = useRef(0);
  useEffect(() => () => clearTimeout(timer.current ?? undefined), []);

  function tell() {
    timer.current = null;
    calledAt.current = performance.now();
    latest.current();
  }

  useSubscription(
    {
      query: WatchChanges,
      variables: { projectId: watched?.projectId ?? '', environmentId: watched?.environmentId },
      pause: watched === null,
    },
    (_before, told) => {
      const { id, lifetime } = told.liveSessionCounts;
      const now = JSON.stringify([id, lifetime]);
      const hasChanged = seen.current !== now;
      seen.current = now;
      // The first counts too: what happened since the page was read is told by nothing else.
      if (!hasChanged || timer.current !== null) return told;
      const wait = Math.max(0, calledAt.current + pauseMs - performance.now());
      timer.current = setTimeout(tell, wait);
      return told;
    },
  );

  const polls = watched === null;
  useEffect(() => {
    if (!polls) return;
    const interval = setInterval(() => {
      if (document.visibilityState === 'visible' && navigator.onLine) latest.current();
    }, pollMs);
    return () => clearInterval(interval);
  }, [polls]);
}
