import { setTimeout as pause } from 'node:timers/promises';

/** Takes far longer than what a test does within one minute. */
const roomMs = 10_000;

/** Waits, if this minute is about to end, for the next: what is counted by the minute is then one row. */
export async function youngMinute(): Promise<void> {
  const left = 60_000 - (Date.now() % 60_000);
  if (left < roomMs) await pause(left + 100);
}
