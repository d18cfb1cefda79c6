import { Search } from 'lucide-react';
import { useEffect, useState } from 'react';
import styles from './SearchField.module.css';

const pauseMs = 250;

/** Searches while one types, at the pace of the typing. */
export function SearchField({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
}) {
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);
  // The address changed by other means, such as the Back button.
  if (known !== value) {
    setKnown(value);
    setTyped(value);
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: only typing starts the pause
  useEffect(() => {
    if (typed.trim() === value) return;
    const timer = setTimeout(() => {
      setKnown(typed.trim());
      onChange(typed.trim());
    }, pauseMs);
    return () => clearTimeout(timer);
  }, [typed]);

  return (
    <search className={styles.search}>
      <Search aria-hidden="true" />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        data-shortcut="/"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
    </search>
  );
}
