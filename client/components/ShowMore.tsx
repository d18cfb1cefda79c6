import type { More as ToShow } from '../paged-answer.ts';
import { More } from '../ui/More.tsx';
import { Notice } from '../ui/Notice.tsx';

/** Stands under a list that is read page by page. */
export function ShowMore({ more: { hasMore, busy, error, show } }: { more: ToShow }) {
  return (
    <>
      {error && (
        <Notice tone="caution" live>
          More could not be read: {error.message}
        </Notice>
      )}
      <More hasMore={hasMore || error !== null} busy={busy} onShow={show}>
        {error ? 'Try again' : 'Show more'}
      </More>
    </>
  );
}
