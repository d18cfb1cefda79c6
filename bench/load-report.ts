import { availableParallelism } from 'node:os';
import { type Measured, median } from './measured.ts';
import { formatTable } from './table.ts';

/** One measurement of one case of a suite. */
export interface Measurement<Name extends string = string> extends Measured {
  name: Name;
  connections: number;
  /** Microseconds of CPU for each request, where they can be known. */
  cpuUs: { server?: number; database?: number; client?: number };
  /** How many processors programs took that have nothing to do with it, where that can be known. */
  otherProcessors?: number;
}

export interface Aim<Name extends string = string> {
  name: string;
  /** From the median rates at one number of connections. */
  of(rates: Record<Name, number>): number;
  format(value: number): string;
  /** Left out: it is told for comparison. */
  aim?: string;
  isMet?(value: number): boolean;
  /** Judged at the most connections alone. */
  underLoadOnly?: boolean;
}

export const percent = (value: number) => `${(value * 100).toFixed(1)} %`;
export const ratio = (value: number) => value.toFixed(2);

/**
 * Of each case at each number of connections, the third of its measurements during which other
 * programs took least. All of them, where that cannot be known.
 */
export function quietest<Name extends string>(
  measurements: readonly Measurement<Name>[],
): Measurement<Name>[] {
  const groups = new Map<string, Measurement<Name>[]>();
  for (const measurement of measurements) {
    const key = `${measurement.name} ${measurement.connections}`;
    groups.set(key, [...(groups.get(key) ?? []), measurement]);
  }
  return [...groups.values()].flatMap((group) => {
    if (group.some(({ otherProcessors }) => otherProcessors === undefined)) return group;
    const ranked = group.sort((a, b) => a.otherProcessors! - b.otherProcessors!);
    return ranked.slice(0, Math.ceil(group.length / 3));
  });
}

/**
 * One row for each case and number of connections, in medians.
 *
 * @param labels what the cases are called, in the order of the table
 */
export function reportRates<Name extends string>(
  labels: Readonly<Record<Name, string>>,
  measurements: readonly Measurement<Name>[],
): string {
  const names = Object.keys(labels) as Name[];
  const cpu = (value: number) => (Number.isNaN(value) ? '' : value.toFixed(0));
  const rows = connectionsOf(measurements).flatMap((connections) =>
    names.map((name) => {
      const some = measurements.filter((m) => m.name === name && m.connections === connections);
      const at = (read: (m: Measurement) => number | undefined) =>
        median(some.map(read).filter((value) => value !== undefined));
      return [
        labels[name],
        String(connections),
        at((m) => m.rate).toFixed(0),
        at((m) => m.p50Ms).toFixed(2),
        at((m) => m.p95Ms).toFixed(2),
        at((m) => m.p99Ms).toFixed(2),
        cpu(at((m) => m.cpuUs.server)),
        cpu(at((m) => m.cpuUs.database)),
        cpu(at((m) => m.cpuUs.client)),
      ];
    }),
  );
  return formatTable([
    ['', 'conn.', 'per s', 'p50 ms', 'p95', 'p99', 'CPU µs: server', 'PostgreSQL', 'client'],
    ...rows,
  ]);
}

/** How far the rates can be trusted. */
export function reportOthers(
  measurements: readonly Pick<Measurement, 'otherProcessors'>[],
): string[] {
  const known = measurements.flatMap(({ otherProcessors }) => otherProcessors ?? []);
  if (known.length === 0) return [];
  const mean = known.reduce((sum, each) => sum + each, 0) / known.length;
  const all = availableParallelism();
  return [
    `Other programs took ${Math.max(mean, 0).toFixed(2)} of the ${all} processors meanwhile.`,
  ];
}

export function reportAims<Name extends string>(
  aims: readonly Aim<Name>[],
  measurements: readonly Measurement<Name>[],
): string {
  const names = [...new Set(measurements.map(({ name }) => name))];
  const columns = connectionsOf(measurements);
  const rows = aims.map(({ name, of, format, aim, isMet, underLoadOnly }) => {
    const values = columns.map((connections) => {
      const rates = names.map((each) => {
        const some = measurements.filter((m) => m.name === each && m.connections === connections);
        return [each, median(some.map(({ rate }) => rate))];
      });
      return of(Object.fromEntries(rates) as Record<Name, number>);
    });
    const judged = underLoadOnly ? values.slice(-1) : values;
    const verdict = isMet && `${aim}: ${judged.every(isMet) ? 'met' : 'missed'}`;
    return [name, ...values.map(format), verdict ?? ''];
  });
  return formatTable([['', ...columns.map((each) => `${each} conn.`), 'aim'], ...rows]);
}

function connectionsOf(measurements: readonly Measurement[]): number[] {
  return [...new Set(measurements.map(({ connections }) => connections))].sort((a, b) => a - b);
}
