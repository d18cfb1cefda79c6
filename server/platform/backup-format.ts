/**
 * A backup as a file: gzip around frames, each a length (four bytes, the highest first) and so many
 * bytes. The first frame is the header. For each table there follow its description, what COPY said of
 * it, and an empty frame. The last frame counts the rows and holds the SHA-256 of all before it.
 */
import type { Hash } from 'node:crypto';

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

export function hashFrame(hash: Hash, payload: Buffer): void {
  hash.update(lengthOf(payload)).update(payload);
}

export function lengthOf(payload: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(payload.length);
  return length;
}
