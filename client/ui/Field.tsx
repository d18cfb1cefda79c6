import {
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from 'react';
import { classNames } from './class-names.ts';
import styles from './Field.module.css';

export interface FieldProps {
  label: ReactNode;
  /** What helps to fill it in; read out with the field. */
  hint?: ReactNode;
  /** Why the server refused it. */
  error?: string | null;
  /** Shown, and left out only where the label would repeat what stands around it. */
  hideLabel?: boolean;
}

interface Described {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': true | undefined;
}

/** Label, control, hint and error, tied together for those who cannot see that they are. */
export function Field({
  label,
  hint,
  error,
  hideLabel,
  className,
  children,
}: FieldProps & { className?: string; children: (described: Described) => ReactNode }) {
  const id = useId();
  const describedBy = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div className={classNames(styles.field, className)}>
      <label htmlFor={id} className={hideLabel ? 'visually-hidden' : styles.label}>
        {label}
      </label>
      {children({
        id,
        'aria-describedby': describedBy || undefined,
        'aria-invalid': error ? true : undefined,
      })}
      {error && (
        <p id={`${id}-error`} className={styles.error}>
          {error}
        </p>
      )}
      {hint && (
        <p id={`${id}-hint`} className={styles.hint}>
          {hint}
        </p>
      )}
    </div>
  );
}

type Of<Attributes> = FieldProps & Omit<Attributes, 'id'>;

export function TextField({
  label,
  hint,
  error,
  hideLabel,
  className,
  ...rest
}: Of<InputHTMLAttributes<HTMLInputElement>>) {
  return (
    <Field {...{ label, hint, error, hideLabel, className }}>
      {(described) => (
        <input type="text" autoComplete="off" {...rest} {...described} className={styles.control} />
      )}
    </Field>
  );
}

export function TextArea({
  label,
  hint,
  error,
  hideLabel,
  className,
  ...rest
}: Of<TextareaHTMLAttributes<HTMLTextAreaElement>>) {
  return (
    <Field {...{ label, hint, error, hideLabel, className }}>
      {(described) => (
        <textarea
          rows={4}
          spellCheck={false}
          {...rest}
          {...described}
          className={classNames(styles.control, styles.area)}
        />
      )}
    </Field>
  );
}

/** The system's own list: it works with every keyboard, finger and screen reader. */
export function SelectField({
  label,
  hint,
  error,
  hideLabel,
  className,
  children,
  ...rest
}: Of<SelectHTMLAttributes<HTMLSelectElement>>) {
  return (
    <Field {...{ label, hint, error, hideLabel, className }}>
      {(described) => (
        <select {...rest} {...described} className={classNames(styles.control, styles.select)}>
          {children}
        </select>
      )}
    </Field>
  );
}

/** A choice of one among few, each with what it does. */
export function RadioGroup<Value extends string>({
  legend,
  name,
  value,
  options,
  inline = false,
  onChange,
}: {
  legend: string;
  name: string;
  value: Value;
  options: readonly { value: Value; label: ReactNode; hint?: ReactNode }[];
  /** Side by side, where there is room. */
  inline?: boolean;
  onChange: (value: Value) => void;
}) {
  return (
    <fieldset className={classNames(styles.group, inline && styles.inline)}>
      <legend className={styles.label}>{legend}</legend>
      {options.map((option) => (
        <label key={option.value} className={styles.option}>
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          <span>
            <span className={styles.optionLabel}>{option.label}</span>
            {option.hint && <span className={styles.hint}>{option.hint}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
