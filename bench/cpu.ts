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
