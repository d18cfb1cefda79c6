/**
 * `npm run bench -- latency`: how long starting a session takes at half of the rate that the server is
 * capable of, whoever comes not waiting for others to be answered first.
 */
import { availableParallelism } from 'node:os';
import type { HttpLoad } from './http-load.ts';
import { createProjects, startLatchkey } from './latchkey.ts';
import { type LoadCase, measureCase } from './load-cases.ts';
import { type Measurement, quietest, reportOthers, reportRates } from './load-report.ts';
import { type Measured, median } from './measured.ts';
import type { Options } from './options.ts';
import { startWorker } from './processes.ts';
import { showProgress } from './progress.ts';
import { startSession } from './sessions.ts';
import { formatTable } from './table.ts';

const warmUpSeconds = 3;
/** Long enough for the jobs and collections that make a tail. */
const halfSecondsMin = 5;
const p99MsMax = 25;

const labels = {
  whole: 'startSession, as many as it answers',
  half: 'startSession, half as many a second',
} as const;
type Name = keyof typeof labels;

export async function latency(options: Options): Promise<string> {
  const latchkey = await startLatchkey();
  const [project] = await createProjects(latchkey, 1);
  const http = startWorker<HttpLoad, Measured>('http-load.ts');
  const { pid } = latchkey.program;
  const connections = Math.max(...options.connections);
  const asked = {
    port: latchkey.port,
    requests: [startSession(project!.secret)],
    field: 'startSession',
    expected: ['StartSessionPayload'],
  };
  const caseAt = (rate?: number): LoadCase => ({
    processes: { server: pid, database: pid, client: http.pid },
    run: (load) => http.ask({ ...asked, ...load, rate }),
  });
  await measureCase('whole', caseAt(), { connections, seconds: warmUpSeconds });

  const measurements: Measurement<Name>[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    showProgress(`round ${round + 1} of ${options.rounds}`);
    const { seconds } = options;
    const most = await measureCase('whole', caseAt(), { connections, seconds });
    // Of the moment, because on a machine that others use the rate is another a minute later.
    const half = { connections, seconds: Math.max(seconds, halfSecondsMin) };
    measurements.push(most, await measureCase('half', caseAt(most.rate / 2), half));
  }
  showProgress('');
  const counted = quietest(measurements);
  const p99Ms = median(counted.filter(({ name }) => name === 'half').map((each) => each.p99Ms));
  return [
    `latency: ${options.rounds} rounds, ${connections} connections, ${availableParallelism()} processors, Node ${process.versions.node}; medians of the quietest third; at half the rate from when each request was due`,
    reportRates(labels, counted),
    ...reportOthers(counted),
    formatTable([
      ['', '', 'aim'],
      [
        'p99 of startSession at half load, ms',
        p99Ms.toFixed(1),
        `under ${p99MsMax}: ${p99Ms < p99MsMax ? 'met' : 'missed'}`,
      ],
    ]),
  ].join('\n\n');
}
