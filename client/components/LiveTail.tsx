import { Pause, Play } from 'lucide-react';
import { Button } from '../ui/Button.tsx';
import { formatCount } from '../ui/numbers.ts';
import { LiveMark } from './LiveMark.tsx';
import styles from './LiveTail.module.css';

/** Whether new rows come in by themselves, and how many wait. */
export function LiveTail({
  isLive,
  paused,
  waiting,
  onPause,
  onShow,
}: {
  /** Told of changes, and not only asking now and then. */
  isLive: boolean;
  paused: boolean;
  /** New rows that are not shown yet. */
  waiting: number;
  onPause: (paused: boolean) => void;
  onShow: () => void;
}) {
  const Icon = paused ? Play : Pause;
  return (
    <div className={styles.tail}>
      <Button
        size="small"
        look="quiet"
        icon={<Icon aria-hidden="true" />}
        onClick={() => onPause(!paused)}
      >
        {paused ? 'Resume' : 'Pause'}
      </Button>
      {paused ? (
        <span className={styles.note}>Paused</span>
      ) : isLive ? (
        <LiveMark />
      ) : (
        <span className={styles.note}>Read anew every ten seconds</span>
      )}
      <span className={styles.fresh} role="status">
        {waiting > 0 && (
          <Button size="small" onClick={onShow}>
            {formatCount(waiting)} new
          </Button>
        )}
      </span>
    </div>
  );
}
