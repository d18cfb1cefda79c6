import { Download } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Button } from '../ui/Button.tsx';
import { CodeBlock } from '../ui/Code.tsx';
import { CopyButton } from '../ui/Copy.tsx';
import { DialogActions, DialogBody } from '../ui/Dialog.tsx';
import { Notice } from '../ui/Notice.tsx';
import { useStay } from '../ui/use-stay.ts';
import styles from './Reveal.module.css';

interface RevealedValue {
  label: string;
  /** Its name in the `.env` block. */
  name: string;
  value: string;
  secret?: boolean;
}

interface Reveal {
  body: ReactNode;
  actions: (goOn?: ReactNode) => ReactNode;
  /** Closes, unless the secret was not stored: then it asks first. */
  leave: () => void;
  /** The same, and does something once it is closed. */
  leaveFor: (then: () => void) => void;
}

/**
 * The step of a dialog that shows secrets this once. They are in no cache and no address: when the
 * dialog goes, they are gone. So it goes only once they were copied or downloaded, or on purpose.
 */
export function useReveal({
  fileName,
  values,
  what = 'secret key',
  notice = 'Shown only now. If it is lost, regenerate it. Never put a secret key into a browser or an app.',
  onClose,
}: {
  fileName: string;
  values: readonly RevealedValue[];
  /** What the secret one is. */
  what?: string;
  notice?: string;
  onClose: () => void;
}): Reveal {
  const [stored, setStored] = useState(false);
  const [leaving, setLeaving] = useState<(() => void) | null>(null);
  const heading = useRef<HTMLDivElement>(null);
  const env = [
    `LATCHKEY_URL=${location.origin}`,
    ...values.map(({ name, value }) => `${name}=${value}`),
  ];
  const text = `${env.join('\n')}\n`;

  // The button that had the focus is gone, and what is new begins at the top.
  useEffect(() => heading.current?.focus(), []);
  useStay(!stored, () => leaveFor(() => {}));

  function leaveFor(then: () => void) {
    const go = () => {
      onClose();
      then();
    };
    if (stored) go();
    else setLeaving(() => go);
  }

  return {
    leave: () => leaveFor(() => {}),
    leaveFor,
    body: (
      <DialogBody>
        <div ref={heading} tabIndex={-1} className={styles.notice}>
          <Notice tone="caution">{notice}</Notice>
        </div>
        <dl className={styles.values}>
          {values.map(({ label, name, value, secret }) => (
            <div key={name}>
              <dt>{label}</dt>
              <dd>
                <code>{value}</code>
                <CopyButton
                  text={value}
                  size="small"
                  aria-label={`Copy ${label.toLowerCase()}`}
                  onCopied={() => secret && setStored(true)}
                />
              </dd>
            </div>
          ))}
        </dl>
        <CodeBlock text={text} label="the .env block" onCopied={() => setStored(true)} />
        {leaving && (
          <Notice
            tone="negative"
            live
            actions={
              <>
                <Button size="small" onClick={() => setLeaving(null)}>
                  Stay
                </Button>
                <Button size="small" look="danger" onClick={leaving}>
                  Leave without it
                </Button>
              </>
            }
          >
            You have not stored the {what}: it was neither copied nor downloaded.
          </Notice>
        )}
      </DialogBody>
    ),
    actions: (goOn) => (
      <DialogActions>
        <Button
          icon={<Download aria-hidden="true" />}
          onClick={() => {
            download(fileName, text);
            setStored(true);
          }}
        >
          Download .env
        </Button>
        {goOn ?? (
          <Button look="primary" onClick={() => leaveFor(() => {})}>
            Done
          </Button>
        )}
      </DialogActions>
    ),
  };
}

function download(fileName: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-').toLowerCase();
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
