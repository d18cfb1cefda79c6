import { readdir, readFile } from 'node:fs/promises';
import { cpus } from 'node:os';

/** What the kernel counts in. USER_HZ is 100 on every Linux that Node runs on. */
const secondsPerTick = 0.01;

interface Process {
  parent: number;
  /** Its own time. */
  seconds: number;
  /** That of its children which have ended. */
  endedSeconds: number;
}

/** CPU time that processes took so far, in seconds. */
export interface CpuTime {
  /** @returns that of one process */
  of(pid: number): number;
  /** @returns that of all below a process, without its own: of PostgreSQL below the server */
  below(pid: number): number;
  /** That of all that runs on this machine, ourselves excepted. */
  everybody: number;
}

/** Null where there is no /proc. */
export async function readCpuTime(): Promise<CpuTime | null> {
  if (process.platform !== 'linux') return null;
  const processes = new Map<number, Process>();
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!pid) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => null);
    // The command, in parentheses, may hold anything; see proc_pid_stat(5) for what follows it.
    const fields = stat
      ?.slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    if (!fields) continue;
    const [, parent = 0] = fields;
    const [own = 0, ownKernel = 0, ended = 0, endedKernel = 0] = fields.slice(11, 15);
    processes.set(pid, {
      parent,
      seconds: (own + ownKernel) * secondsPerTick,
      endedSeconds: (ended + endedKernel) * secondsPerTick,
    });
  }
  function below(pid: number): number {
    let seconds = 0;
    for (const [child, { parent, ...time }] of processes) {
      if (parent === pid) seconds += time.seconds + time.endedSeconds + below(child);
    }
    return seconds;
  }
  return { of: (pid) => processes.get(pid)?.seconds ?? 0, below, everybody: readEverybody() };
}

function readEverybody(): number {
  const { user, system } = process.cpuUsage(); // microseconds
  const busyMs = cpus().map(({ times }) => times.user + times.nice + times.sys + times.irq);
  return busyMs.reduce((sum, ms) => sum + ms, 0) / 1e3 - (user + system) / 1e6;
}

/** Whose time is asked for, by process id; the database is all that runs below its process. */
export interface Spenders {
  server?: number;
  database?: number;
  client?: number;
}

export interface Spent<Result> {
  result: Result;
  /** Of each of them; empty where that cannot be known. */
  cpuSeconds: { [Role in keyof Spenders]?: number };
  /** How many processors programs took meanwhile that are none of them, where that can be known. */
  otherProcessors?: number;
}

/** What something takes of the processors. */
export async function spendCpu<Result>(
  spenders: Spenders,
  run: () => Promise<Result>,
): Promise<Spent<Result>> {
  const before = await readCpuTime();
  const startedAt = performance.now();
  const result = await run();
  const seconds = (performance.now() - startedAt) / 1000;
  const after = await readCpuTime();
  if (!before || !after) return { result, cpuSeconds: {} };
  const cpuSeconds: Spent<Result>['cpuSeconds'] = {};
  let others = after.everybody - before.everybody;
  for (const [role, pid] of Object.entries(spenders) as [keyof Spenders, number][]) {
    const which = role === 'database' ? 'below' : 'of';
    const spent = after[which](pid) - before[which](pid);
    cpuSeconds[role] = spent;
    others -= spent;
  }
  return { result, cpuSeconds, otherProcessors: others / seconds };
}
