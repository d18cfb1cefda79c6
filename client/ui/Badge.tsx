import type { ReactNode } from 'react';
import styles from './Badge.module.css';
import { classNames } from './class-names.ts';

export type Tone = 'neutral' | 'positive' | 'caution' | 'negative' | 'accent';

/** A word on a tint, such as the kind of an environment. */
export function Badge({ tone = 'neutral', children }: { tone?: Tone; children: ReactNode }) {
  return <span className={classNames(styles.badge, styles[tone])}>{children}</span>;
}

/** A state: a dot and a word, so that colour alone says nothing. */
export function Status({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className={styles.status}>
      <span className={classNames(styles.dot, styles[tone])} aria-hidden="true" />
      {children}
    </span>
  );
}
