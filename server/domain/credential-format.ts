/**
 * What API keys and access tokens look like:
 *
 *     sk_live_ 9Qz…43 characters…x 0aBcDe
 *     └prefix┘ └32 random bytes┘   └CRC-32 of everything before it┘   both in base62
 *
 * The checksum rejects typing errors and junk without touching the database, and lets secret
 * scanners be exact. It is no protection: whoever makes up a credential can compute it.
 */
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { base62 } from './base62.ts';

const checksumLength = 6;
const pattern = /_[0-9A-Za-z]{49}$/;

/** A new value, 49 characters longer than its prefix, which ends in an underscore. */
export function newCredential(prefix: string): string {
  const body = prefix + base62(randomBytes(32), 43);
  return body + checksum(body);
}

/** Whether the text ends like a credential and its checksum is right. Its prefix may be any. */
export function isCredential(text: string): boolean {
  return (
    pattern.test(text) && checksum(text.slice(0, -checksumLength)) === text.slice(-checksumLength)
  );
}

/** What may be shown of one: the first 12 characters, an ellipsis, the last 4. */
export function credentialPreview(value: string): string {
  return `${value.slice(0, 12)}…${value.slice(-4)}`;
}

function checksum(text: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(text));
  return base62(bytes, checksumLength);
}
