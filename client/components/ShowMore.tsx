import type { More as ToShow } from '../paged-answer.ts';
import { Button } from '../ui/Button.tsx';
import { More } from '../ui/More.tsx';
import { Notice } from '../ui/Notice.tsx';

/** Stands under a list that is read page by page. */
export function ShowMore({ more: { hasMore, busy, error, show } }: { more: ToShow }) {
  if (!hasMore) return null;
  return (
    <>
      {error && (
        <Notice tone="caution" live>
          More could not be read: {error.message}
        </Notice>
      )}
      <More>
        <Button busy={busy} onClick={show}>
          {error ? 'Try again' : 'Show more'}
        </Button>
      </More>
    </>
  );
}
