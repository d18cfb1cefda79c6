import { classNames } from '../ui/class-names.ts';
import { ConfirmSession } from './ConfirmSession.tsx';
import styles from './TryIt.module.css';

/** The confirming side: the page of the QR code, as somebody's phone shows it. */
export function TryItPhone({ linkToken }: { linkToken: string | null }) {
  return (
    <div className={styles.phone}>
      {linkToken ? (
        <ConfirmSession
          key={linkToken}
          linkToken={linkToken}
          frame={({ title, children }) => (
            <div className={styles.screen}>
              <h3>{title}</h3>
              {children}
            </div>
          )}
        />
      ) : (
        <div className={classNames(styles.screen, styles.waiting)}>
          <p>
            Once a session is started, this phone opens its link, as if it had scanned the code.
          </p>
        </div>
      )}
    </div>
  );
}
