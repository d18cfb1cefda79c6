/**
 * `npm run bench -- live`: what it costs to tell many subscribers of one scope of each change, beside
 * plain graphql-ws with Yoga's pub/sub, in the same minute on the same machine.
 */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { sharedClock } from './clock.ts';
import { spendCpu } from './cpu.ts';
import { createProjects, startLatchkey } from './latchkey.ts';
import type { LiveAnswer, LiveTask } from './live-clients.ts';
import { type LiveMeasurement, reportAims, reportCosts, reportMemory } from './live-report.ts';
import { reportOthers } from './load-report.ts';
import { askMemory, probeArgs } from './memory.ts';
import type { Options } from './options.ts';
import { endAll, type Program, startProgram, startWorker, type Worker } from './processes.ts';
import { showProgress } from './progress.ts';

const changesInRound = 4;
/** Longer than the quarter second that a scope is told once in, so that each change is told alone. */
const everyMs = 300;
/** After which no further round begins, but for the first two. */
const enoughMs = 100_000;
const warmUp = { subscribers: 300, changes: 5 };
/** Files a server has open beside its connections. */
const filesBeside = 200;

const subscription = `subscription Counts { liveSessionCounts {
  id pending at
  today { started confirmed cancelled expired used }
  lifetime { confirmed cancelled expired used started } } }`;

/** A server with its subscribers. */
interface Side {
  name: LiveMeasurement['name'];
  program: Program;
  port: number;
  clients: Worker<LiveTask, LiveAnswer>;
  /** Of `connection_init`. */
  payload: object;
  /** Whether a subscriber is told the present counts at once. */
  opensWithMessage: boolean;
  /** What one more session takes. */
  change: { headers: Record<string, string>; body: string };
  started: number;
}

export async function live({ subscribers, rounds }: Options): Promise<string> {
  const notes: string[] = [];
  const measurements: LiveMeasurement[] = [];
  const max = (await readOpenFilesMax()) - filesBeside;
  const startedAt = performance.now();
  for (const [n, wanted] of subscribers.entries()) {
    const count = Math.min(wanted, max);
    if (count < wanted) {
      notes.push(
        `${wanted} subscribers became ${count}: see \`ulimit -Hn\` for open files of a process.`,
      );
    }
    const endsAt = startedAt + (enoughMs * (n + 1)) / subscribers.length;
    const compared = await compare(count, rounds, endsAt);
    measurements.push(...compared);
    const done = compared[0]!.deliveriesMs.length / count / changesInRound;
    if (done < rounds) notes.push(`${count} subscribers: ${done} rounds, for time was up.`);
    await endAll();
  }
  showProgress('');
  return [
    `live: ${rounds} rounds of ${changesInRound} changes, ${everyMs} ms apart, ${availableParallelism()} processors, Node ${process.versions.node}`,
    ...notes,
    reportCosts(measurements),
    reportMemory(measurements),
    ...reportOthers(measurements.flatMap(({ others }) => others)),
    reportAims(measurements),
  ].join('\n\n');
}

/** Both with servers of their own, which nobody has used before. */
async function compare(count: number, rounds: number, endsAt: number): Promise<LiveMeasurement[]> {
  const sides = [await startOurs(), await startPlain()];
  const measurements: LiveMeasurement[] = [];
  for (const side of sides) {
    showProgress(`${count} subscribers connect to ${side.name}`);
    measurements.push({ name: side.name, subscribers: count, ...(await fill(side, count)) });
  }
  const numbered = [...sides.entries()];
  for (let round = 0; round < rounds && (round < 2 || performance.now() < endsAt); round += 1) {
    showProgress(`${count} subscribers, round ${round + 1} of ${rounds}`);
    // There and back, so that a machine which grows slower or faster favours none.
    for (const [n, side] of round % 2 === 0 ? numbered : numbered.toReversed()) {
      await measure(side, measurements[n]!);
    }
  }
  for (const [n, side] of numbered) {
    await side.clients.ask({ do: 'leave' });
    measurements[n]!.memory.left = await askMemory(side.program);
  }
  return measurements;
}

async function startOurs(): Promise<Side> {
  const { program, port } = await startLatchkey({ nodeArgs: probeArgs });
  const [project] = await createProjects({ port }, 1);
  const secret = project!.secret;
  const query = `mutation { startSession(input: {}) { __typename } }`;
  return {
    name: 'Latchkey',
    program,
    port,
    clients: startWorker('live-clients.ts'),
    payload: { apiKey: secret },
    opensWithMessage: true,
    change: { headers: { 'x-api-key': secret }, body: JSON.stringify({ query }) },
    started: 0,
  };
}

async function startPlain(): Promise<Side> {
  const program = startProgram('bench/plain-live.ts', {
    nodeArgs: ['--import', 'tsx', ...probeArgs],
    env: {},
  });
  const [, port] = await program.says(/ready at \S+:(\d+)\n/);
  return {
    name: 'plain graphql-ws',
    program,
    port: Number(port),
    clients: startWorker('live-clients.ts'),
    payload: {},
    opensWithMessage: false,
    change: { headers: {}, body: JSON.stringify({ query: 'mutation { startSession }' }) },
    started: 0,
  };
}

/** Connects and subscribes them all. */
async function fill(
  side: Side,
  count: number,
): Promise<Omit<LiveMeasurement, 'name' | 'subscribers'>> {
  const { program, clients, port, payload, opensWithMessage } = side;
  const subscribe = { do: 'subscribe', query: subscription, opensWithMessage } as const;
  // What a server compiles and keeps at the first connections is nothing that each of them costs.
  await clients.ask({ do: 'connect', port, count: warmUp.subscribers, payload });
  await clients.ask(subscribe);
  for (let n = 0; n < warmUp.changes; n += 1) await changeOnce(side);
  await clients.ask({ do: 'leave' });
  const empty = await askMemory(program);
  const [connectsPerSecond] = await clients.ask({ do: 'connect', port, count, payload });
  const connected = await askMemory(program);
  await clients.ask(subscribe);
  await changeOnce(side);
  const subscribed = await askMemory(program);
  const memory = { empty, connected, subscribed, left: empty };
  const cpuSeconds = { server: 0, database: 0, clients: 0 };
  return {
    connectsPerSecond: connectsPerSecond!,
    memory,
    cpuSeconds,
    others: [],
    deliveriesMs: [],
  };
}

/** One round. */
async function measure(side: Side, into: LiveMeasurement): Promise<void> {
  const { pid } = side.program;
  const spenders = { server: pid, database: pid, client: side.clients.pid };
  const { cpuSeconds, otherProcessors } = await spendCpu(spenders, async () => {
    for (let n = 0; n < changesInRound; n += 1) {
      const pause = sleep(everyMs);
      into.deliveriesMs.push(...(await changeOnce(side)));
      await pause;
    }
  });
  if (otherProcessors === undefined) return;
  const { server = 0, database = 0, client = 0 } = cpuSeconds;
  into.cpuSeconds.server += server;
  into.cpuSeconds.database += database;
  into.cpuSeconds.clients += client;
  into.others.push({ otherProcessors });
}

/** @returns how many milliseconds after the change was acknowledged each subscriber was told of it */
async function changeOnce(side: Side): Promise<number[]> {
  side.started += 1;
  const told = side.clients.ask({ do: 'await', started: side.started });
  told.catch(() => {}); // it is awaited below, unless the change fails before
  const { headers, body } = side.change;
  const response = await fetch(`http://127.0.0.1:${side.port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  const acknowledgedAt = sharedClock();
  const text = await response.text();
  if (!response.ok || text.includes('"errors"')) throw new Error(`A change failed: ${text}`);
  return (await told).map((at) => at - acknowledgedAt);
}

/** How many files a process may have open; Node takes what it can at its start. */
async function readOpenFilesMax(): Promise<number> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const max = /^Max open files +(\d+)/m.exec(limits)?.[1];
  return max === undefined ? Number.POSITIVE_INFINITY : Number(max);
}
