import { lazy, type ReactNode, Suspense, useState } from 'react';
import styles from './Dialog.module.css';
import type { DialogProps } from './dialog-props.ts';

const loadPopup = () => import('./DialogPopup.tsx');
const DialogPopup = lazy(loadPopup);

/** A modal dialog. The focus stays within, and goes back where it was. Loaded with the first one. */
export function Dialog(props: DialogProps) {
  const [wanted, setWanted] = useState(props.open);
  if (props.open && !wanted) setWanted(true);
  if (!wanted) return null;
  return (
    <Suspense>
      <DialogPopup {...props} />
    </Suspense>
  );
}

/** Loads the code of dialogs and menus while nothing else is to do. */
export function loadOverlays(): void {
  const load = () => void Promise.all([loadPopup(), import('./MenuPopup.tsx')]).catch(() => {});
  if ('requestIdleCallback' in window) requestIdleCallback(load);
  else setTimeout(load, 1_000);
}

/** What a dialog shows between its title and its buttons. */
export function DialogBody({ children }: { children: ReactNode }) {
  return <div className={styles.body}>{children}</div>;
}

/** The buttons, the one that does it last. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <footer className={styles.actions}>{children}</footer>;
}
