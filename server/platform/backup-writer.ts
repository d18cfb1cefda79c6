/** Writes a backup: there as a whole, as it was read again, or not at all. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { link, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import {
  type BackedUpTable,
  type BackupEnd,
  type BackupHeader,
  hashFrame,
  lengthOf,
} from './backup-format.ts';
import { verifyBackup } from './backup-reader.ts';

export interface BackupWriter {
  header(header: BackupHeader): Promise<void>;
  /** @param data what COPY says. @param rows is asked when that is over */
  table(
    table: BackedUpTable,
    data: AsyncIterable<Buffer>,
    rows: () => Promise<number>,
  ): Promise<void>;
}

const draftPattern = /\.partial-\d+-[0-9a-f]{8}$/;
/** One that nobody has written to for so long was left by a process that was killed. */
const oldDraftMs = 3_600_000;

/**
 * Writes a backup for the owner alone to read (mode 0600), and reads it again before it gets its name.
 *
 * @returns its size in bytes, and its rows
 * @throws {Error} in a sentence: there is such a file already, or it cannot be written there
 */
export async function writeBackup(
  path: string,
  write: (writer: BackupWriter) => Promise<void>,
): Promise<{ bytes: number; rows: BackupEnd['rows'] }> {
  try {
    await refuseExisting(path);
    await removeOldDrafts(dirname(path));
    const draft = `${path}.partial-${process.pid}-${randomBytes(4).toString('hex')}`;
    try {
      await writeDraft(draft, write);
      const { rows } = await verifyBackup(draft);
      await putInPlace(draft, path);
      return { bytes: (await stat(path)).size, rows };
    } finally {
      await rm(draft, { force: true });
    }
  } catch (error) {
    throw explain(path, error as NodeJS.ErrnoException);
  }
}

async function refuseExisting(path: string): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  if (found) throw taken(path);
}

const taken = (path: string) => new Error(`${path} is there already. Name another file.`);

/** Of those who were killed. */
async function removeOldDrafts(folder: string): Promise<void> {
  for (const name of (await readdir(folder)).filter((each) => draftPattern.test(each))) {
    const old = join(folder, name);
    const { mtimeMs } = await stat(old).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (Date.now() - mtimeMs > oldDraftMs) await rm(old, { force: true });
  }
}

/** A file of that name which somebody made meanwhile is not replaced. */
async function putInPlace(draft: string, path: string): Promise<void> {
  const folder = dirname(path);
  try {
    await link(draft, path);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // FAT and some network drives have no links. There an empty file keeps the place for an instant.
    if (!/^(EPERM|ENOTSUP|EOPNOTSUPP|ENOSYS)$/.test(code)) throw error;
    await (await open(path, 'wx', 0o600)).close();
    await rename(draft, path).catch(async (cause) => {
      await rm(path, { force: true });
      throw cause;
    });
  }
  await sync(folder).catch((error: NodeJS.ErrnoException) => {
    // The same drives may not know how to; what is in the file is on disk in any case.
    if (!/^(EINVAL|EPERM|ENOTSUP|EISDIR)$/.test(error.code ?? '')) throw error;
  });
}

async function writeDraft(draft: string, write: (writer: BackupWriter) => Promise<void>) {
  const gzip = createGzip();
  const written = pipeline(gzip, createWriteStream(draft, { flags: 'wx', mode: 0o600 }));
  // Whoever awaits a frame hears of it at the next one, or at the end.
  written.catch(() => {});
  const hash = createHash('sha256');
  const rows: BackupEnd['rows'] = {};

  async function frame(payload: Buffer): Promise<void> {
    hashFrame(hash, payload);
    gzip.write(lengthOf(payload));
    if (!gzip.write(payload)) await (gzip.destroyed ? written : once(gzip, 'drain'));
  }
  const json = (value: object) => frame(Buffer.from(JSON.stringify(value)));

  try {
    await write({
      header: json,
      async table(table, data, count) {
        await json(table);
        for await (const piece of data) if (piece.length > 0) await frame(piece);
        await frame(Buffer.alloc(0));
        rows[table.name] = await count();
      },
    });
    await json({ rows, sha256: hash.copy().digest('hex') } satisfies BackupEnd);
    gzip.end();
  } catch (error) {
    gzip.destroy();
    await written.catch(() => {});
    throw error;
  }
  await written;
  await sync(draft);
}

/** On disk when it resolves. */
async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What writing a file says of it, in a sentence; any other error as it is. */
function explain(path: string, error: NodeJS.ErrnoException): Error {
  switch (error.syscall ? error.code : undefined) {
    case 'EEXIST':
      return taken(path);
    case 'ENOENT':
    case 'ENOTDIR':
      return new Error(`There is no directory ${dirname(path)}.`);
    case 'EACCES':
    case 'EPERM':
      return new Error(`This user may not write in ${dirname(path)}.`);
    case 'EROFS':
      return new Error(`${dirname(path)} is on a disk that is read-only.`);
    case 'EFBIG':
      return new Error(
        `The file system of ${dirname(path)} takes no file as large as this backup.`,
      );
    case 'ENOSPC':
    case 'EDQUOT':
      return new Error(`There is no room left for a backup in ${dirname(path)}.`);
    default:
      return error;
  }
}
