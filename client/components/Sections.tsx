import type { ReactNode } from 'react';
import styles from './Sections.module.css';

/** The sections of a page of settings, in a column that reads well. */
export function Sections({ children }: { children: ReactNode }) {
  return <div className={styles.sections}>{children}</div>;
}
