import type { ReactNode } from 'react';
import type { Problem } from '../answers.tsx';
import { Button } from '../ui/Button.tsx';
import { Dialog, DialogActions, DialogBody } from '../ui/Dialog.tsx';
import { ProblemNotice } from './ProblemNotice.tsx';

/** Asks once before something ends that can be made again, or before something starts for others. */
export function ConfirmDialog({
  open,
  title,
  confirm,
  look = 'danger',
  busy,
  problem,
  onClose,
  onConfirm,
  children,
}: {
  open: boolean;
  title: string;
  /** What the button says that does it. */
  confirm: string;
  /** `primary` where nothing ends. */
  look?: 'danger' | 'primary';
  busy: boolean;
  problem: Problem | null;
  onClose: () => void;
  onConfirm: () => void;
  children: ReactNode;
}) {
  return (
    <Dialog open={open} onClose={onClose} title={title}>
      <DialogBody>
        {children}
        <ProblemNotice problem={problem} />
      </DialogBody>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button look={look} busy={busy} onClick={onConfirm}>
          {confirm}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
