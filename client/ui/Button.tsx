import { type ButtonHTMLAttributes, type ReactNode, type Ref, useId } from 'react';
import styles from './Button.module.css';
import { classNames } from './class-names.ts';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** One primary button a view at most; `danger` where it destroys, `risky` where that is asked first. */
  look?: 'primary' | 'secondary' | 'quiet' | 'danger' | 'risky';
  size?: 'medium' | 'small';
  /** Something is under way: it cannot be pressed again, and says so. */
  busy?: boolean;
  /**
   * Why it cannot be pressed, for all to read. It can be reached then, unlike with `disabled`. null where
   * there may be one, and is none now.
   */
  reason?: string | null | undefined;
  icon?: ReactNode;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({
  look = 'secondary',
  size = 'medium',
  busy = false,
  reason,
  icon,
  className,
  children,
  disabled,
  onClick,
  ...rest
}: ButtonProps) {
  const reasonId = useId();
  const cannot = busy || Boolean(reason);
  const button = (
    <button
      type="button"
      {...rest}
      // Not `disabled`: while it is busy the focus would be lost, and nobody could reach its reason.
      aria-disabled={cannot || undefined}
      aria-busy={busy || undefined}
      aria-describedby={reason ? reasonId : rest['aria-describedby']}
      disabled={disabled}
      onClick={cannot ? (event) => event.preventDefault() : onClick}
      className={classNames(buttonClass(look, size), className)}
    >
      {busy ? <span className={styles.spinner} aria-hidden="true" /> : icon}
      {children}
    </button>
  );
  if (reason === undefined) return button;
  // Also without one now: the button would be another with the next, and the focus lost.
  return (
    <div className={reason ? styles.reasoned : styles.free}>
      {button}
      {reason && <p id={reasonId}>{reason}</p>}
    </div>
  );
}

/** For links that look like buttons. */
export function buttonClass(
  look: NonNullable<ButtonProps['look']> = 'secondary',
  size: NonNullable<ButtonProps['size']> = 'medium',
): string {
  return classNames(styles.button, styles[look], styles[size]);
}

/** A button of one symbol, whose name is in its label and its tooltip. */
export function IconButton({
  label,
  children,
  ...rest
}: Omit<ButtonProps, 'icon'> & { label: string }) {
  return (
    <Button
      look="quiet"
      size="small"
      aria-label={label}
      title={label}
      {...rest}
      className={classNames(styles.iconOnly, rest.className)}
    >
      {children}
    </Button>
  );
}
