import { Check, Copy as CopyIcon } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { Button, type ButtonProps, IconButton } from './Button.tsx';
import styles from './Copy.module.css';
import { classNames } from './class-names.ts';

/** Copies a text, and says for a moment that it did. */
function useCopy(text: string): [copied: boolean, copy: () => Promise<void>] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1_800);
    return () => clearTimeout(timer);
  }, [copied]);
  return [
    copied,
    async () => {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    },
  ];
}

export function CopyButton({
  text,
  children = 'Copy',
  onCopied,
  ...rest
}: Omit<ButtonProps, 'onClick' | 'icon'> & { text: string; onCopied?: () => void }) {
  const [copied, copy] = useCopy(text);
  return (
    <Button
      {...rest}
      icon={copied ? <Check aria-hidden="true" /> : <CopyIcon aria-hidden="true" />}
      onClick={async () => {
        await copy();
        onCopied?.();
      }}
    >
      {copied ? 'Copied' : children}
      <CopiedNote copied={copied} />
    </Button>
  );
}

/** A value in full that can be read and copied, such as an id. */
export function CopyValue({ value, label }: { value: string; label: string }) {
  const [copied, copy] = useCopy(value);
  return (
    <span className={styles.value}>
      <code>{value}</code>
      <IconButton label={copied ? 'Copied' : `Copy ${label}`} onClick={copy}>
        {copied ? <Check aria-hidden="true" /> : <CopyIcon aria-hidden="true" />}
      </IconButton>
      <CopiedNote copied={copied} />
    </span>
  );
}

/** A value that is copied by a click on itself; `children` is what is shown of it. */
export function CopyText({
  value,
  label,
  children,
}: {
  value: string;
  label: string;
  children?: ReactNode;
}) {
  const [copied, copy] = useCopy(value);
  return (
    <button
      type="button"
      className={classNames(styles.text, children != null && styles.short)}
      onClick={copy}
      title={`Copy ${label}`}
    >
      <code>{children ?? value}</code>
      {copied ? <Check aria-hidden="true" /> : <CopyIcon aria-hidden="true" />}
      <span className="visually-hidden">Copy {label}</span>
      <CopiedNote copied={copied} />
    </button>
  );
}

function CopiedNote({ copied }: { copied: boolean }) {
  return (
    <span className="visually-hidden" role="status">
      {copied ? 'Copied' : ''}
    </span>
  );
}
