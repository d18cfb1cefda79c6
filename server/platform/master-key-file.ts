import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { MasterKeyEntry } from './master-keys.ts';

/**
 * Reads a list of master keys as MASTER_KEY and the file hold it: `id:base64` separated by
 * commas, each of 32 bytes.
 *
 * @throws {Error} the message continues a sentence that began with the name of the setting; it
 *   tells an entry by its place, never by what it says
 */
export function parseMasterKeys(list: string): MasterKeyEntry[] {
  const entries = list.split(',').map((each, index) => {
    const [, id, base64] = /^([^:]*):([A-Za-z0-9+/_-]+={0,2})$/.exec(each.trim()) ?? [];
    const place = `entry ${index + 1}`;
    if (id === undefined || base64 === undefined) {
      throw new Error(`must be a list of id:base64 separated by commas; ${place} is not`);
    }
    if (!/^[a-z0-9-]{1,32}$/.test(id)) {
      throw new Error(`must name each key with 1 to 32 of a-z, 0-9 and "-"; ${place} does not`);
    }
    const bytes = Buffer.from(base64, 'base64');
    if (bytes.length !== 32) {
      throw new Error(`must hold keys of exactly 32 bytes; ${place} has ${bytes.length}`);
    }
    return { id, bytes };
  });
  if (new Set(entries.map(({ id }) => id)).size < entries.length) {
    throw new Error('must give each key an id of its own');
  }
  return entries;
}

/**
 * Returns the master keys in `dataDir/master-key`, which it makes (mode 0600, one random key) if
 * it is missing. The file says what MASTER_KEY would say, so it can move there. It is never
 * written over: without it, what the database holds in encrypted form is lost. Of several
 * processes that start at once, all return the same keys.
 *
 * @throws {Error} the file is not a list of keys, or cannot be read or written
 */
export async function loadOrCreateMasterKey(dataDir: string): Promise<MasterKeyEntry[]> {
  const path = masterKeyPath(dataDir);
  return parse(path, (await readIfPresent(path)) ?? (await create(path)));
}

/**
 * The same without making any; null where there are none.
 *
 * @throws {Error} the file is not a list of keys, or cannot be read
 */
export async function loadMasterKey(dataDir: string): Promise<MasterKeyEntry[] | null> {
  const path = masterKeyPath(dataDir);
  const text = await readIfPresent(path);
  return text === null ? null : parse(path, text);
}

export function masterKeyPath(dataDir: string): string {
  return join(dataDir, 'master-key');
}

function parse(path: string, text: string): MasterKeyEntry[] {
  try {
    return parseMasterKeys(text.trim());
  } catch (cause) {
    throw new Error(`${path} ${(cause as Error).message}.`, { cause });
  }
}

/** Returns what the file holds in the end, which another process may have written. */
async function create(path: string): Promise<string> {
  const dir = dirname(path);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const draft = `${path}.new-${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await writeDurably(draft, `k1:${randomBytes(32).toString('base64')}\n`);
    // Unlike a rename, a link does not replace what is there.
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await syncDirectory(dir);
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(path, 'utf8');
}

async function readIfPresent(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

/** On disk when it resolves: the database must never hold what a lost key encrypted. */
async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
