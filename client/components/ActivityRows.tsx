import type { ReactNode } from 'react';
import { Button } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';
import { More } from '../ui/More.tsx';
import { Notice } from '../ui/Notice.tsx';
import { TableSkeleton } from '../ui/Skeleton.tsx';
import { Time } from '../ui/Time.tsx';
import type { ActivityFilter } from './activity-filter.ts';
import type { ActivityList } from './activity-list.ts';
import { Failure } from './Failure.tsx';

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
  if (!page) {
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
      {error && (
        <Notice tone="caution" actions={<Button onClick={reload}>Try again</Button>}>
          <p>This is from before: {error.message}</p>
        </Notice>
      )}
      {children(page.rows, filter.isFiltered ? noMatch : firstUse)}
      {page.hasMore && (
        <More>
          <Button busy={busy} onClick={showMore}>
            {page.searchedUntil ? 'Search further back' : 'Show more'}
          </Button>
        </More>
      )}
    </>
  );
}
