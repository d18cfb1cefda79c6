import { Keyboard } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { IconButton } from '../ui/Button.tsx';
import { Dialog, DialogBody } from '../ui/Dialog.tsx';
import { Switch } from '../ui/Switch.tsx';
import type { NavigationItem } from './navigation.ts';
import styles from './Shortcuts.module.css';

const storageKey = 'latchkey.shortcuts';
const sequenceMs = 1_500;

/**
 * Single keys that do things, and the list of them. They can be switched off, for those whose voice
 * or hands press keys unmeant (WCAG 2.1.4).
 */
export function Shortcuts({ items }: { items: readonly NavigationItem[] }) {
  const [, navigate] = useLocation();
  const [open, setOpen] = useState(false);
  const [enabled, setEnabled] = useState(() => localStorage.getItem(storageKey) !== 'off');

  useEffect(() => {
    if (!enabled) return;
    let goingUntil = 0;
    function onKeyDown(event: KeyboardEvent) {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector('[role="dialog"], [role="alertdialog"]')) return;
      const isSequence = performance.now() < goingUntil;
      goingUntil = 0;
      const item = isSequence && items.find(({ key }) => key === event.key);
      if (item) {
        event.preventDefault();
        navigate(item.href);
      } else if (event.key === 'g') goingUntil = performance.now() + sequenceMs;
      else if (event.key === '?') setOpen(true);
      else press(event);
    }
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [enabled, items, navigate]);

  function choose(on: boolean) {
    setEnabled(on);
    localStorage.setItem(storageKey, on ? 'on' : 'off');
  }

  return (
    <>
      <IconButton label="Keyboard shortcuts" onClick={() => setOpen(true)}>
        <Keyboard aria-hidden="true" />
      </IconButton>
      <Dialog open={open} onClose={() => setOpen(false)} title="Keyboard shortcuts">
        <DialogBody>
          <dl className={styles.list}>
            <Shortcut keys={['?']} does="Show this list" />
            <Shortcut keys={['c']} does="Create, on pages where something can be" />
            <Shortcut keys={['/']} does="Search, on pages where one can" />
            {items.map(
              ({ key, label }) =>
                key && <Shortcut key={key} keys={['g', key]} does={`Go to ${label}`} />,
            )}
          </dl>
          <div className={styles.switch}>
            <Switch
              label="Use single-key shortcuts"
              hint="Off: keys do nothing outside fields. This list stays behind its button."
              checked={enabled}
              onChange={choose}
            />
          </div>
        </DialogBody>
      </Dialog>
    </>
  );
}

function Shortcut({ keys, does }: { keys: string[]; does: string }) {
  return (
    <div>
      <dt>
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{does}</dd>
    </div>
  );
}

/** Presses what the page marks with `data-shortcut`. */
function press(event: KeyboardEvent): void {
  if (!/^[a-z/]$/.test(event.key)) return;
  const target = document.querySelector<HTMLElement>(`[data-shortcut="${event.key}"]`);
  if (!target) return;
  event.preventDefault();
  if (target instanceof HTMLInputElement) target.focus();
  else target.click();
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('input, textarea, select, [role="menu"]') !== null
  );
}
