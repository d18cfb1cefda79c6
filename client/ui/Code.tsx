import styles from './Code.module.css';
import { CopyButton } from './Copy.tsx';

/** Lines of code or settings to copy whole. */
export function CodeBlock({
  text,
  label,
  onCopied,
}: {
  text: string;
  label: string;
  onCopied?: () => void;
}) {
  return (
    <figure className={styles.block} aria-label={label}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
      <div className={styles.copy}>
        <CopyButton text={text} size="small" aria-label={`Copy ${label}`} onCopied={onCopied} />
      </div>
    </figure>
  );
}
