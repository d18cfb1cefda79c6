import { parseArgs } from 'node:util';

export interface Options {
  /** How long one measurement lasts. */
  seconds: number;
  /** How often each is repeated, all in turn. */
  rounds: number;
  /** At how many connections each is made. */
  connections: readonly number[];
  /** How many watch live counts. */
  subscribers: readonly number[];
  /** Four times as much data. */
  large: boolean;
  /** Where databases are kept for the next time; null: in a directory that is removed. */
  dataDir: string | null;
  /** How many requests are sent before memory is looked at for the last time. */
  requests: number;
}

/** Measures, and returns what to print. */
export type Suite = (options: Options) => Promise<string>;

/**
 * @param suites the names there are; `all` means each of them
 * @throws {Error} an argument that means nothing
 */
export function readOptions(
  args: string[],
  suites: readonly string[],
): Options & { names: readonly string[] } {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '0.8' },
      rounds: { type: 'string', default: '9' },
      connections: { type: 'string', default: '1,16,64' },
      subscribers: { type: 'string', default: '1000,5000' },
      large: { type: 'boolean', default: false },
      'data-dir': { type: 'string' },
      requests: { type: 'string', default: '1000000' },
    },
  });
  const unknown = positionals.find((name) => name !== 'all' && !suites.includes(name));
  if (unknown) throw new Error(`There is no suite ${unknown}. There are: ${suites.join(', ')}.`);
  const list = (name: 'connections' | 'subscribers', max: number) =>
    values[name].split(',').map((each) => between(name, Number(each), 1, max));
  return {
    names: positionals.includes('all') ? suites : positionals,
    seconds: between('seconds', Number(values.seconds), 0.1, 60),
    rounds: between('rounds', Number(values.rounds), 1, 100),
    connections: list('connections', 64),
    subscribers: list('subscribers', 20_000),
    large: values.large,
    dataDir: values['data-dir'] ?? null,
    requests: between('requests', Number(values.requests), 10_000, 100_000_000),
  };
}

function between(name: string, value: number, min: number, max: number): number {
  if (value >= min && value <= max) return value;
  throw new Error(`--${name} must be from ${min} to ${max}.`);
}
