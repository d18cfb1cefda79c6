import { useState } from 'react';
import { type Appearance, chooseAppearance, readAppearance } from '../ui/appearance.ts';
import { RadioGroup } from '../ui/Field.tsx';
import { CardRow, Section } from '../ui/Section.tsx';

const options = [
  { value: 'system', label: 'System', hint: 'As this device is set, day and night.' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const;

/** Kept in this browser. */
export function AppearanceSection() {
  const [appearance, setAppearance] = useState(readAppearance);

  function choose(next: Appearance) {
    chooseAppearance(next);
    setAppearance(next);
  }

  return (
    <Section card title="Appearance">
      <CardRow>
        <RadioGroup
          legend="Theme of this browser"
          name="appearance"
          value={appearance}
          options={options}
          inline
          onChange={choose}
        />
      </CardRow>
    </Section>
  );
}
