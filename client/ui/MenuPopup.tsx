import { Menu as Base } from '@base-ui/react/menu';
import { Check } from 'lucide-react';
import { type RefObject, useRef } from 'react';
import { classNames } from './class-names.ts';
import styles from './Menu.module.css';
import type { MenuChoice, MenuEntry } from './menu-entry.ts';

/** What a menu's button opens: loaded when it is reached for (see Menu.tsx). */
export default function MenuPopup({
  label,
  entries,
  open,
  byKey,
  onOpenChange,
  align,
  anchor,
}: {
  label: string;
  entries: readonly MenuEntry[];
  open: boolean;
  /** It was opened by keyboard: then the focus goes to the first item. */
  byKey: boolean;
  onOpenChange: (open: boolean) => void;
  align: 'start' | 'end';
  anchor: RefObject<HTMLElement | null>;
}) {
  const popup = useRef<HTMLDivElement>(null);
  return (
    <Base.Root
      open={open}
      onOpenChange={(isOpen) => onOpenChange(isOpen)}
      onOpenChangeComplete={(isOpen) => {
        const first = popup.current?.querySelector<HTMLElement>('[role^="menuitem"]');
        if (isOpen && byKey) first?.focus();
      }}
    >
      <Base.Portal>
        <Base.Positioner className={styles.positioner} anchor={anchor} align={align} sideOffset={6}>
          <Base.Popup ref={popup} className={styles.popup} aria-label={label} finalFocus={anchor}>
            {entries.map((entry, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: they keep their places while it is open
              <Entry key={index} entry={entry} />
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

function Entry({ entry }: { entry: MenuEntry }) {
  if (entry === 'separator') return <Base.Separator className={styles.separator} />;
  if ('note' in entry) return <div className={styles.label}>{entry.note}</div>;
  if ('choice' in entry) return <Choice {...entry} />;
  if ('link' in entry) {
    return (
      <Base.Item render={entry.link} className={styles.item}>
        {entry.label}
      </Base.Item>
    );
  }
  const { label, onSelect, danger, disabled } = entry;
  return (
    <Base.Item
      disabled={disabled}
      onClick={onSelect}
      className={classNames(styles.item, danger && styles.danger)}
    >
      {label}
    </Base.Item>
  );
}

function Choice({ choice, value, options, onChange }: MenuChoice) {
  return (
    <Base.RadioGroup value={value} onValueChange={onChange}>
      <Base.Group>
        <Base.GroupLabel className={styles.label}>{choice}</Base.GroupLabel>
        {options.map((option) => (
          <Base.RadioItem
            key={option.value}
            value={option.value}
            closeOnClick
            className={styles.item}
          >
            <Base.RadioItemIndicator keepMounted className={styles.check}>
              <Check aria-hidden="true" />
            </Base.RadioItemIndicator>
            <span className={styles.choice}>
              {option.label}
              {option.hint && <span className={styles.hint}>{option.hint}</span>}
            </span>
          </Base.RadioItem>
        ))}
      </Base.Group>
    </Base.RadioGroup>
  );
}
