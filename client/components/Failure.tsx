import { Button } from '../ui/Button.tsx';
import { CopyValue } from '../ui/Copy.tsx';
import { Empty } from '../ui/Empty.tsx';
import { Notice } from '../ui/Notice.tsx';
import { isRefusal, type LatchkeyError } from '../urql.ts';
import styles from './InactiveNotice.module.css';

/** Stands in place of what could not be shown: why, how to find it in the log, and again. */
export function Failure({ error, onRetry }: { error: LatchkeyError; onRetry: () => void }) {
  if (isRefusal(error)) return <Refused />;
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

/** Stands over what is known from before, or not in full: why, how to find it in the log, and again. */
export function OutOfDate({ error, onRetry }: { error: LatchkeyError; onRetry: () => void }) {
  return (
    <div className={styles.place}>
      <Notice tone="caution" live actions={<Button onClick={onRetry}>Try again</Button>}>
        <p>Not all of this is up to date: {error.message}</p>
        {error.requestId && (
          <p>
            The server’s log knows it as <CopyValue value={error.requestId} label="request id" />
          </p>
        )}
      </Notice>
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
