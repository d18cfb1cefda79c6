import type { Program } from './processes.ts';

/** Bytes, after a garbage collection. */
export interface Memory {
  /** The JavaScript heap and the buffers beside it. */
  heap: number;
  /** All that the process has of the machine. */
  resident: number;
}

/** With which a program can be asked. */
export const probeArgs = ['--expose-gc', '--import', './bench/probe.mjs'];

const asked = new WeakMap<Program, number>();

export async function askMemory(program: Program): Promise<Memory> {
  const n = (asked.get(program) ?? 0) + 1;
  asked.set(program, n);
  process.kill(program.pid, 'SIGUSR2');
  const [, heap, resident] = await program.says(new RegExp(`^memory ${n} (\\d+) (\\d+)\n`, 'm'));
  return { heap: Number(heap), resident: Number(resident) };
}
