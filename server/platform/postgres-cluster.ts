import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresLauncher } from './postgres-launcher.ts';

/** The name ends in the major version: the files of one cannot be read by another. */
const CLUSTER = 'postgres-18';
/** A draft this old was left by a process that was killed; making one takes a second. */
const OLD_DRAFT_MS = 10 * 60_000;

/**
 * Returns the directory of the cluster in `dataDir`, which it makes if need be (0.6 s).
 *
 * @param noSync leaves it to the system when the new files reach the disk; for tests
 * @throws {Error} the directory belongs to another user or is a file, or `initdb` failed
 */
export async function ensureCluster(
  dataDir: string,
  launcher: PostgresLauncher,
  { noSync }: { noSync: boolean },
): Promise<string> {
  const clusterDir = join(dataDir, CLUSTER);
  const explain = explainRefused(dataDir);
  if (await isOurs(clusterDir, launcher.ownerUid).catch(explain)) return clusterDir;
  await mkdir(dataDir, { recursive: true, mode: 0o700 }).catch(explain);
  // Where PostgreSQL runs as another user, that user must be able to pass through.
  if (launcher.ownerUid !== process.getuid?.()) await chmod(dataDir, 0o711);

  // Made beside its place and then renamed: a killed start leaves no half of a cluster, and of two
  // at once the second finds the place taken.
  await removeOldDrafts(dataDir);
  const draft = `${clusterDir}.new-${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await mkdir(draft, { mode: 0o700 }).catch(explain);
    const password = join(draft, 'password');
    await writeFile(password, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
    await launcher.handOver(draft);
    await launcher.handOver(password);
    await launcher.initdb(draft, [
      '--username=postgres',
      `--pwfile=${password}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      ...(noSync ? ['--no-sync'] : []),
    ]);
    await rename(draft, clusterDir).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return clusterDir;
}

/** Whether a database was ever made in `dataDir`. */
export function hasCluster(dataDir: string): boolean {
  return existsSync(join(dataDir, CLUSTER));
}

/** Returns false when it does not exist yet. @throws {Error} it belongs to another user */
async function isOurs(clusterDir: string, ownerUid: number | null): Promise<boolean> {
  const found = await stat(clusterDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    if (error.code === 'EACCES') return 'closed' as const;
    throw error;
  });
  if (!found) return false;
  if (found !== 'closed' && (ownerUid === null || found.uid === ownerUid)) return true;
  const owner = found === 'closed' ? 'another user' : `user ${found.uid}`;
  throw new Error(
    `${clusterDir} belongs to ${owner}, but PostgreSQL would run as user ${ownerUid}. ` +
      'Start Latchkey as the user who first started it, or set DATA_DIR to another directory.',
  );
}

/** What DATA_DIR cannot be used for, in a sentence; any other error as it is. */
const explainRefused = (dataDir: string) => (error: NodeJS.ErrnoException) => {
  const reasons: Record<string, string> = {
    EACCES: `Latchkey may not write in ${dataDir}.`,
    ENOTDIR: `${dataDir}, or a part of that path, is a file and not a directory.`,
  };
  reasons.EEXIST = reasons.ENOTDIR!;
  const reason = reasons[error.code ?? ''];
  if (!reason) throw error;
  throw new Error(`${reason} Set DATA_DIR to a directory of its own.`, { cause: error });
};

async function removeOldDrafts(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (!name.startsWith(`${CLUSTER}.new-`)) continue;
    const path = join(dataDir, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (Date.now() - mtimeMs > OLD_DRAFT_MS) await rm(path, { recursive: true, force: true });
  }
}

/** The password of `postgres`, the cluster's only user. */
export async function readPassword(clusterDir: string): Promise<string> {
  return (await readFile(join(clusterDir, 'password'), 'utf8')).trim();
}

/** What a running server says of itself, in the lines that PostgreSQL's pidfile.h names; else 0. */
export async function readPidFile(clusterDir: string): Promise<{ pid: number; port: number }> {
  const text = await readFile(join(clusterDir, 'data', 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  return { pid: Number(lines[0] ?? 0), port: Number(lines[3] ?? 0) };
}
