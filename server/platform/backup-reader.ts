/** Reads a backup, which may be no such file, or no longer what was written. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import {
  type BackedUpTable,
  type BackupEnd,
  type BackupHeader,
  hashFrame,
} from './backup-format.ts';

/** COPY gives rows in pieces of some 64 KB; a row may be larger. What is longer is no length of ours. */
const frameBytesMax = 2 ** 28;

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
 * @throws {Error} in a sentence: it is no backup, was cut short or changed, or counts other rows than
 *   it has
 */
export async function verifyBackup(path: string): Promise<{ header: BackupHeader } & BackupEnd> {
  const { header, tables, end } = await openBackup(path);
  const found: BackupEnd['rows'] = {};
  for await (const { name, data } of tables) {
    found[name] = 0;
    for await (const piece of data) found[name] += countLines(piece);
  }
  const { rows, sha256 } = end();
  for (const name of new Set([...Object.keys(found), ...Object.keys(rows)])) {
    if (found[name] === rows[name]) continue;
    throw new Error(`${path} says that ${name} has ${rows[name]} rows, and has ${found[name]}.`);
  }
  return { header, rows, sha256 };
}

/** COPY ends each row by a line feed, and writes those within a row as two characters. */
function countLines(piece: Buffer): number {
  let lines = 0;
  for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, at + 1)) lines += 1;
  return lines;
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
