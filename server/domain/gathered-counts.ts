import type { Client } from './actor.ts';

/** What can come in floods, from one address or from many. */
interface Happening {
  client: Pick<Client, 'ip' | 'userAgent'>;
}

/** Gathers in memory what happens often, so that it is written together, with counts. */
export interface GatheredCounts<Event> {
  note(event: Event): void;
  /** Writes what was gathered. What fails to be written is tried again with the next. */
  flush(): Promise<void>;
}

/** Different ones kept between two writes. Beyond, a flood of addresses is counted as one. */
const gatheredMax = 5_000;

/**
 * A process that dies loses what it gathered since its last write.
 *
 * @param nameOf what two must have in common, beside the address, to be counted as one
 * @param write fails or writes all
 */
export function gatherCounts<Event extends Happening>(
  nameOf: (event: Event) => string,
  write: (batch: { event: Event; count: number }[]) => Promise<void>,
): GatheredCounts<Event> {
  let gathered = new Map<string, { event: Event; count: number }>();

  function add(event: Event, count: number): void {
    const ip = gathered.size < gatheredMax ? event.client.ip : null;
    const name = `${nameOf(event)} ${ip}`;
    const known = gathered.get(name);
    if (known) known.count += count;
    else gathered.set(name, { event: { ...event, client: { ...event.client, ip } }, count });
  }

  return {
    note: (event) => add(event, 1),
    async flush() {
      if (gathered.size === 0) return;
      const batch = [...gathered.values()];
      gathered = new Map();
      try {
        await write(batch);
      } catch (error) {
        for (const { event, count } of batch) add(event, count);
        throw error;
      }
    },
  };
}
