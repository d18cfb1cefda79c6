import { UUID, uuidv7obj } from 'uuidv7';

/**
 * Ids are TypeIDs (https://github.com/jetify-com/typeid/tree/main/spec): a prefix that says what the
 * id names, and a UUIDv7 in Crockford base32, so that ids sort by the time they were made.
 */
export const idPrefixes = {
  user: 'usr',
  workspace: 'wsp',
  signIn: 'sin',
  passwordReset: 'rst',
  accessToken: 'tok',
  invitation: 'inv',
  project: 'prj',
  environment: 'env',
  apiKey: 'key',
  apiKeySecret: 'ksc',
  authSession: 'ses',
  logEntry: 'log',
  outboxEvent: 'evt',
  webhookEndpoint: 'whk',
  webhookSecret: 'wsc',
  webhookDelivery: 'dlv',
} as const;

export type IdKind = keyof typeof idPrefixes;

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const suffixPattern = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;
const kindByPrefix = new Map(Object.entries(idPrefixes).map(([kind, prefix]) => [prefix, kind]));

/** The length of what follows the prefix and its underscore. */
export const idSuffixLength = 26;

/** A new id of this kind, later in order than every id this process made before. */
export function newId(kind: IdKind): string {
  return `${idPrefixes[kind]}_${base32(uuidv7obj().bytes)}`;
}

/**
 * An id as one that was made at that instant.
 *
 * @param random three whole numbers from 0 to 2^30 - 1, which make it unlike every other of its instant
 */
export function idAt(
  kind: IdKind,
  atMs: number,
  random: readonly [number, number, number],
): string {
  const [a, b, c] = random;
  return `${idPrefixes[kind]}_${base32(UUID.fromFieldsV7(atMs, a & 0xfff, b, c).bytes)}`;
}

/** What an id names, or null where it is malformed or has a prefix that is not ours. */
export function kindOfId(id: string): IdKind | null {
  const kind = kindByPrefix.get(id.slice(0, 3) as (typeof idPrefixes)[IdKind]);
  return kind && id[3] === '_' && suffixPattern.test(id.slice(4)) ? (kind as IdKind) : null;
}

/** The id without its prefix: 26 characters. */
export function idSuffix(id: string): string {
  return id.slice(-idSuffixLength);
}

/** The id of this kind with this suffix, or null where the suffix is malformed. */
export function idFromSuffix(kind: IdKind, suffix: string): string | null {
  return suffixPattern.test(suffix) ? `${idPrefixes[kind]}_${suffix}` : null;
}

/** 16 bytes as 26 characters of five bits; the first carries the three that are left over. */
function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 2; // two zero bits make 130, a multiple of five
  let buffer = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(buffer >>> bits) & 31];
    }
    buffer &= (1 << bits) - 1;
  }
  return text;
}
