import type { ReactNode } from 'react';
import styles from './Row.module.css';

/** A fact or choice of a card: what it is, what that means, and at its end what one can do. */
export function Row({
  title,
  hint,
  action,
  children,
}: {
  title?: ReactNode;
  hint?: ReactNode;
  action?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <div className={styles.row}>
      <div className={styles.words}>
        {title && <p className={styles.title}>{title}</p>}
        {children}
        {hint && <p className={styles.hint}>{hint}</p>}
      </div>
      {action && <div className={styles.action}>{action}</div>}
    </div>
  );
}
