import { setTimeout as sleep } from 'node:timers/promises';

/** What `/metrics` said: the value of each time series by its name and labels, as they are written. */
export type Figures = ReadonlyMap<string, number>;

export interface Scraped {
  status: number;
  text: string;
  figures: Figures;
}

/** @param token sent as a bearer token; none unless given */
export async function scrape(url: string, token?: string): Promise<Scraped> {
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  const response = await fetch(`${url}/metrics`, { headers });
  const text = await response.text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const figures = new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
  return { status: response.status, text, figures };
}

/** Scrapes until the figures are as they should be. @throws {Error} with the last ones, after ten seconds */
export async function untilFigures(
  read: () => Promise<Scraped>,
  test: (figures: Figures) => boolean,
): Promise<Figures> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const { figures } = await read();
    if (test(figures)) return figures;
    if (performance.now() > deadline) {
      const own = [...figures].filter(([name]) => /^latchkey_(?!.*_bucket)/.test(name));
      throw new Error(own.map((pair) => pair.join(' ')).join('\n'));
    }
    await sleep(50);
  }
}
