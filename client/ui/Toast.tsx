import { CircleAlert, CircleCheck, X } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { createPortal } from 'react-dom';
import styles from './Toast.module.css';

interface Toast {
  id: number;
  text: string;
  problem: ToastProblem | null;
}

/** Why something was not done is in the text. */
interface ToastProblem {
  /** What the server's log knows the request by, where that helps. */
  requestId: string | null;
}

let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

/**
 * Says that something was done, for five seconds; with a problem that it was not, until that is dismissed.
 * Never where something must be decided.
 */
export function showToast(text: string, problem: ToastProblem | null = null): void {
  lastId += 1;
  const id = lastId;
  change([...toasts, { id, text, problem }]);
  if (!problem) setTimeout(() => dismiss(id), 5_000);
}

function dismiss(id: number): void {
  change(toasts.filter((each) => each.id !== id));
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
      {shown.map(({ id, text, problem }) => (
        <div key={id} className={styles.toast}>
          {problem ? <CircleAlert aria-hidden="true" /> : <CircleCheck aria-hidden="true" />}
          <div>
            <p>{text}</p>
            {problem?.requestId && (
              <p>
                Request <code>{problem.requestId}</code>
              </p>
            )}
          </div>
          {problem && (
            <button type="button" onClick={() => dismiss(id)} aria-label="Dismiss">
              <X aria-hidden="true" />
            </button>
          )}
        </div>
      ))}
    </div>,
    document.body, // over dialogs
  );
}
