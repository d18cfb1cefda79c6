/** Secrets, and where they turn up: as they are, or in the ways in which bytes become text. */

/** One HTTP reply, with what was asked. */
export interface RecordedReply {
  /** Of the request, for who reads a failure. */
  what: string;
  status: number;
  /** Names and values, a line each. */
  headers: string;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of every shape
  json: any;
}

export interface Secret {
  name: string;
  value: string;
  /** The replies that may hold it. */
  handedOverBy: Set<RecordedReply>;
  /** What of it must not be found anywhere else, in every form. */
  needles: string[];
}

export interface Vault {
  readonly secrets: readonly Secret[];
  /** Remembers a secret. @param by the reply that handed it over; none for what the caller made up */
  add(name: string, value: string, by?: RecordedReply): void;
  /** The names of the secrets that a text holds in any form. */
  find(text: string): Secret[];
}

export function createVault(): Vault {
  const secrets = new Map<string, Secret>();
  return {
    get secrets() {
      return [...secrets.values()];
    },
    add(name, value, by) {
      let secret = secrets.get(value);
      if (!secret) {
        secret = { name, value, handedOverBy: new Set(), needles: needlesOf(value) };
        secrets.set(value, secret);
      }
      if (by) secret.handedOverBy.add(by);
    },
    find: (text) =>
      [...secrets.values()].filter(({ needles }) => needles.some((each) => text.includes(each))),
  };
}

/** A secret of each kind, which the first word of its name tells. */
export function oneOfEachKind({ secrets }: Vault): string[] {
  const kinds = new Map(secrets.map(({ name, value }) => [name.split(' ')[0], value]));
  return [...kinds.values()];
}

/**
 * Of long secrets a part that stands in no preview, so that one cut short is found, too; and the bytes
 * that they are made of.
 */
function needlesOf(value: string): string[] {
  const part = value.length >= 40 ? value.slice(-26, -6) : value;
  const found = [part, ...encodingsOf(Buffer.from(part))];
  const bytes = bytesBehind(value);
  return bytes ? [...found, ...encodingsOf(bytes)] : found;
}

/** In hexadecimal, and in base64 of both kinds wherever the bytes begin in what is encoded. */
function encodingsOf(bytes: Buffer): string[] {
  const hex = bytes.toString('hex');
  const inBase64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    // The first and the last characters also hold bits of what stands beside.
    return text.replace(/=+$/, '').slice(Math.ceil((offset * 4) / 3), -1);
  });
  const inBase64Url = inBase64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  return [...new Set([hex, hex.toUpperCase(), ...inBase64, ...inBase64Url])];
}

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The 32 random bytes or the digest that a secret of ours is the text of; null for a password. */
function bytesBehind(value: string): Buffer | null {
  if (/^[\w-]{43}$/.test(value)) return Buffer.from(value, 'base64url');
  if (/^(whsec_)?[\w+/]{43}=$/.test(value)) return Buffer.from(value.slice(-44), 'base64');
  const [, ofCredential, ofClientSecret] =
    /^(?:[sp]k_\w{4}_|lkp_)(\w{43})\w{6}$|^cs_\w{26}(\w{43})$/.exec(value) ?? [];
  const text = ofCredential ?? ofClientSecret;
  if (!text) return null;
  let number = 0n;
  for (const letter of text) number = number * 62n + BigInt(base62.indexOf(letter));
  return Buffer.from(number.toString(16).padStart(64, '0'), 'hex');
}
