import { useEffect, useRef } from 'react';

/** Takes back what the Back button did; null: nothing is held. */
let goBack: (() => void) | null = null;

// Loaded by main.tsx, before the router listens: on the window, who came first hears first.
addEventListener('popstate', (event) => {
  if (!goBack) return;
  event.stopImmediatePropagation();
  goBack();
});

/**
 * Keeps the page, and its address, while something would be lost with it: asks before it is closed, and
 * takes back what the Back button does.
 *
 * @param onBack the Back button was pressed
 */
export function useStay(isHeld: boolean, onBack?: () => void): void {
  const latest = useRef(onBack);
  latest.current = onBack;
  useEffect(() => {
    if (!isHeld) return;
    const { href } = location;
    const { state } = history;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    const mine = () => {
      history.pushState(state, '', href);
      latest.current?.();
    };
    goBack = mine;
    return () => {
      removeEventListener('beforeunload', ask);
      if (goBack === mine) goBack = null;
    };
  }, [isHeld]);
}
