import { useEffect } from 'react';
import { useSubscription } from 'urql';
import { Answer, useAnswer } from '../answers.tsx';
import { graphql } from '../gql/index.ts';
import { CardSkeleton } from '../ui/Skeleton.tsx';
import { Time } from '../ui/Time.tsx';
import styles from './TryIt.module.css';

const TrialTimeline = graphql(`
  query TrialTimeline($id: ID!) {
    authSession(id: $id) {
      id
      status
      logs(first: 20) {
        edges { node { id type at message } }
      }
    }
  }
`);

const WatchTimeline = graphql(`
  subscription WatchTimeline($projectId: ID!, $environmentId: ID!, $sessionId: ID!) {
    logAppended(
      projectId: $projectId
      environmentId: $environmentId
      filter: { sessionId: $sessionId }
    ) { id }
  }
`);

/** What happened to one session, as the log tells it. */
export function TryItTimeline(props: {
  projectId: string;
  environmentId: string;
  sessionId: string;
}) {
  const answer = useAnswer(TrialTimeline, { id: props.sessionId });
  const [appended] = useSubscription({ query: WatchTimeline, variables: props });
  const newest = appended.data?.logAppended.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: read anew for each new entry, and only then
  useEffect(() => {
    if (newest) answer.retry();
  }, [newest]);
  return (
    <Answer of={answer} loading={<CardSkeleton rows={2} />}>
      {({ authSession }) => (
        <ol className={styles.timeline} aria-label="Timeline">
          {[...(authSession?.logs.edges ?? [])].reverse().map(({ node }) => (
            <li key={node.id}>
              <code>{node.type}</code>
              <span>{node.message}</span>
              <span className={styles.at}>
                <Time at={node.at} />
              </span>
            </li>
          ))}
        </ol>
      )}
    </Answer>
  );
}
