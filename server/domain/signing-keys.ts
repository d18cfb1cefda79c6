/**
 * The Ed25519 key pairs that sign proofs.
 *
 * A key is published in the JWKS before it signs, and stays there after its successor has taken over,
 * so that whoever caches the JWKS never meets a proof they cannot check:
 *
 *     published ──(overlap)──► signs ──(rotation)──► successor signs ──(overlap)──► withdrawn
 *
 * The private key is encrypted with the master key. Changing the master key's entries is safe as long
 * as the old entry stays listed.
 */
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  exportPKCS8,
  generateKeyPair,
  importPKCS8,
  type JWK,
} from 'jose';
import type { Db, Tx } from '../platform/db.ts';
import type { MasterKeys } from '../platform/master-keys.ts';

export const proofAlgorithm = 'EdDSA';
const rotationDays = 90;
const overlapHours = 24;
/** How long what was read of the keys is used. Far below the overlap, so nobody notices. */
const cachedMs = 60_000;
/** Held while looking whether a key is due and making it, so that two processes make one. */
const advisoryLock = 7_236_114_001;

interface LoadedKey {
  id: string;
  publicJwk: JWK;
  privateKey: CryptoKey;
  signs: boolean;
}

export interface SigningKeys {
  /** The newest key that signs already. Makes the first one if there is none. */
  current(): Promise<{ id: string; privateKey: CryptoKey }>;
  /** A published key by its id. @throws {Error} it was withdrawn */
  get(id: string): Promise<{ id: string; privateKey: CryptoKey }>;
  /** The public keys of every proof that can still be valid, as RFC 7517 says. */
  jwks(): Promise<{ keys: JWK[] }>;
  /** Makes the next key when the newest is old enough; otherwise does nothing. Safe to call at any time. */
  rotateIfDue(): Promise<boolean>;
}

export function createSigningKeys(db: Db, masterKeys: MasterKeys): SigningKeys {
  let loaded: { keys: Promise<LoadedKey[]>; at: number } | null = null;

  async function load(): Promise<LoadedKey[]> {
    const { rows } = await db.$pool.query(`
      SELECT id, public_jwk, private_key, master_key_id, signs_from <= now() AS signs FROM signing_keys
      WHERE published_until IS NULL OR published_until > now() ORDER BY signs_from DESC, id`);
    return Promise.all(
      rows.map(async (row) => {
        const sealed = { masterKeyId: row.master_key_id, bytes: row.private_key };
        const pem = masterKeys.decrypt('signing-key', sealed, row.id).toString();
        const privateKey = await importPKCS8(pem, proofAlgorithm);
        return { id: row.id, publicJwk: row.public_jwk, privateKey, signs: row.signs };
      }),
    );
  }

  function keys(): Promise<LoadedKey[]> {
    const now = performance.now();
    if (loaded && now - loaded.at < cachedMs) return loaded.keys;
    const entry = { keys: load(), at: now };
    loaded = entry;
    entry.keys.catch(() => {
      if (loaded === entry) loaded = null;
    });
    return entry.keys;
  }

  async function rotateIfDue(): Promise<boolean> {
    const made = await db.$transaction(async (tx) => {
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(${advisoryLock})`;
      const [newest] = await tx.$queryRaw<{ due: boolean }[]>`
        SELECT signs_from <= now() - make_interval(days => ${rotationDays}) AS due FROM signing_keys
        ORDER BY signs_from DESC LIMIT 1`;
      if (newest && !newest.due) return false;
      await makeKey(tx, newest !== undefined);
      return true;
    });
    if (made) loaded = null;
    return made;
  }

  async function makeKey(tx: Tx, hasPredecessor: boolean): Promise<void> {
    const pair = await generateKeyPair(proofAlgorithm, { crv: 'Ed25519', extractable: true });
    const { kty, crv, x } = await exportJWK(pair.publicKey);
    const id = await calculateJwkThumbprint({ kty, crv, x } as JWK);
    const publicJwk = { kty, crv, x, kid: id, alg: proofAlgorithm, use: 'sig' };
    const pem = await exportPKCS8(pair.privateKey);
    const sealed = masterKeys.encrypt('signing-key', Buffer.from(pem), id);
    const hours = hasPredecessor ? overlapHours : 0;
    await tx.$executeRaw`
      UPDATE signing_keys SET published_until = now() + make_interval(hours => ${2 * overlapHours})
      WHERE published_until IS NULL`;
    await tx.$executeRaw`
      INSERT INTO signing_keys (id, public_jwk, private_key, master_key_id, signs_from)
      VALUES (${id}, ${publicJwk}::jsonb, ${sealed.bytes}, ${sealed.masterKeyId}, now() + make_interval(hours => ${hours}))`;
  }

  return {
    async current() {
      let key = (await keys()).find(({ signs }) => signs);
      if (!key) {
        await rotateIfDue();
        loaded = null;
        key = (await keys()).find(({ signs }) => signs);
      }
      if (!key) throw new Error('There is no signing key that signs yet.');
      return key;
    },
    async get(id) {
      let key = (await keys()).find((known) => known.id === id);
      if (!key) {
        loaded = null; // another process may have made it since
        key = (await keys()).find((known) => known.id === id);
      }
      if (!key) throw new Error(`The signing key ${id} was withdrawn.`);
      return key;
    },
    async jwks() {
      await this.current(); // never an empty set, which clients would keep for minutes
      return { keys: (await keys()).map(({ publicJwk }) => publicJwk) };
    },
    rotateIfDue,
  };
}
