import { type ReactNode, useId } from 'react';
import { classNames } from './class-names.ts';
import styles from './Section.module.css';

/** A part of a page with its heading; `card` frames what is in it. */
export function Section({
  title,
  description,
  actions,
  card = false,
  id,
  children,
}: {
  title: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  card?: boolean;
  /** The anchor that links can name. */
  id?: string;
  children: ReactNode;
}) {
  const headingId = useId();
  return (
    <section aria-labelledby={headingId} className={styles.section} id={id}>
      <header className={styles.header}>
        <div className={styles.words}>
          <h2 id={headingId} className={styles.title}>
            {title}
          </h2>
          {description && <p className={styles.description}>{description}</p>}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      {card ? <div className={styles.card}>{children}</div> : children}
    </section>
  );
}

/** One row of a card: a setting, or a fact with its name. */
export function CardRow({ children, tight = false }: { children: ReactNode; tight?: boolean }) {
  return <div className={classNames(styles.row, tight && styles.tight)}>{children}</div>;
}

/** The buttons under a card's rows. */
export function CardActions({ children }: { children: ReactNode }) {
  return <div className={styles.footer}>{children}</div>;
}
