import { type ReactNode, useId } from 'react';
import styles from './Field.module.css';

/** A choice of any number among few, each with what it means. */
export function CheckboxGroup({
  legend,
  value,
  options,
  error,
  onChange,
}: {
  legend: string;
  value: readonly string[];
  options: readonly { value: string; label: ReactNode; hint?: ReactNode }[];
  error?: string | null;
  onChange: (value: string[]) => void;
}) {
  const id = useId();
  return (
    <fieldset className={styles.group} aria-describedby={error ? `${id}-error` : undefined}>
      <legend className={styles.label}>{legend}</legend>
      {options.map((option) => (
        <label key={option.value} className={styles.option}>
          <input
            type="checkbox"
            checked={value.includes(option.value)}
            onChange={({ target }) =>
              onChange(
                target.checked
                  ? [...value, option.value]
                  : value.filter((each) => each !== option.value),
              )
            }
          />
          <span>
            <span className={styles.optionLabel}>{option.label}</span>
            {option.hint && <span className={styles.hint}>{option.hint}</span>}
          </span>
        </label>
      ))}
      {error && (
        <p id={`${id}-error`} className={styles.error}>
          {error}
        </p>
      )}
    </fieldset>
  );
}
