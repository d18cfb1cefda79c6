import { useState } from 'react';
import { SelectField, TextField } from '../ui/Field.tsx';

const dayMs = 86_400_000;
const presets = [7, 30, 90, 365];

/** When something ends by itself: never, after some days, or at an instant of one's own. */
export function ExpiryField({
  value,
  error,
  hint,
  onChange,
}: {
  /** An instant; null: never. */
  value: string | null;
  error?: string | null;
  hint?: string;
  onChange: (value: string | null) => void;
}) {
  const [choice, setChoice] = useState(value === null ? 'never' : 'custom');

  function choose(next: string) {
    setChoice(next);
    if (next === 'never') onChange(null);
    else if (next === 'custom') onChange(value ?? inDays(30));
    else onChange(inDays(Number(next)));
  }

  return (
    <>
      <SelectField
        label="Expires"
        value={choice}
        error={choice === 'custom' ? null : error}
        hint={hint}
        onChange={(event) => choose(event.target.value)}
      >
        <option value="never">Never</option>
        {presets.map((days) => (
          <option key={days} value={days}>
            In {days} days
          </option>
        ))}
        <option value="custom">At a time of your own…</option>
      </SelectField>
      {choice === 'custom' && (
        <TextField
          label="Expires at"
          type="datetime-local"
          required
          value={value === null ? '' : toLocal(value)}
          error={error}
          onChange={({ target }) => {
            if (target.value) onChange(new Date(target.value).toISOString());
          }}
        />
      )}
    </>
  );
}

function inDays(days: number): string {
  return new Date(Date.now() + days * dayMs).toISOString();
}

/** As the browser's field takes it: in local time, without a zone. */
function toLocal(instant: string): string {
  const at = new Date(instant);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
