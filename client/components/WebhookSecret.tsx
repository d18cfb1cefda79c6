import { useEffect, useRef } from 'react';
import { Button } from '../ui/Button.tsx';
import { CodeBlock } from '../ui/Code.tsx';
import { CopyButton } from '../ui/Copy.tsx';
import { DialogActions, DialogBody } from '../ui/Dialog.tsx';
import { Notice } from '../ui/Notice.tsx';
import styles from './Reveal.module.css';

/**
 * The step of a dialog that shows the secret of an endpoint. Unlike a key's it can be shown again, so
 * nobody is asked whether they stored it.
 */
export function WebhookSecret({ secret, onClose }: { secret: string; onClose: () => void }) {
  const heading = useRef<HTMLDivElement>(null);
  // The button that had the focus is gone, and what is new begins at the top.
  useEffect(() => heading.current?.focus(), []);
  return (
    <>
      <DialogBody>
        <div ref={heading} tabIndex={-1} className={styles.notice}>
          <Notice tone="caution">
            Your receiver checks messages with it. Whoever has it can forge them. It can be revealed
            again, and the log says who did.
          </Notice>
        </div>
        <dl className={styles.values}>
          <div>
            <dt>Signing secret</dt>
            <dd>
              <code>{secret}</code>
              <CopyButton text={secret} size="small" aria-label="Copy signing secret" />
            </dd>
          </div>
        </dl>
        <CodeBlock text={`LATCHKEY_WEBHOOK_SECRET=${secret}`} label="the .env line" />
      </DialogBody>
      <DialogActions>
        <Button look="primary" onClick={onClose}>
          Done
        </Button>
      </DialogActions>
    </>
  );
}
