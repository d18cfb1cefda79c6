import { type Spenders, spendCpu } from './cpu.ts';
import type { Measurement } from './load-report.ts';
import type { Measured } from './measured.ts';
import type { Options } from './options.ts';
import { showProgress } from './progress.ts';

export interface Load {
  connections: number;
  seconds: number;
}

/** What is measured against others in turn. */
export interface LoadCase {
  processes: Spenders;
  run(load: Load): Promise<Measured>;
}

/** One measurement, with what it took of the processors. */
export async function measureCase<Name extends string>(
  name: Name,
  { processes, run }: LoadCase,
  load: Load,
): Promise<Measurement<Name>> {
  const { result, cpuSeconds, otherProcessors } = await spendCpu(processes, () => run(load));
  const cpuUs: Measurement['cpuUs'] = {};
  for (const [role, seconds] of Object.entries(cpuSeconds) as [keyof typeof cpuUs, number][]) {
    cpuUs[role] = (seconds / result.acknowledged) * 1e6;
  }
  return { ...result, name, connections: load.connections, cpuUs, otherProcessors };
}

/**
 * Measures all cases in turn, round after round, at each number of connections.
 *
 * @returns also how many replies each case had, warming up included
 */
export async function measureCases<Name extends string>(
  cases: Readonly<Record<Name, LoadCase>>,
  options: Options,
  warmUpSeconds: number,
): Promise<{ measurements: Measurement<Name>[]; acknowledged: Record<Name, number> }> {
  const names = Object.keys(cases) as Name[];
  const acknowledged = Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
  const measurements: Measurement<Name>[] = [];
  async function measure(name: Name, load: Load): Promise<Measurement<Name>> {
    const measurement = await measureCase(name, cases[name], load);
    acknowledged[name] += measurement.acknowledged;
    return measurement;
  }
  // With every connection there will be, because plain pg opens them here.
  const warmUp = { connections: Math.max(...options.connections), seconds: warmUpSeconds };
  for (const name of names) await measure(name, warmUp);
  for (let round = 0; round < options.rounds; round += 1) {
    for (const connections of options.connections) {
      showProgress(`round ${round + 1} of ${options.rounds}, ${connections} connections`);
      // There and back, so that a machine which grows slower or faster favours none.
      for (const name of round % 2 === 0 ? names : names.toReversed()) {
        measurements.push(await measure(name, { connections, seconds: options.seconds }));
      }
    }
  }
  showProgress('');
  return { measurements, acknowledged };
}
