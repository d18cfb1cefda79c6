import type { ReactNode } from 'react';
import { Button } from '../ui/Button.tsx';
import { DialogActions, DialogBody } from '../ui/Dialog.tsx';

/** What a dialog holds that asks for something: fields, and under them the way out and the way on. */
export function DialogForm({
  submit,
  busy,
  onCancel,
  onSubmit,
  children,
}: {
  /** What the button says that does it. */
  submit: string;
  busy: boolean;
  onCancel: () => void;
  onSubmit: () => void;
  children: ReactNode;
}) {
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <DialogBody>{children}</DialogBody>
      <DialogActions>
        <Button onClick={onCancel}>Cancel</Button>
        <Button type="submit" look="primary" busy={busy}>
          {submit}
        </Button>
      </DialogActions>
    </form>
  );
}
