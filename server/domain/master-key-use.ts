/**
 * Which entries of the master key the database still depends on.
 *
 * Digests move to the first entry when what they are of is next used, because only then is it known;
 * ciphertexts can be moved at any time. An old entry can go from the list once nothing names it.
 */
import type { Tools } from './call.ts';

type MasterKeyTools = Pick<Tools, 'db' | 'masterKeys'>;

/**
 * Encrypts again, with the first entry, what an old one encrypted. Safe to run at any time and in
 * several processes, because each row is written only if it is still as it was read.
 *
 * @returns how many rows moved
 * @throws {Error} an entry is missing that a row was encrypted with
 */
export async function reencryptSecrets(tools: MasterKeyTools): Promise<number> {
  return (await reencryptSigningKeys(tools)) + (await reencryptWebhookSecrets(tools));
}

async function reencryptSigningKeys({ db, masterKeys }: MasterKeyTools): Promise<number> {
  const old = await db.signingKey.findMany({
    where: { masterKeyId: { not: masterKeys.primaryId } },
    select: { id: true, masterKeyId: true, privateKey: true },
  });
  let moved = 0;
  for (const { id, masterKeyId, privateKey } of old) {
    const sealed = { masterKeyId, bytes: Buffer.from(privateKey) };
    const plain = masterKeys.decrypt('signing-key', sealed, id);
    const anew = masterKeys.encrypt('signing-key', plain, id);
    const { count } = await db.signingKey.updateMany({
      where: { id, masterKeyId },
      data: { masterKeyId: anew.masterKeyId, privateKey: Uint8Array.from(anew.bytes) },
    });
    moved += count;
  }
  return moved;
}

async function reencryptWebhookSecrets({ db, masterKeys }: MasterKeyTools): Promise<number> {
  const old = await db.webhookSecret.findMany({
    where: { masterKeyId: { not: masterKeys.primaryId } },
    select: { id: true, masterKeyId: true, secret: true },
  });
  let moved = 0;
  for (const { id, masterKeyId, secret } of old) {
    const sealed = { masterKeyId, bytes: Buffer.from(secret) };
    const plain = masterKeys.decrypt('webhook-secret', sealed, id);
    const anew = masterKeys.encrypt('webhook-secret', plain, id);
    const { count } = await db.webhookSecret.updateMany({
      where: { id, masterKeyId },
      data: { masterKeyId: anew.masterKeyId, secret: Uint8Array.from(anew.bytes) },
    });
    moved += count;
  }
  return moved;
}

/** What still needs an entry. */
export interface MasterKeyUse {
  masterKeyId: string;
  /** Such as "API key secrets". */
  what: string;
  count: number;
  /** When the last of it ends by itself; null: not before it is used, replaced or revoked. */
  until: Date | null;
}

/** Live rows by entry, and how they end. What is over or ended needs no entry any more. */
const uses: [what: string, from: string, until: string][] = [
  [
    'API keys, until each is next used or regenerated',
    `api_key_secrets WHERE ends_at IS NULL OR ends_at > now()`,
    'CASE WHEN bool_or(ends_at IS NULL) THEN NULL ELSE max(ends_at) END',
  ],
  [
    'access tokens, until each is next used or revoked',
    `access_tokens WHERE expires_at IS NULL OR expires_at > now()`,
    'CASE WHEN bool_or(expires_at IS NULL) THEN NULL ELSE max(expires_at) END',
  ],
  ['sign-ins, until each is next used', `sign_ins WHERE expires_at > now()`, 'max(expires_at)'],
  ['links that reset a password', `password_resets WHERE expires_at > now()`, 'max(expires_at)'],
  ['invitations', `invitations WHERE expires_at > now()`, 'max(expires_at)'],
  [
    'sessions under way',
    `auth_sessions WHERE (status = 'PENDING' AND expires_at > now())
       OR (status = 'CONFIRMED' AND exchangeable_until > now()) OR idempotency_key IS NOT NULL`,
    `max(CASE WHEN idempotency_key IS NULL THEN coalesce(exchangeable_until, expires_at)
       ELSE created_at + interval '24 hours' END)`,
  ],
  ['signing keys', 'signing_keys WHERE true', 'NULL::timestamptz'],
  [
    'webhook secrets',
    'webhook_secrets WHERE ends_at IS NULL OR ends_at > now()',
    'CASE WHEN bool_or(ends_at IS NULL) THEN NULL ELSE max(ends_at) END',
  ],
];

/** What still needs each entry, those of the first entry included. */
export async function findMasterKeyUses({ db }: Pick<Tools, 'db'>): Promise<MasterKeyUse[]> {
  const parts = uses.map(
    ([what, from, until]) =>
      `SELECT master_key_id AS "masterKeyId", '${what}' AS what, count(*)::float8 AS count, ${until} AS until
       FROM ${from} GROUP BY master_key_id`,
  );
  const { rows } = await db.$pool.query<MasterKeyUse>(`${parts.join(' UNION ALL ')} ORDER BY 1, 2`);
  return rows;
}
