import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import styles from './Button.module.css';
import { classNames } from './class-names.ts';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** One primary button a view at most; `danger` where it destroys, `risky` where that is asked first. */
  look?: 'primary' | 'secondary' | 'quiet' | 'danger' | 'risky';
  size?: 'medium' | 'small';
  /** Something is under way: it cannot be pressed again, and says so. */
  busy?: boolean;
  icon?: ReactNode;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({
  look = 'secondary',
  size = 'medium',
  busy = false,
  icon,
  className,
  children,
  disabled,
  onClick,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      // Not `disabled` while busy: the focus would be lost.
      aria-disabled={busy || undefined}
      aria-busy={busy || undefined}
      disabled={disabled}
      onClick={busy ? (event) => event.preventDefault() : onClick}
      className={classNames(buttonClass(look, size), className)}
    >
      {busy ? <span className={styles.spinner} aria-hidden="true" /> : icon}
      {children}
    </button>
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
