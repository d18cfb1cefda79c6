import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';
import styles from './Table.module.css';

export interface Column<Row> {
  key: string;
  header: string;
  /** The header is read out and not shown, as above a menu. */
  hideHeader?: boolean;
  align?: 'start' | 'end';
  /** Takes what room is left, and breaks lines. */
  grow?: boolean;
  /** Breaks lines. */
  wrap?: boolean;
  cell: (row: Row) => ReactNode;
}

/**
 * Rows under headings; on a narrow screen each row is a card, each cell under its heading. The roles
 * are written out because `display` takes them away.
 */
export function Table<Row extends { id: string }>({
  label,
  columns,
  rows,
  highlightedId,
  empty,
}: {
  /** What is in it, for those who come to it by ear. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  /** The row that was just made. */
  highlightedId?: string | null;
  /** Stands in place of the rows where there are none. */
  empty?: ReactNode;
}) {
  if (rows.length === 0 && empty) return <div className={styles.frame}>{empty}</div>;
  return (
    <div className={styles.frame}>
      {/* biome-ignore-start lint/a11y/noRedundantRoles: see above */}
      <table role="table" aria-label={label} className={styles.table}>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map(({ key, header, hideHeader, align, grow }) => (
              <th
                key={key}
                role="columnheader"
                scope="col"
                className={classNames(align === 'end' && styles.end, grow && styles.grow)}
              >
                <span className={hideHeader ? 'visually-hidden' : undefined}>{header}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr
              key={row.id}
              role="row"
              className={row.id === highlightedId ? styles.highlighted : undefined}
            >
              {columns.map(({ key, header, hideHeader, align, grow, wrap, cell }) => (
                <td
                  key={key}
                  role="cell"
                  data-heading={hideHeader ? undefined : header}
                  className={classNames(
                    align === 'end' && styles.end,
                    (grow || wrap) && styles.wrap,
                    hideHeader && styles.unnamed,
                  )}
                >
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {/* biome-ignore-end lint/a11y/noRedundantRoles: see above */}
    </div>
  );
}
