import { Chips } from '../ui/Chips.tsx';
import { SelectField, TextField } from '../ui/Field.tsx';
import styles from './AnalyticsControls.module.css';
import { type ChosenRange, ownZone, presets } from './analytics-range.ts';

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
  const from = range.from ?? '';
  const to = range.to ?? '';
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
        <div className={styles.custom}>
          <TextField
            type="date"
            label="First day"
            hideLabel
            value={from}
            max={to}
            onChange={({ target }) => target.value && change({ from: target.value, to })}
          />
          –
          <TextField
            type="date"
            label="Last day"
            hideLabel
            value={to}
            min={from}
            onChange={({ target }) => target.value && change({ from, to: target.value })}
          />
        </div>
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
