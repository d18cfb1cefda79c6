import { MoreHorizontal } from 'lucide-react';
import {
  type ButtonHTMLAttributes,
  cloneElement,
  type KeyboardEvent,
  lazy,
  type MouseEvent,
  type ReactElement,
  type Ref,
  Suspense,
  useRef,
  useState,
} from 'react';
import { IconButton } from './Button.tsx';
import type { MenuEntry } from './menu-entry.ts';

/** Menus are half the code of the library, and nobody needs one before they reach for it. */
const loadPopup = () => import('./MenuPopup.tsx');
const MenuPopup = lazy(loadPopup);

type TriggerProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  ref?: Ref<HTMLButtonElement>;
  'data-popup-open'?: string;
};

/** A menu that a button opens. `trigger` is that button; three dots if left out. */
export function Menu({
  label,
  trigger,
  align = 'end',
  entries,
}: {
  /** Names the menu, and the three dots, such as "Actions for Shop". */
  label: string;
  trigger?: ReactElement<TriggerProps>;
  align?: 'start' | 'end';
  entries: readonly (MenuEntry | false | null)[];
}) {
  const [open, setOpen] = useState(false);
  const [wanted, setWanted] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(false);
  const byKey = useRef(false);

  function show(isByKey: boolean) {
    byKey.current = isByKey;
    setWanted(true);
    setOpen(true);
  }

  const dots = (
    <IconButton label={label}>
      <MoreHorizontal aria-hidden="true" />
    </IconButton>
  );
  return (
    <>
      {cloneElement<TriggerProps>(trigger ?? dots, {
        ref: button,
        'aria-haspopup': 'menu',
        'aria-expanded': open,
        'data-popup-open': open ? '' : undefined,
        onPointerEnter: () => void loadPopup(),
        onFocus: () => void loadPopup(),
        // Pressing the button is pressing beside the menu, which closes it before the click arrives.
        onPointerDown: () => {
          wasOpen.current = open;
        },
        onClick: (event: MouseEvent) => {
          // A click without a press comes from Enter or Space.
          if (!wasOpen.current) show(event.detail === 0);
          wasOpen.current = false;
        },
        onKeyDown: (event: KeyboardEvent) => {
          if (event.key !== 'ArrowDown') return;
          event.preventDefault();
          show(true);
        },
      })}
      {wanted && (
        <Suspense>
          <MenuPopup
            label={label}
            entries={entries.filter((entry) => entry !== false && entry !== null)}
            open={open}
            byKey={byKey.current}
            onOpenChange={setOpen}
            align={align}
            anchor={button}
          />
        </Suspense>
      )}
    </>
  );
}
