import type { ReactNode, RefObject } from 'react';

export interface DialogProps {
  open: boolean;
  /** By Escape, a click beside it or the close button. It stays open unless `open` becomes false. */
  onClose: () => void;
  title: string;
  description?: ReactNode;
  /** `side`: along the end of the window, in its full height. */
  size?: 'medium' | 'wide' | 'side';
  /** Gets the focus when it opens; otherwise the first control does. */
  initialFocus?: RefObject<HTMLElement | null>;
  children: ReactNode;
}
