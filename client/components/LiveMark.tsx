import { useLiveStatus } from '../live.ts';
import styles from './LiveMark.module.css';

const time = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

/** Whether what is shown keeps itself up to date, and since when it does not. */
export function LiveMark() {
  const status = useLiveStatus();
  if (status.state === 'down') {
    return <span className={styles.paused}>Live paused since {time.format(status.since)}</span>;
  }
  const isLive = status.state === 'connected';
  return (
    <span className={isLive ? styles.live : styles.waiting}>
      <span className={styles.dot} aria-hidden="true" />
      {isLive ? 'Live' : 'Connecting'}
    </span>
  );
}
