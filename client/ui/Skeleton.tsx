import styles from './Skeleton.module.css';

/** Holds the place of a text, in its own height, so that nothing jumps when it comes. */
export function Skeleton({ width = '60%' }: { width?: string }) {
  return <span className={styles.skeleton} style={{ width }} aria-hidden="true" />;
}

/** Holds the place of a table. */
export function TableSkeleton({ rows = 3 }: { rows?: number }) {
  return (
    <div className={styles.table} role="status" aria-label="Loading">
      <div className={styles.head} />
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
        <div key={index} className={styles.row}>
          <Skeleton width="22%" />
          <Skeleton width="30%" />
          <Skeleton width="12%" />
        </div>
      ))}
    </div>
  );
}

/** Holds the place of a card of settings. */
export function CardSkeleton({ rows = 3 }: { rows?: number }) {
  return (
    <div className={styles.card} role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
        <div key={index} className={styles.cardRow}>
          <Skeleton width="12rem" />
          <Skeleton width="24rem" />
        </div>
      ))}
    </div>
  );
}
