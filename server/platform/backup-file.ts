/**
 * A backup as a file: gzip around frames, each a length (four bytes, the highest first) and so many
 * bytes. The first frame is the header. For each table there follow its description, what COPY said of
 * it, and an empty frame. The last frame counts the rows and holds the SHA-256 of all before it.
 */
import { createHash, type Hash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { link, open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';

export interface BackupHeader {
  format: 'latchkey backup 1';
  /** The version of Latchkey that wrote it. */
  version: string;
  /** RFC 3339. */
  at: string;
  /** Applied to the database, in order. */
  migrations: { name: string; checksum: string }[];
  /** By which one who has the entries knows that they are the same; nobody else learns anything. */
  masterKeys: { id: string; check: string }[];
}

export interface BackedUpTable {
  name: string;
  columns: string[];
}

export interface BackupEnd {
  /** By the name of the table. */
  rows: Record<string, number>;
  sha256: string;
}

/** COPY gives rows in pieces of some 64 KB; a row may be larger. What is longer is no length of ours. */
const frameBytesMax = 2 ** 28;

export interface BackupWriter {
  header(header: BackupHeader): Promise<void>;
  /** @param data what COPY says. @param rows is asked when that is over */
  table(table: BackedUpTable, data: AsyncIterable<Buffer>, rows: () => number): Promise<void>;
}

/**
 * Writes a backup that is there as a whole, for the owner alone to read (mode 0600), or not at all.
 *
 * @returns its size in bytes, and its rows
 * @throws {Error} in a sentence, if there is such a file already
 */
export async function writeBackup(
  path: string,
  write: (writer: BackupWriter) => Promise<void>,
): Promise<{ bytes: number; rows: BackupEnd['rows'] }> {
  await refuseExisting(path);
  const draft = `${path}.partial-${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    const rows = await writeDraft(draft, write);
    // Unlike a rename, a link does not replace what is there.
    await link(draft, path).catch(async (error) => {
      await refuseExisting(path);
      throw error;
    });
    await sync(dirname(path));
    return { bytes: (await stat(path)).size, rows };
  } finally {
    await rm(draft, { force: true });
  }
}

async function refuseExisting(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found) throw new Error(`${path} is there already. Name another file.`);
}

async function writeDraft(draft: string, write: (writer: BackupWriter) => Promise<void>) {
  const gzip = createGzip();
  const file = createWriteStream(draft, { flags: 'wx', mode: 0o600 });
  const written = finished(gzip.pipe(file));
  // Whoever awaits a frame hears of it at the next one, or at the end.
  written.catch(() => {});
  const hash = createHash('sha256');
  const rows: BackupEnd['rows'] = {};

  async function frame(payload: Buffer): Promise<void> {
    hashFrame(hash, payload);
    gzip.write(lengthOf(payload));
    if (!gzip.write(payload)) await Promise.race([once(gzip, 'drain'), written]);
  }
  const json = (value: object) => frame(Buffer.from(JSON.stringify(value)));

  await write({
    header: json,
    async table(table, data, count) {
      await json(table);
      for await (const piece of data) if (piece.length > 0) await frame(piece);
      await frame(Buffer.alloc(0));
      rows[table.name] = count();
    },
  });
  await json({ rows, sha256: hash.copy().digest('hex') } satisfies BackupEnd);
  gzip.end();
  await written;
  await sync(draft);
  return rows;
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

export interface BackupReader {
  header: BackupHeader;
  /** In order. The data of each must be read before the next. At the end the sum is checked. */
  tables: AsyncIterable<BackedUpTable & { data: AsyncIterable<Buffer> }>;
  /** Once the tables are read. */
  end(): BackupEnd;
}

/**
 * Reads the whole file, which takes no more memory than a piece of it.
 *
 * @throws {Error} in a sentence: it is no backup, was cut short, or was changed
 */
export async function verifyBackup(path: string): Promise<{ header: BackupHeader } & BackupEnd> {
  const { header, tables, end } = await openBackup(path);
  for await (const { data } of tables) for await (const _ of data);
  return { header, ...end() };
}

/** Reads a backup that was verified. @throws {Error} it is not the file that it was then */
export async function openBackup(path: string): Promise<BackupReader> {
  const hash = createHash('sha256');
  const frames = readFrames(path);
  const first = await next();
  hashFrame(hash, first);
  const header = parse<BackupHeader>(first);
  if (header.format !== 'latchkey backup 1') {
    throw new Error(`${path} is no backup that this version of Latchkey can read.`);
  }
  let end: BackupEnd | null = null;

  async function next(): Promise<Buffer> {
    const { value, done } = await frames.next();
    if (done) throw new Error(`${path} is not whole: it was cut short.`);
    return value;
  }

  async function* dataOfTable(): AsyncGenerator<Buffer> {
    for (let piece = await next(); piece.length > 0; piece = await next()) {
      hashFrame(hash, piece);
      yield piece;
    }
    hashFrame(hash, Buffer.alloc(0));
  }

  async function* readTables() {
    for (;;) {
      const frame = await next();
      const found = parse<BackedUpTable | BackupEnd>(frame);
      if ('sha256' in found) {
        end = found;
        break;
      }
      hashFrame(hash, frame);
      yield { ...found, data: dataOfTable() };
    }
    const { done } = await frames.next();
    if (!done || end.sha256 !== hash.digest('hex')) throw new Error(altered(path));
  }

  function parse<T extends object>(frame: Buffer): T {
    try {
      const value: unknown = JSON.parse(frame.toString());
      if (typeof value === 'object' && value !== null) return value as T;
    } catch {
      // as of what is no object
    }
    throw new Error(altered(path));
  }

  return {
    header,
    tables: readTables(),
    end() {
      if (end === null) throw new Error(altered(path));
      return end;
    },
  };
}

const altered = (path: string) => `${path} is no backup, or was changed since it was written.`;

function hashFrame(hash: Hash, payload: Buffer): void {
  hash.update(lengthOf(payload)).update(payload);
}

function lengthOf(payload: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(payload.length);
  return length;
}

async function* readFrames(path: string): AsyncGenerator<Buffer, void> {
  const file = createReadStream(path);
  const gunzip = createGunzip();
  file.on('error', (error) => gunzip.destroy(error));
  let pending = Buffer.alloc(0);
  try {
    for await (const piece of file.pipe(gunzip)) {
      pending = pending.length === 0 ? piece : Buffer.concat([pending, piece]);
      while (pending.length >= 4) {
        const length = pending.readUInt32BE(0);
        if (length > frameBytesMax) throw new Error(altered(path));
        if (pending.length < 4 + length) break;
        yield pending.subarray(4, 4 + length);
        pending = pending.subarray(4 + length);
      }
    }
  } catch (error) {
    throw explain(path, error as NodeJS.ErrnoException);
  } finally {
    file.destroy();
  }
  if (pending.length > 0) throw new Error(`${path} is not whole: it was cut short.`);
}

/** What reading a file says of it, in a sentence; any other error as it is. */
function explain(path: string, error: NodeJS.ErrnoException): Error {
  const { code = '' } = error;
  if (code === 'ENOENT') return new Error(`There is no file ${path}.`);
  if (code === 'EACCES') return new Error(`${path} may not be read.`);
  if (code === 'EISDIR') return new Error(`${path} is a directory.`);
  if (code === 'Z_BUF_ERROR') return new Error(`${path} is not whole: it was cut short.`);
  return code.startsWith('Z_') ? new Error(altered(path)) : error;
}
