import type { ReactNode } from 'react';
import { Button } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';
import { More } from '../ui/More.tsx';
import { TableSkeleton } from '../ui/Skeleton.tsx';
import { Time } from '../ui/Time.tsx';
import { isRefusal } from '../urql.ts';
import type { ActivityFilter } from './activity-filter.ts';
import type { ActivityList } from './activity-list.ts';
import { Failure, OutOfDate } from './Failure.tsx';

/** A list in whichever state it is. What is known stays when asking again fails. */
export function ActivityRows<Row extends { id: string }>({
  list: { page, error, busy, showMore, reload },
  filter,
  what,
  firstUse,
  children,
}: {
  list: ActivityList<Row>;
  filter: ActivityFilter;
  /** `session` or `event`. */
  what: string;
  /** Stands where there is nothing yet. */
  firstUse: ReactNode;
  children: (rows: readonly Row[], empty: ReactNode) => ReactNode;
}) {
  if (!page || (error && isRefusal(error))) {
    return error ? <Failure error={error} onRetry={reload} /> : <TableSkeleton rows={8} />;
  }
  const noMatch = (
    <Empty title={`No ${what} matches`} action={<Button onClick={filter.clear}>Show all</Button>}>
      {page.searchedUntil && (
        <p>
          So far. The search came as far as <Time at={page.searchedUntil} />.
        </p>
      )}
    </Empty>
  );
  return (
    <>
      {error && <OutOfDate error={error} onRetry={reload} />}
      {children(page.rows, filter.isFiltered ? noMatch : firstUse)}
      <More hasMore={page.hasMore} busy={busy} onShow={showMore}>
        {page.searchedUntil ? 'Search further back' : 'Show more'}
      </More>
    </>
  );
}
