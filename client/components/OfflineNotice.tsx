import { useSyncExternalStore } from 'react';
import { useLiveStatus } from '../live.ts';
import { Notice } from '../ui/Notice.tsx';
import styles from './InactiveNotice.module.css';

let since: number | null = null;

function subscribe(listener: () => void): () => void {
  addEventListener('online', listener);
  addEventListener('offline', listener);
  return () => {
    removeEventListener('online', listener);
    removeEventListener('offline', listener);
  };
}

/** When this browser lost its connection; null while it has one. */
function readOfflineSince(): number | null {
  since = navigator.onLine ? null : (since ?? Date.now());
  return since;
}

const time = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });

/** Says that what is shown may be old, while the browser or the server is away. */
export function OfflineNotice() {
  const offlineSince = useSyncExternalStore(subscribe, readOfflineSince);
  const live = useLiveStatus();
  const since = offlineSince ?? (live.state === 'down' ? live.since : null);
  if (since === null) return null;
  return (
    <div className={styles.place}>
      <Notice tone="caution" live>
        {offlineSince === null
          ? 'Nothing live can be told just now: paused'
          : 'You are offline: live paused'}{' '}
        since {time.format(since)}. What you see may be old
        {offlineSince === null ? '.' : ', and changes cannot be made.'}
      </Notice>
    </div>
  );
}
