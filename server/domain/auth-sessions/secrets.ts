/**
 * What opens a session, derived from its id and stored nowhere:
 *
 *     client secret  cs_ + id suffix (26) + HMAC in base62 (43)   watches, cancels, exchanges
 *     link token           id suffix (26) + HMAC in base62 (27)   confirms or cancels; never the proof
 *
 * Both are HMAC-SHA-256 of the session id under keys derived from the master key, each for its own
 * purpose. 53 characters is what a Telegram deep link (64 at most) can carry.
 */
import { randomInt, timingSafeEqual } from 'node:crypto';
import type { MasterKeys } from '../../platform/master-keys.ts';
import { base62 } from '../base62.ts';
import { idFromSuffix, idSuffix, idSuffixLength } from '../ids.ts';

const clientSecretPrefix = 'cs_';

/** @param masterKeyId the entry the session was started under */
export function clientSecretOf(keys: MasterKeys, sessionId: string, masterKeyId: string): string {
  const digest = keys.digest('client-secret', sessionId, masterKeyId);
  return clientSecretPrefix + idSuffix(sessionId) + base62(digest, 43);
}

/** @param masterKeyId the entry the session was started under */
export function linkTokenOf(keys: MasterKeys, sessionId: string, masterKeyId: string): string {
  const digest = keys.digest('link-token', sessionId, masterKeyId).subarray(0, 20);
  return idSuffix(sessionId) + base62(digest, 27);
}

/**
 * What a client secret or link token opens: the session, if it was started under the entry of the
 * master key that made the secret. Who learned an old entry cannot make one for a newer session.
 */
export interface Opened {
  id: string;
  master_key_id: string;
}

/** What this client secret opens, or null where it is none. Asks no database. */
export function openClientSecret(keys: MasterKeys, secret: string): Opened | null {
  if (!secret.startsWith(clientSecretPrefix)) return null;
  return match(keys, secret, clientSecretPrefix.length, clientSecretOf);
}

/** What this link token opens, or null where it is none. Asks no database. */
export function openLinkToken(keys: MasterKeys, token: string): Opened | null {
  return match(keys, token, 0, linkTokenOf);
}

function match(
  keys: MasterKeys,
  given: string,
  suffixAt: number,
  derive: (keys: MasterKeys, sessionId: string, masterKeyId: string) => string,
): Opened | null {
  const sessionId = idFromSuffix('authSession', given.slice(suffixAt, suffixAt + idSuffixLength));
  if (!sessionId) return null;
  const bytes = Buffer.from(given);
  const masterKeyId = keys.ids.find((id) => {
    const expected = Buffer.from(derive(keys, sessionId, id));
    return expected.length === bytes.length && timingSafeEqual(expected, bytes);
  });
  return masterKeyId === undefined ? null : { id: sessionId, master_key_id: masterKeyId };
}

/** Consonants that no two people read differently, and that spell no words. */
export const userCodeAlphabet = 'BCDFGHJKLMNPQRSTVWXZ';

/** Eight letters for people to compare or type; never enough alone. */
export function newUserCode(): string {
  let code = '';
  while (code.length < 8) code += userCodeAlphabet[randomInt(userCodeAlphabet.length)];
  return code;
}

/** A code as people type it: any case, with spaces or hyphens. */
export function normaliseUserCode(typed: string): string {
  return typed.replace(/[\s-]/g, '').toUpperCase();
}
