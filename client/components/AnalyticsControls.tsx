import { useState } from 'react';
import { Chips } from '../ui/Chips.tsx';
import { SelectField, TextField } from '../ui/Field.tsx';
import styles from './AnalyticsControls.module.css';
import {
  type ChosenRange,
  type Days,
  isRange,
  ownZone,
  presets,
  rangeDaysMax,
} from './analytics-range.ts';

const zones = Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC');

/** Which days, and where they begin. */
export function AnalyticsControls({
  chosen: { range, preset, zone, change },
  shown,
}: {
  chosen: ChosenRange;
  /** The days that are shown, where a range of one's own begins. */
  shown: { from: string; to: string } | null;
}) {
  return (
    <div className={styles.controls}>
      <Chips
        label="Range"
        value={preset}
        options={[
          ...presets.map((days) => ({ value: days as string, label: `${days} days` })),
          { value: 'custom', label: 'Custom' },
        ]}
        onChange={(value) => {
          if (value !== 'custom') change({ days: value });
          else if (shown) change({ from: shown.from, to: shown.to });
        }}
      />
      {preset === 'custom' && (
        <CustomDays
          from={range.from ?? ''}
          to={range.to ?? ''}
          onChange={(days) => change(days, { push: false })}
        />
      )}
      <SelectField
        className={styles.zone}
        label="Time zone"
        hideLabel
        value={zone}
        onChange={({ target }) => change({ zone: target.value })}
      >
        <option value="">Your time ({ownZone})</option>
        <option value="UTC">UTC</option>
        <optgroup label="Others">
          {zones.map((each) => (
            <option key={each} value={each}>
              {each.replaceAll('_', ' ')}
            </option>
          ))}
        </optgroup>
      </SelectField>
    </div>
  );
}

/** Tells of days only once both are whole and the server counts them. */
function CustomDays({ from, to, onChange }: Days & { onChange: (days: Days) => void }) {
  const [typed, setTyped] = useState({ from, to });
  const [known, setKnown] = useState({ from, to });
  // The address changed by other means, such as the Back button.
  if (known.from !== from || known.to !== to) {
    setKnown({ from, to });
    setTyped({ from, to });
  }

  function type(part: Partial<Days>) {
    const next = { ...typed, ...part };
    setTyped(next);
    if (!isRange(next)) return;
    setKnown(next);
    onChange(next);
  }

  const isWhole = typed.from !== '' && typed.to !== '';
  return (
    <div className={styles.custom}>
      <TextField
        type="date"
        label="First day"
        hideLabel
        value={typed.from}
        max={typed.to}
        onChange={({ target }) => type({ from: target.value })}
      />
      –
      <TextField
        type="date"
        label="Last day"
        hideLabel
        value={typed.to}
        min={typed.from}
        error={isWhole && !isRange(typed) ? `1 to ${rangeDaysMax} days from the first.` : null}
        onChange={({ target }) => type({ to: target.value })}
      />
    </div>
  );
}
