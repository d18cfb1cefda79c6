import { stringifyDocument, type TypedDocumentNode } from '@urql/core';
import { CodeXml } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { graphiqlPath } from '../paths.ts';
import { buttonClass } from '../ui/Button.tsx';
import styles from './PageHeader.module.css';

let visited = false;

/** The heading of a page, its main action, and the way to its operation in GraphiQL. */
export function PageHeader<Variables extends object>({
  title,
  description,
  actions,
  operation,
}: {
  title: string;
  description?: ReactNode;
  actions?: ReactNode;
  /** What the page asks. Its variables stand in an address, so they never hold a secret. */
  operation?: { query: TypedDocumentNode<unknown, Variables>; variables: Variables };
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  // Who goes to another page by keyboard or ear begins at its top, as after any page load.
  useEffect(() => {
    if (visited) {
      heading.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    visited = true;
  }, []);
  return (
    <header className={styles.header}>
      <title>{`${title} · Latchkey`}</title>
      <div className={styles.words}>
        <h1 ref={heading} tabIndex={-1} className={styles.title}>
          {title}
        </h1>
        {description && <p className={styles.description}>{description}</p>}
      </div>
      <div className={styles.actions}>
        {operation && <GraphiQLLink {...operation} />}
        {actions}
      </div>
    </header>
  );
}

/** `</>`: the page's own operation, to look at, change and run. */
function GraphiQLLink({
  query,
  variables,
}: {
  query: TypedDocumentNode<unknown, never>;
  variables: object;
}) {
  const label = 'Open this page’s operation in GraphiQL';
  return (
    <a
      href={graphiqlPath(stringifyDocument(query), variables)}
      target="_blank"
      rel="noreferrer"
      className={buttonClass('quiet')}
      aria-label={label}
      title={label}
    >
      <CodeXml aria-hidden="true" />
    </a>
  );
}
