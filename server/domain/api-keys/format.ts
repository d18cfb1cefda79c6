/**
 * What an API key looks like:
 *
 *     sk_live_ 9Qz…43 characters…x 0aBcDe
 *     └prefix┘ └32 random bytes┘   └CRC-32 of everything before it┘   both in base62
 *
 * The checksum rejects typing errors and junk without touching the database, and lets secret
 * scanners be exact. It is no protection: whoever makes up a key can compute it.
 */
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { ApiKeyType, EnvironmentKind } from '../../../prisma/generated/enums.ts';
import { base62 } from '../base62.ts';

const pattern = /^(sk|pk)_(live|test)_[0-9A-Za-z]{49}$/;
const checksumLength = 6;

/** A new key value, 57 characters. */
export function newApiKeyValue(type: ApiKeyType, kind: EnvironmentKind): string {
  const prefix = `${type === 'SECRET' ? 'sk' : 'pk'}_${kind === 'PRODUCTION' ? 'live' : 'test'}_`;
  const body = prefix + base62(randomBytes(32), 43);
  return body + checksum(body);
}

/** Whether the text is shaped like a key and its checksum is right. Says nothing of its existence. */
export function isApiKeyValue(text: string): boolean {
  return (
    pattern.test(text) && checksum(text.slice(0, -checksumLength)) === text.slice(-checksumLength)
  );
}

/** What may be shown of a key: the first 12 characters, an ellipsis, the last 4. */
export function apiKeyPreview(value: string): string {
  return `${value.slice(0, 12)}…${value.slice(-4)}`;
}

function checksum(text: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(text));
  return base62(bytes, checksumLength);
}
