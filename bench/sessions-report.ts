import { type Measured, median } from './measured.ts';
import { formatTable } from './table.ts';

/** What is compared, in the order of the table. */
const labels = {
  floor: 'plain Yoga { __typename }',
  withoutKey: '{ __typename }, no key',
  withKey: '{ __typename }, secret key',
  hot: 'startSession, one project',
  spread: 'startSession, 100 projects',
  plainInserts: 'plain pg, one commit each',
} as const;
type Name = keyof typeof labels;

export interface Measurement extends Measured {
  name: Name;
  round: number;
  connections: number;
  /** Microseconds of CPU for each request, where they can be known. */
  cpuUs: { server?: number; database?: number; client?: number };
}

interface Aim {
  name: string;
  /** From the rates of one round at one number of connections, so that a slow moment hits both. */
  of(rates: Record<Name, number>): number;
  format(value: number): string;
  aim: string;
  isMet(value: number): boolean;
  /** Judged at the most connections alone. */
  underLoadOnly?: boolean;
}

const percent = (value: number) => `${(value * 100).toFixed(1)} %`;
const ratio = (value: number) => value.toFixed(2);

const aims: readonly Aim[] = [
  {
    name: 'key check: cost of a warm secret key',
    of: ({ withKey, withoutKey }) => 1 - withKey / withoutKey,
    format: percent,
    aim: 'at most 5 %',
    isMet: (value) => value <= 0.05,
  },
  {
    name: 'startSession / plain Yoga',
    of: ({ hot, floor }) => hot / floor,
    format: ratio,
    aim: 'at least 0.45',
    isMet: (value) => value >= 0.45,
    underLoadOnly: true,
  },
  {
    name: 'startSession / plain pg',
    of: ({ hot, plainInserts }) => hot / plainInserts,
    format: ratio,
    aim: 'at least 1.0',
    isMet: (value) => value >= 1,
    underLoadOnly: true,
  },
  {
    name: 'one project / a hundred projects',
    of: ({ hot, spread }) => hot / spread,
    format: ratio,
    aim: 'at least 1.0',
    isMet: (value) => value >= 1,
  },
];

/** One row for each case and number of connections: medians of the rounds. */
export function reportRates(measurements: readonly Measurement[]): string {
  const cpu = (value: number) => (Number.isNaN(value) ? '' : value.toFixed(0));
  const rows = connectionsOf(measurements).flatMap((connections) =>
    (Object.keys(labels) as Name[]).map((name) => {
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

/** Medians of the ratios of each round. */
export function reportAims(measurements: readonly Measurement[]): string {
  const columns = connectionsOf(measurements);
  const rows = aims.map(({ name, of, format, aim, isMet, underLoadOnly }) => {
    const values = columns.map((connections) => {
      const some = measurements.filter((m) => m.connections === connections);
      const rounds = [...new Set(some.map(({ round }) => round))];
      return median(
        rounds.map((round) => {
          const ofRound = some.filter((m) => m.round === round).map((m) => [m.name, m.rate]);
          return of(Object.fromEntries(ofRound));
        }),
      );
    });
    const judged = underLoadOnly ? values.slice(-1) : values;
    return [name, ...values.map(format), `${aim}: ${judged.every(isMet) ? 'met' : 'missed'}`];
  });
  return formatTable([['', ...columns.map((each) => `${each} conn.`), 'aim'], ...rows]);
}

function connectionsOf(measurements: readonly Measurement[]): number[] {
  return [...new Set(measurements.map(({ connections }) => connections))].sort((a, b) => a - b);
}
