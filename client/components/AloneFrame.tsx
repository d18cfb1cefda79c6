import { type ReactNode, useEffect, useRef } from 'react';
import { Mark } from '../ui/Mark.tsx';
import styles from './AloneFrame.module.css';

/** A page of its own, for people who are not signed in: one thing to do, in the middle. */
export function AloneFrame({
  title,
  description,
  children,
  foot,
}: {
  title: string;
  description?: ReactNode;
  children: ReactNode;
  foot?: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // Unless a field took the focus by itself.
    if (document.activeElement === document.body) heading.current?.focus();
  }, []);
  return (
    <div className={styles.page}>
      <a href="#main" className={styles.skip}>
        Skip to main content
      </a>
      <main id="main" tabIndex={-1} className={styles.main}>
        <title>{`${title} · Latchkey`}</title>
        <header className={styles.header}>
          <Mark size={40} />
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {description && <p className={styles.description}>{description}</p>}
        </header>
        <div className={styles.card}>{children}</div>
        {foot && <p className={styles.foot}>{foot}</p>}
      </main>
    </div>
  );
}
