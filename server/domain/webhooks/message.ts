import { createHmac, randomBytes } from 'node:crypto';
import type { MasterKeys } from '../../platform/master-keys.ts';
import type { WebhookEvent } from './events.ts';

/** What is stored of an event. */
export interface StoredEvent {
  id: string;
  type: string;
  createdAt: Date;
  data: unknown;
}

/** A secret as its row holds it. */
export interface SealedSecret {
  id: string;
  masterKeyId: string;
  bytes: Buffer;
}

const secretBytes = 32;

/** The body of an event's messages: made of what is stored, so the same on every attempt. */
export function payloadOf({ type, createdAt, data }: Omit<StoredEvent, 'id'>): WebhookEvent {
  const { project, environment, ...rest } = data as Record<string, unknown>;
  const inOrder = { project, environment, ...rest };
  return { type, timestamp: createdAt.toISOString(), data: inOrder } as WebhookEvent;
}

/** A new secret of an endpoint: 32 random bytes, encrypted for the row with this id. */
export function newWebhookSecret(
  masterKeys: MasterKeys,
  id: string,
): { value: string; secret: Uint8Array<ArrayBuffer>; masterKeyId: string } {
  const bytes = randomBytes(secretBytes);
  const sealed = masterKeys.encrypt('webhook-secret', bytes, id);
  return {
    value: secretText(bytes),
    secret: Uint8Array.from(sealed.bytes),
    masterKeyId: sealed.masterKeyId,
  };
}

/** The bytes of a secret. @throws {Error} the master key has lost the entry that encrypted it */
export function openWebhookSecret(masterKeys: MasterKeys, { id, ...sealed }: SealedSecret): Buffer {
  return masterKeys.decrypt('webhook-secret', sealed, id);
}

/** As Standard Webhooks writes it, and receivers' libraries take it. */
export function secretText(bytes: Buffer): string {
  return `whsec_${bytes.toString('base64')}`;
}

/**
 * The headers of one attempt, by Standard Webhooks 1.0
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 *
 * @param id the same on every attempt, so that a receiver can drop repeats
 * @param at when the attempt is made, which the signature covers: receivers refuse what is old
 * @param secrets each signs; two while one replaces the other
 */
export function headersOf(
  id: string,
  at: Date,
  body: string,
  secrets: readonly Buffer[],
): Record<string, string> {
  const timestamp = Math.floor(at.getTime() / 1000);
  const signed = `${id}.${timestamp}.${body}`;
  const signatures = secrets.map(
    (secret) => `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`,
  );
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  };
}
