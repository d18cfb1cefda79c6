/** Processes and directories of a run, all of which end with it, however it ends. */
import { type ChildProcess, fork, type Serializable, spawn } from 'node:child_process';
import { type EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Longer than the server takes to drain. */
const endTimeoutMs = 20_000;

const endings: (() => Promise<void>)[] = [];
const programs: Program[] = [];
let ending: Promise<void> | undefined;

/** Ends what was started last first. */
export function endAll(): Promise<void> {
  ending ??= (async () => {
    for (let end = endings.pop(); end; end = endings.pop()) await end();
    ending = undefined;
  })();
  return ending;
}

/** A new directory, removed in the end. */
export async function makeDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'latchkey-bench-'));
  endings.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

export interface Program {
  pid: number;
  /** What it has said so far, errors included. */
  output(): string;
  /** Resolves with the first match in its output. @throws {Error} it ends before that */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves when it has ended by itself, in good order. @throws {Error} it failed */
  ended(): Promise<void>;
}

/** Runs a script of ours in a Node of its own, without what our own environment holds. */
export function startProgram(
  script: string,
  {
    env,
    args = [],
    nodeArgs = [],
  }: { env: Record<string, string>; args?: string[]; nodeArgs?: string[] },
): Program {
  const child = spawn(process.execPath, [...nodeArgs, script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, ...env },
  });
  let text = '';
  const append = (chunk: Buffer) => {
    text += chunk;
  };
  child.stdout.on('data', append);
  child.stderr.on('data', append);
  endings.push(() => end(child));
  const program: Program = {
    pid: child.pid ?? 0,
    output: () => text,
    async says(pattern) {
      for (;;) {
        const match = pattern.exec(text);
        if (match) return match;
        if (hasEnded(child)) throw new Error(`${script} has ended.\n${text}`);
        await firstOf([child.stdout, 'data'], [child, 'close']);
      }
    },
    async ended() {
      if (!hasEnded(child)) await once(child, 'close');
      if (child.exitCode !== 0) throw new Error(`${script} failed.\n${text}`);
    },
  };
  programs.push(program);
  return program;
}

/** The end of what all programs said: why something failed. */
export function lastWords(): string {
  const lines = programs.flatMap((program) => program.output().trim().split('\n').slice(-10));
  return lines.join('\n');
}

/** A process that does one task after the other: see `answerTasks`. */
export interface Worker<Task, Result> {
  pid: number;
  /** @throws {Error} the task failed or the process ended; with its words */
  ask(task: Task): Promise<Result>;
}

/** @param script a file of this directory */
export function startWorker<Task, Result>(script: string): Worker<Task, Result> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = fork(path, { execArgv: ['--import', 'tsx'] });
  endings.push(() => end(child));
  return {
    pid: child.pid ?? 0,
    async ask(task) {
      if (!child.connected) throw new Error(`${script} has ended.`);
      child.send(task as Serializable);
      const [answer] = await firstOf([child, 'message'], [child, 'exit']);
      if (hasEnded(child)) throw new Error(`${script} has ended.`);
      if (answer.failure) throw new Error(answer.failure);
      return answer.result;
    },
  };
}

/** In a worker: runs what it is asked for, and ends when nobody is left to ask. */
export function answerTasks<Task, Result>(run: (task: Task) => Promise<Result>): void {
  process.on('message', async (task) => {
    try {
      process.send?.({ result: await run(task as Task) });
    } catch (error) {
      process.send?.({ failure: (error as Error).stack });
    }
  });
  process.on('SIGINT', () => {}); // from the keyboard: whoever started us ends us in good order
  process.on('disconnect', () => process.exit());
}

/** What came with the first of these events; the others are not waited for any more. */
// biome-ignore lint/suspicious/noExplicitAny: each event has arguments of its own
async function firstOf(...events: [EventEmitter, string][]): Promise<any[]> {
  const done = new AbortController();
  try {
    const options = { signal: done.signal };
    return await Promise.race(events.map(([emitter, name]) => once(emitter, name, options)));
  } finally {
    done.abort();
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), endTimeoutMs);
  await exit;
  clearTimeout(timer);
}
