import type { ReactNode } from 'react';
import styles from './More.module.css';

/** Holds the button under a list that has more. */
export function More({ children }: { children: ReactNode }) {
  return <div className={styles.more}>{children}</div>;
}
