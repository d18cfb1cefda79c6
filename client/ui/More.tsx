import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Button } from './Button.tsx';
import styles from './More.module.css';

/**
 * The button under a list that has more. Where its last page came while the button had the focus, a line
 * that says so takes its place, and the focus.
 */
export function More({
  hasMore,
  busy,
  onShow,
  children,
}: {
  hasMore: boolean;
  busy: boolean;
  onShow: () => void;
  children: ReactNode;
}) {
  const [pressed, setPressed] = useState(false);
  const end = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    // Unless the person has gone on to something else.
    if (!hasMore && document.activeElement === document.body) end.current?.focus();
  }, [hasMore]);
  if (!hasMore && !pressed) return null;
  return (
    <div className={styles.more}>
      {hasMore ? (
        <Button
          busy={busy}
          onBlur={() => setPressed(false)}
          onClick={() => {
            setPressed(true);
            onShow();
          }}
        >
          {children}
        </Button>
      ) : (
        <p ref={end} tabIndex={-1} onBlur={() => setPressed(false)}>
          That is all.
        </p>
      )}
    </div>
  );
}
