import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import { issueOf, type Problem } from '../answers.tsx';
import { Button } from '../ui/Button.tsx';
import { Dialog, DialogActions, DialogBody } from '../ui/Dialog.tsx';
import { TextField } from '../ui/Field.tsx';
import { ProblemNotice } from './ProblemNotice.tsx';

/** Asks for the name before something is destroyed, so that it is not the neighbour. */
export function TypedNameDialog({
  open,
  title,
  name,
  busy,
  problem,
  onClose,
  onConfirm,
  children,
  instead,
}: {
  open: boolean;
  title: string;
  name: string;
  busy: boolean;
  problem: Problem | null;
  onClose: () => void;
  onConfirm: (name: string) => void;
  /** What will be lost. */
  children: ReactNode;
  /** A gentler way, if there is one. */
  instead?: ReactNode;
}) {
  const [typed, setTyped] = useState('');
  useEffect(() => {
    if (!open) setTyped('');
  }, [open]);

  function submit(event: FormEvent) {
    event.preventDefault();
    onConfirm(typed);
  }

  return (
    <Dialog open={open} onClose={onClose} title={title}>
      <form onSubmit={submit}>
        <DialogBody>
          {children}
          <TextField
            label={
              <>
                Type <strong>{name}</strong> to confirm
              </>
            }
            value={typed}
            spellCheck={false}
            error={issueOf(problem, 'confirmName')}
            onChange={(event) => setTyped(event.target.value)}
          />
          <ProblemNotice problem={problem} fields={['confirmName']} />
        </DialogBody>
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          {instead}
          <Button type="submit" look="danger" busy={busy} disabled={typed.trim() !== name}>
            Confirm delete
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
