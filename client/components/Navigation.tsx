import { useId } from 'react';
import { Link } from 'wouter';
import styles from './Navigation.module.css';
import type { NavigationItem } from './navigation.ts';

/** A list of pages, the current one marked. */
export function Navigation({
  label,
  title,
  items,
  path,
}: {
  label: string;
  /** Stands over it, such as the project's name. */
  title?: string;
  items: readonly NavigationItem[];
  path: string;
}) {
  const id = useId();
  return (
    <nav aria-label={title ? undefined : label} aria-labelledby={title ? id : undefined}>
      {title && (
        <p id={id} className={styles.title} title={title}>
          <span className="visually-hidden">{label} </span>
          {title}
        </p>
      )}
      <ul className={styles.list}>
        {items.map(({ label: name, icon: Icon, href }) => (
          <li key={name}>
            <Link
              href={href}
              className={styles.link}
              aria-current={href.split('?', 1)[0] === path ? 'page' : undefined}
            >
              <Icon aria-hidden="true" />
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
