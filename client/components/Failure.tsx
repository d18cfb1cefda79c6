import { Button } from '../ui/Button.tsx';
import { CopyValue } from '../ui/Copy.tsx';
import { Empty } from '../ui/Empty.tsx';
import type { LatchkeyError } from '../urql.ts';

/** Stands in place of what could not be shown: why, how to find it in the log, and again. */
export function Failure({ error, onRetry }: { error: LatchkeyError; onRetry: () => void }) {
  if (error.code === 'NOT_FOUND' || error.code === 'FORBIDDEN') return <Refused />;
  const offline = error.status === null;
  return (
    <div role="alert">
      <Empty
        title={offline ? 'The server cannot be reached' : 'This could not be loaded'}
        action={<Button onClick={onRetry}>Try again</Button>}
      >
        <p>{offline ? 'Check your connection. Nothing was lost.' : error.message}</p>
        {error.requestId && (
          <p>
            The server’s log knows it as <CopyValue value={error.requestId} label="request id" />
          </p>
        )}
      </Empty>
    </div>
  );
}

/** What may not be read is told exactly like what is not there. */
export function Refused() {
  return (
    <Empty title="There is nothing here, or you may not see it">
      <p>
        The address may be wrong, the thing deleted, or it belongs to a workspace you are not in.
      </p>
    </Empty>
  );
}
