import { useSyncExternalStore } from 'react';

const units = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'long' });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });
const dateOnly = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

/** How long ago, or how far off: the exact instant is in the tooltip. Keeps itself up to date. */
export function Time({ at, capital = false }: { at: string; capital?: boolean }) {
  const now = useNow();
  const text = describeTime(Date.parse(at), now);
  return (
    <time dateTime={at} title={exact.format(new Date(at))}>
      {capital ? text.charAt(0).toLocaleUpperCase() + text.slice(1) : text}
    </time>
  );
}

/** A calendar day in the reader's words; the exact instant is in the tooltip. */
export function DateOf({ at }: { at: string }) {
  return (
    <time dateTime={at} title={exact.format(new Date(at))}>
      {dateOnly.format(new Date(at))}
    </time>
  );
}

/** "5 minutes ago", "in 3 days", "just now". */
export function describeTime(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1000);
  if (Math.abs(seconds) < 45) return seconds > 5 ? 'in a moment' : 'just now';
  for (const [unit, size] of units) {
    if (Math.abs(seconds) >= size || unit === 'minute') {
      return relative.format(Math.round(seconds / size) || Math.sign(seconds), unit);
    }
  }
  return '';
}

const tickMs = 15_000;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let now = Date.now();

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    now = Date.now();
    timer = setInterval(() => {
      now = Date.now();
      for (const each of listeners) each();
    }, tickMs);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) clearInterval(timer);
  };
}

/** The time, some seconds late at most: one clock for all that shows it. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}
