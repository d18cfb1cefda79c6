/**
 * `npm run bench -- data`: what people look at, with little and with much in the database. Two servers,
 * seeded alike but for the number of sessions; each query is sent to the one and the other in turn, one
 * at a time, as a page in a browser sends it.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type CpuTime, readCpuTime } from './cpu.ts';
import { type Aim, type Case, cases } from './data-cases.ts';
import { createDataset, type Dataset, days } from './data-set.ts';
import { ask } from './latchkey.ts';
import { reportOthers } from './load-report.ts';
import { median } from './measured.ts';
import type { Options } from './options.ts';
import { makeDirectory } from './processes.ts';
import { showProgress } from './progress.ts';
import { formatTable } from './table.ts';

const small = 10_000;
const large = 1_000_000;
/** About ten million log entries. */
const larger = 4_000_000;

/** Each query so often before it counts: plans, caches and compiled code are then there. */
const warmUps = 3;
const repeats = 40;
/** Of its times the fastest fifth counts: other programs can only make it slower. */
const counted = 5;
/** A query that takes long is not asked as often. */
const patienceMs = 8_000;

/** Milliseconds: from the request to the whole reply, or of CPU. */
interface Times {
  small: number;
  large: number;
}

interface Measured extends Times {
  case: Case;
  /** Of the server and its database; null where that cannot be known. */
  cpu: Times | null;
}

const ratioMax = 1.5;
/** At a million sessions. Their cost follows the users, of whom more sessions have more. */
const uniqueUsersMsMax = 300;
/** Reading goes on for 250 ms at most, and what had begun then is finished. */
const freeTextMsMax = 500;

/** With more than this taken by other programs, times are mostly waiting for a processor. */
const otherProcessorsMax = 0.2;

const aims: Record<Aim, { text: string; isMet(times: Times, sessions: number): boolean }> = {
  ratio: {
    text: `ratio at most ${ratioMax}`,
    isMet: ({ small, large }) => large / small <= ratioMax,
  },
  'unique users': {
    text: `at most ${uniqueUsersMsMax} ms a million sessions`,
    isMet: ({ large }, sessions) => large <= (uniqueUsersMsMax * sessions) / 1_000_000,
  },
  'free text': {
    text: `at most ${freeTextMsMax} ms a page`,
    isMet: ({ large }) => large <= freeTextMsMax,
  },
};

export async function data(options: Options): Promise<string> {
  const directory = options.dataDir ?? (await makeDirectory());
  const counts = [small, options.large ? larger : large] as const;
  const few = await createDataset(join(directory, 'few'), counts[0]);
  const many = await createDataset(join(directory, 'many'), counts[1]);
  const measured: Measured[] = [];
  const before = await readCpuTime();
  const startedAt = performance.now();
  for (const each of cases) {
    showProgress(`${measured.length + 1} of ${cases.length}: ${each.name}`);
    measured.push(await measure(each, few, many));
  }
  showProgress('');
  const after = await readCpuTime();
  const seconds = (performance.now() - startedAt) / 1000;
  const busy = (cpu: CpuTime) =>
    cpu.everybody - cpuOf(cpu, few.latchkey.program.pid) - cpuOf(cpu, many.latchkey.program.pid);
  const otherProcessors = before && after ? (busy(after) - busy(before)) / seconds : 0;
  const byCpu = otherProcessors > otherProcessorsMax;
  return [
    `data: over HTTP, ${days} days of history, medians of the fastest fifth of ${repeats}; ${availableParallelism()} processors, Node ${process.versions.node}`,
    formatTable([
      [
        '',
        ...counts.map((count) => `${count.toLocaleString('en')} sessions, ms`),
        'ratio',
        'CPU ms',
        'aim',
      ],
      ...measured.map((each) => [
        each.case.name,
        each.small.toFixed(1),
        each.large.toFixed(1),
        (each.large / each.small).toFixed(2),
        each.cpu ? `${each.cpu.small.toFixed(1)} / ${each.cpu.large.toFixed(1)}` : '',
        verdict(each, counts[1], byCpu),
      ]),
    ]),
    ...reportOthers(before && after ? [{ otherProcessors }] : []),
    ...(byCpu
      ? [
          'So ratios were judged by CPU time, and the other aims by times that are longer than they would be.',
        ]
      : []),
    ...(many.seeded ? [`Seeded: ${many.seeded}.`] : []),
  ].join('\n\n');
}

/**
 * @param sessions of the larger server
 * @param byCpu judges a ratio by CPU time, where other programs disturbed the times
 */
function verdict(measured: Measured, sessions: number, byCpu: boolean): string {
  const { aim } = measured.case;
  const { text, isMet } = aims[aim];
  const times = byCpu && aim === 'ratio' && measured.cpu ? measured.cpu : measured;
  return `${text}: ${isMet(times, sessions) ? 'met' : 'missed'}`;
}

async function measure(one: Case, few: Dataset, many: Dataset): Promise<Measured> {
  const times: [number[], number[]] = [[], []];
  for (let n = 0; n < warmUps; n += 1) for (const each of [few, many]) await timeOf(one, each);
  const before = await readCpuTime();
  const startedAt = performance.now();
  for (let n = 0; n < repeats; n += 1) {
    for (const [index, dataset] of [few, many].entries()) {
      times[index]!.push(await timeOf(one, dataset));
    }
    if (times[0].length >= 3 && performance.now() - startedAt > patienceMs) break;
  }
  const after = await readCpuTime();
  const cpuMs = ({ latchkey: { program } }: Dataset) =>
    ((cpuOf(after!, program.pid) - cpuOf(before!, program.pid)) * 1000) / times[0].length;
  return {
    case: one,
    small: quietest(times[0]),
    large: quietest(times[1]),
    cpu: before && after ? { small: cpuMs(few), large: cpuMs(many) } : null,
  };
}

/** Of a server and its database. */
function cpuOf(cpu: CpuTime, pid: number): number {
  return cpu.of(pid) + cpu.below(pid);
}

function quietest(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  return median(sorted.slice(0, Math.ceil(times.length / counted)));
}

async function timeOf({ name, query, variables, check }: Case, dataset: Dataset): Promise<number> {
  const { latchkey, cookie } = dataset;
  const input = variables(dataset);
  const startedAt = performance.now();
  const answer = await ask(latchkey.port, query, input, cookie);
  const ms = performance.now() - startedAt;
  if (check && !check(answer)) {
    throw new Error(
      `${name}: not the right answer.\n${JSON.stringify(input)}\n${JSON.stringify(answer)}`,
    );
  }
  return ms;
}
