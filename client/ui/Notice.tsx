import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';
import styles from './Notice.module.css';

const icons = { info: Info, caution: TriangleAlert, negative: CircleAlert };

/**
 * Something to know before going on. With `live` it is read out when it appears, as an answer to
 * what the person just did.
 */
export function Notice({
  tone = 'info',
  live = false,
  children,
  actions,
}: {
  tone?: keyof typeof icons;
  live?: boolean;
  children: ReactNode;
  actions?: ReactNode;
}) {
  const Icon = icons[tone];
  return (
    <div
      className={classNames(styles.notice, styles[tone])}
      role={live ? (tone === 'info' ? 'status' : 'alert') : undefined}
    >
      <Icon aria-hidden="true" />
      <div className={styles.text}>{children}</div>
      {actions && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}
