/**
 * `npm run bench -- whole`: the whole life of sessions, as many at once as there are connections: started
 * with a secret key, watched by a waiting device of its own each, confirmed, and exchanged for the proof.
 */
import { availableParallelism } from 'node:os';
import { type Spent, spendCpu } from './cpu.ts';
import { createProjects, startLatchkey } from './latchkey.ts';
import { reportOthers } from './load-report.ts';
import { median, shareOf } from './measured.ts';
import type { Options } from './options.ts';
import { startWorker } from './processes.ts';
import { showProgress } from './progress.ts';
import { formatTable } from './table.ts';
import { type Step, steps, type WholeAnswer, type WholeTask } from './whole-clients.ts';

const sessionsInRound = 512;
/** The waiting device is told within a second. */
const toldMsMax = 1_000;

type Round = Record<Step, Spent<WholeAnswer>>;

export async function whole(options: Options): Promise<string> {
  // Each device has an address of its own, because so many may not wait behind one.
  const latchkey = await startLatchkey({ settings: { TRUSTED_PROXIES: 'loopback' } });
  const [project] = await createProjects(latchkey, 1);
  const { pid } = latchkey.program;
  const clients = startWorker<WholeTask, WholeAnswer>('whole-clients.ts');
  const connections = Math.max(...options.connections);
  const task = { port: latchkey.port, key: project!.secret, count: sessionsInRound, connections };
  const spenders = { server: pid, database: pid, client: clients.pid };

  async function playRound(): Promise<Round> {
    const round: Partial<Round> = {};
    for (const step of steps) {
      round[step] = await spendCpu(spenders, () => clients.ask({ ...task, step }));
    }
    return round as Round;
  }

  await playRound(); // to warm up
  const rounds: Round[] = [];
  while (rounds.length < options.rounds) {
    showProgress(`round ${rounds.length + 1} of ${options.rounds}`);
    rounds.push(await playRound());
  }
  showProgress('');
  return [
    `whole: ${options.rounds} rounds of ${sessionsInRound} sessions, ${connections} connections, ${availableParallelism()} processors, Node ${process.versions.node}`,
    reportSteps(rounds),
    ...reportOthers(rounds.flatMap((round) => steps.map((step) => round[step]))),
    reportWhole(rounds),
  ].join('\n\n');
}

type Role = 'server' | 'database' | 'client';

/** Microseconds for each session, of all rounds together: the kernel counts in hundredths of a second. */
function cpuOf(rounds: readonly Round[], some: readonly Step[], role: Role): string {
  const spent = rounds.flatMap((round) => some.map((step) => round[step].cpuSeconds[role]));
  const seconds = spent.reduce<number>((sum, each) => sum + (each ?? Number.NaN), 0);
  const us = (seconds * 1e6) / (rounds.length * sessionsInRound);
  return Number.isNaN(us) ? '' : us.toFixed(0);
}

function rateOf(rounds: readonly Round[], some: readonly Step[]): number {
  return median(
    rounds.map((round) => {
      const seconds = some.reduce((sum, step) => sum + round[step].result.seconds, 0);
      return sessionsInRound / seconds;
    }),
  );
}

const latencies = (values: readonly number[]) =>
  [0.5, 0.95, 0.99].map((share) => shareOf(values, share).toFixed(1));

const toldOf = (rounds: readonly Round[]) => rounds.flatMap(({ confirm }) => confirm.result.toldMs);

function reportSteps(rounds: readonly Round[]): string {
  const row = (name: string, some: readonly Step[], values: readonly number[] | null) => [
    name,
    rateOf(rounds, some).toFixed(0),
    ...(values ? latencies(values) : ['', '', '']),
    cpuOf(rounds, some, 'server'),
    cpuOf(rounds, some, 'database'),
    cpuOf(rounds, some, 'client'),
  ];
  return formatTable([
    ['', 'per s', 'p50 ms', 'p95', 'p99', 'CPU µs: server', 'PostgreSQL', 'clients'],
    ...steps.map((step) =>
      row(
        step,
        [step],
        rounds.flatMap((round) => round[step].result.latenciesMs),
      ),
    ),
    ['confirm, until the device is told', '', ...latencies(toldOf(rounds)), '', '', ''],
    row('whole session', steps, null),
  ]);
}

function reportWhole(rounds: readonly Round[]): string {
  const told = shareOf(toldOf(rounds), 0.99);
  const share = rateOf(rounds, steps) / rateOf(rounds, ['start']);
  return formatTable([
    ['', '', 'aim'],
    ['whole sessions / starts alone', share.toFixed(2), ''],
    [
      'p99 until the device is told of its confirmation, ms',
      told.toFixed(0),
      `at most ${toldMsMax}: ${told <= toldMsMax ? 'met' : 'missed'}`,
    ],
  ]);
}
