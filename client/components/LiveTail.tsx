import { Pause, Play } from 'lucide-react';
import { Button } from '../ui/Button.tsx';
import { LiveMark } from './LiveMark.tsx';
import styles from './LiveTail.module.css';

/** Whether new rows come in by themselves, and the way to those that wait. */
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
  /** What the button says that shows what is new; false: nothing is. */
  waiting: string | false;
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
        {waiting && (
          <Button size="small" onClick={onShow}>
            {waiting}
          </Button>
        )}
      </span>
    </div>
  );
}
