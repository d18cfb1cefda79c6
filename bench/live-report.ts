import { shareOf } from './measured.ts';
import type { Memory } from './memory.ts';
import { formatTable } from './table.ts';

/** Of one server with so many subscribers. */
export interface LiveMeasurement {
  name: 'Latchkey' | 'plain graphql-ws';
  subscribers: number;
  connectsPerSecond: number;
  memory: Record<'empty' | 'connected' | 'subscribed' | 'left', Memory>;
  /** Of all rounds together: the kernel counts in hundredths. */
  cpuSeconds: { server: number; database: number; clients: number };
  /** How many processors programs took in each round that have nothing to do with it. */
  others: { otherProcessors: number }[];
  /** How long after its change was acknowledged each message came. */
  deliveriesMs: number[];
}

/** Milliseconds that this share of the deliveries took at most. */
const atMost = ({ deliveriesMs }: LiveMeasurement, share: number) => shareOf(deliveriesMs, share);

/** Milliseconds for a thousand deliveries, which is microseconds for one. */
function cpuOf(measurement: LiveMeasurement, of: keyof LiveMeasurement['cpuSeconds']): number {
  return (measurement.cpuSeconds[of] * 1e6) / measurement.deliveriesMs.length;
}

/** Kilobytes for each connection. */
function memoryOf(
  { memory, subscribers }: LiveMeasurement,
  when: keyof LiveMeasurement['memory'],
  kind: keyof Memory,
): number {
  return (memory[when][kind] - memory.empty[kind]) / 1000 / subscribers;
}

export function reportCosts(measurements: readonly LiveMeasurement[]): string {
  const cpu = (value: number) => (value > 0 ? value.toFixed(2) : '');
  return formatTable([
    [
      '',
      'subscribers',
      'delivered p50 ms',
      'p99',
      'CPU ms of 1,000: server',
      'PostgreSQL',
      'clients',
      'connects per s',
    ],
    ...measurements.map((each) => [
      each.name,
      String(each.subscribers),
      atMost(each, 0.5).toFixed(1),
      atMost(each, 0.99).toFixed(1),
      cpu(cpuOf(each, 'server')),
      cpu(cpuOf(each, 'database')),
      cpu(cpuOf(each, 'clients')),
      each.connectsPerSecond.toFixed(0),
    ]),
  ]);
}

export function reportMemory(measurements: readonly LiveMeasurement[]): string {
  const phases = ['connected', 'subscribed', 'left'] as const;
  const cells = (each: LiveMeasurement, kind: keyof Memory) =>
    phases.map((phase) => memoryOf(each, phase, kind).toFixed(1));
  return formatTable([
    [
      'KB for each connection',
      'subscribers',
      'heap: connected',
      'subscribed',
      'left',
      'RSS: connected',
      'subscribed',
      'left',
    ],
    ...measurements.map((each) => [
      each.name,
      String(each.subscribers),
      ...cells(each, 'heap'),
      ...cells(each, 'resident'),
    ]),
  ]);
}

interface Aim {
  name: string;
  of(ours: LiveMeasurement, plain: LiveMeasurement): number;
  /** None: it is told for comparison. */
  atMost?: number;
}

const aims: readonly Aim[] = [
  {
    name: 'server CPU of a delivery / plain',
    of: (ours, plain) => cpuOf(ours, 'server') / cpuOf(plain, 'server'),
    atMost: 1 / 3,
  },
  {
    name: 'KB of RSS for an idle subscriber',
    of: (ours) => memoryOf(ours, 'subscribed', 'resident'),
    atMost: 20,
  },
  {
    name: 'KB of heap / plain',
    of: (ours, plain) =>
      memoryOf(ours, 'subscribed', 'heap') / memoryOf(plain, 'subscribed', 'heap'),
  },
  { name: 'p50 / plain', of: (ours, plain) => atMost(ours, 0.5) / atMost(plain, 0.5) },
  { name: 'p99 / plain', of: (ours, plain) => atMost(ours, 0.99) / atMost(plain, 0.99) },
  {
    name: 'connects per second / plain',
    of: (ours, plain) => ours.connectsPerSecond / plain.connectsPerSecond,
  },
];

/** @param measurements of both servers at each number of subscribers */
export function reportAims(measurements: readonly LiveMeasurement[]): string {
  const pairs = measurements
    .filter(({ name }) => name === 'Latchkey')
    .map((ours) => ({
      ours,
      plain: measurements.find((each) => each !== ours && each.subscribers === ours.subscribers)!,
    }));
  const rows = aims.map(({ name, of, atMost }) => {
    const values = pairs.map(({ ours, plain }) => of(ours, plain));
    if (atMost === undefined) return [name, ...values.map((value) => value.toFixed(2)), ''];
    const isMet = values.every((value) => value <= atMost);
    const aim = `at most ${+atMost.toFixed(2)}: ${isMet ? 'met' : 'missed'}`;
    return [name, ...values.map((value) => value.toFixed(2)), aim];
  });
  return formatTable([['', ...pairs.map(({ ours }) => `${ours.subscribers}`), 'aim'], ...rows]);
}
