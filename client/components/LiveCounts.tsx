import { useSubscription } from 'urql';
import { type FragmentType, graphql, readFragment } from '../gql/index.ts';
import { formatCount } from '../ui/numbers.ts';
import styles from './LiveCounts.module.css';
import { LiveMark } from './LiveMark.tsx';

const LiveCounts_SessionCounts = graphql(`
  fragment LiveCounts_SessionCounts on SessionCounts {
    id
    pending
    today { started confirmed cancelled expired used }
    lifetime { started confirmed cancelled expired used }
  }
`);

const WatchCounts = graphql(`
  subscription WatchCounts($projectId: ID!, $environmentId: ID) {
    liveSessionCounts(projectId: $projectId, environmentId: $environmentId) {
      id
      ...LiveCounts_SessionCounts
    }
  }
`);

/** How many sessions there are in each state, as they change. */
export function LiveCounts({
  projectId,
  environmentId,
  ...props
}: {
  counts: FragmentType<typeof LiveCounts_SessionCounts>;
  projectId: string;
  environmentId: string;
}) {
  const { pending, today, lifetime } = readFragment(LiveCounts_SessionCounts, props.counts);
  // What it says goes into the cache, under the id of these counts.
  useSubscription({ query: WatchCounts, variables: { projectId, environmentId } });
  return (
    <section aria-label="Live counts" className={styles.counts}>
      <Count name="Pending now" value={pending} mark={<LiveMark />} />
      <Count name="Started today" value={today.started} of={lifetime.started} />
      <Count name="Confirmed today" value={today.confirmed} of={lifetime.confirmed} />
      <Count name="Used today" value={today.used} of={lifetime.used} />
    </section>
  );
}

function Count({
  name,
  value,
  of,
  mark,
}: {
  name: string;
  value: number;
  /** Over the lifetime. */
  of?: number;
  mark?: React.ReactNode;
}) {
  return (
    <dl className={styles.count}>
      <dt>{name}</dt>
      <dd className="number">{formatCount(value)}</dd>
      <dd className={styles.of}>
        {mark}
        {of !== undefined && `${formatCount(of)} since the beginning`}
      </dd>
    </dl>
  );
}
