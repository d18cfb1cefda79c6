/** The directory of an embedded database, and what runs in it. */
import { readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { Tools } from '../../server/domain/call.ts';
import { closeDb } from '../../server/platform/db.ts';
import { startEmbeddedPostgres } from '../../server/platform/embedded-postgres.ts';
import { loadOrCreateMasterKey } from '../../server/platform/master-key-file.ts';
import { MasterKeys } from '../../server/platform/master-keys.ts';
import { createTestTools } from './call.ts';

const made: string[] = [];

/** A new directory, which `removeDataDirs` removes. */
export async function makeDataDir(): Promise<string> {
  const path = await mkdtemp(join(await realpath(tmpdir()), 'latchkey-process-'));
  made.push(path);
  return path;
}

/** Waits for the databases in them to end, whose starters must have ended. */
export async function removeDataDirs(): Promise<void> {
  for (const path of made.splice(0)) {
    await vi.waitUntil(() => processesIn(path).length === 0, { timeout: 15_000, interval: 10 });
    await rm(path, { recursive: true, force: true });
  }
}

/** The processes that work in a directory, as all of PostgreSQL's do. Empty where there is no /proc. */
export function processesIn(directory: string): number[] {
  return readProcesses().filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`).startsWith(directory);
    } catch {
      return false; // it has ended, or is another user's
    }
  });
}

function readProcesses(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** The first process of the database that runs there: all its others end with it. */
export async function readPostmaster(dataDir: string): Promise<number> {
  const file = join(dataDir, 'postgres-18/data/postmaster.pid');
  return Number((await readFile(file, 'utf8')).split('\n', 1)[0]);
}

/** Who started a process, or whoever took it over. */
export async function readParent(pid: number): Promise<number> {
  return Number(/^PPid:\s*(\d+)$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** Runs something with the tools of one more process on the database that a server has started. */
export async function withToolsOf<Result>(
  dataDir: string,
  run: (tools: Tools) => Promise<Result>,
): Promise<Result> {
  const { url, adopted, stop } = await startEmbeddedPostgres(dataDir);
  try {
    if (!adopted) throw new Error('No server runs there.');
    const masterKeys = new MasterKeys(await loadOrCreateMasterKey(dataDir));
    const tools = createTestTools(url, { masterKeys });
    try {
      return await run(tools);
    } finally {
      await closeDb(tools.db);
    }
  } finally {
    await stop();
  }
}
