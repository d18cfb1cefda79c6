import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/**
 * The master key, the one secret of a server that is not in its database.
 *
 * It is a list: the first entry makes every new digest and ciphertext, all of them verify and
 * decrypt. No entry is used directly: each purpose has its own key, derived by HKDF-SHA-256
 * (RFC 5869) with the purpose as info, so that a digest made for one can never pass for another.
 */
export type KeyPurpose =
  | 'api-key'
  | 'sign-in'
  | 'password-reset'
  | 'access-token'
  | 'invitation'
  | 'rate-limit'
  | 'client-secret'
  | 'link-token'
  | 'signing-key'
  | 'backup'
  | 'webhook-secret';

export interface MasterKeyEntry {
  id: string;
  /** 32 bytes. */
  bytes: Buffer;
}

export interface Sealed {
  masterKeyId: string;
  bytes: Buffer;
}

const ivBytes = 12;
const tagBytes = 16;

export class MasterKeys {
  /** The entry that makes new digests and ciphertexts. */
  readonly primaryId: string;
  /** Every entry, the primary first. */
  readonly ids: readonly string[];
  readonly #entries: Map<string, Buffer>;
  readonly #derived = new Map<string, Buffer>();

  /** @param entries at least one; ids are unique */
  constructor(entries: readonly MasterKeyEntry[]) {
    const [primary] = entries;
    if (!primary) throw new Error('A server needs a master key.');
    this.primaryId = primary.id;
    this.ids = entries.map(({ id }) => id);
    this.#entries = new Map(entries.map(({ id, bytes }) => [id, bytes]));
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  /** HMAC-SHA-256 of the data: 32 bytes. */
  digest(purpose: KeyPurpose, data: string | Buffer, id = this.primaryId): Buffer {
    return createHmac('sha256', this.#key(purpose, id)).update(data).digest();
  }

  /** By which two who have an entry know that it is the same: of one id there may be several keys. */
  checkOf(id: string): string {
    return this.digest('backup', 'check', id).toString('base64url');
  }

  /** The digest by each entry, the primary first: one of them is what the database holds. */
  digests(purpose: KeyPurpose, data: string | Buffer): Buffer[] {
    return this.ids.map((id) => this.digest(purpose, data, id));
  }

  /**
   * Encrypts with AES-256-GCM.
   *
   * @param boundTo what the ciphertext belongs to, such as its row's id; decrypting takes the same
   */
  encrypt(purpose: KeyPurpose, plain: Buffer, boundTo: string): Sealed {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#key(purpose, this.primaryId), iv);
    cipher.setAAD(Buffer.from(boundTo));
    const body = Buffer.concat([cipher.update(plain), cipher.final()]);
    return { masterKeyId: this.primaryId, bytes: Buffer.concat([iv, cipher.getAuthTag(), body]) };
  }

  /** @throws {Error} the entry is gone, or the ciphertext was changed or moved to another row */
  decrypt(purpose: KeyPurpose, { masterKeyId, bytes }: Sealed, boundTo: string): Buffer {
    const decipher = createDecipheriv(
      'aes-256-gcm',
      this.#key(purpose, masterKeyId),
      bytes.subarray(0, ivBytes),
    );
    decipher.setAAD(Buffer.from(boundTo));
    decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
    return Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]);
  }

  #key(purpose: KeyPurpose, id: string): Buffer {
    const name = `${purpose} ${id}`;
    let key = this.#derived.get(name);
    if (!key) {
      const entry = this.#entries.get(id);
      if (!entry) {
        throw new Error(
          `MASTER_KEY has no entry "${id}", which data in the database was made with.`,
        );
      }
      key = Buffer.from(hkdfSync('sha256', entry, '', `latchkey ${purpose}`, 32));
      this.#derived.set(name, key);
    }
    return key;
  }
}
