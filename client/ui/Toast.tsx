import { CircleCheck } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { createPortal } from 'react-dom';
import styles from './Toast.module.css';

interface Toast {
  id: number;
  text: string;
}

let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

/** Says that something was done, for five seconds. Never where something must be decided. */
export function showToast(text: string): void {
  lastId += 1;
  const id = lastId;
  change([...toasts, { id, text }]);
  setTimeout(() => change(toasts.filter((each) => each.id !== id)), 5_000);
}

function change(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Where toasts appear. Once in the whole page. */
export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return createPortal(
    <div className={styles.toasts} role="status">
      {shown.map(({ id, text }) => (
        <div key={id} className={styles.toast}>
          <CircleCheck aria-hidden="true" />
          {text}
        </div>
      ))}
    </div>,
    document.body, // over dialogs
  );
}
