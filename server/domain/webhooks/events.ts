/**
 * What webhooks tell, for those who receive them: copy this file, it imports nothing.
 *
 * A message's body is one `WebhookEvent`. Its `webhook-id` header names the event: it is the same on
 * every attempt, so a receiver that remembers ids can drop repeats. Expect new types and new fields.
 */

/** Each type with when it is sent. `docs/webhooks.md` prints this table. */
export const webhookEventTypes = {
  'session.started': 'A session was started and waits to be confirmed.',
  'session.confirmed': 'The end user confirmed. From here on the session has its subject.',
  'session.cancelled': 'The end user, the waiting device or a server cancelled.',
  'session.expired': 'The lifetime ended before anybody confirmed. At most about a second late.',
  'session.used': 'The session was exchanged for its proof: somebody is signed in.',
} as const;

export type WebhookEventType = keyof typeof webhookEventTypes;

/** Sent by `sendTestWebhook` alone, to the endpoint that is tested, whatever types it chose. */
export const webhookTestType = 'webhook.test';

/** The body of a message. */
export type WebhookEvent =
  | WebhookMessage<'session.started', InSession<WebhookSession>>
  | WebhookMessage<'session.confirmed', InSession<WebhookSessionWithSubject>>
  | WebhookMessage<'session.cancelled', InSession<WebhookSession>>
  | WebhookMessage<'session.expired', InSession<WebhookSession>>
  | WebhookMessage<'session.used', InSession<WebhookSessionWithSubject>>
  | WebhookMessage<typeof webhookTestType, WebhookPlace>;

export interface WebhookMessage<Type extends string, Data> {
  type: Type;
  /** When it happened, RFC 3339 in UTC. The same on every attempt. */
  timestamp: string;
  data: Data;
}

/** Where it happened, as it was called then. */
export interface WebhookPlace {
  project: { id: string; name: string };
  environment: {
    id: string;
    name: string;
    kind: 'PRODUCTION' | 'STAGING' | 'DEVELOPMENT' | 'CUSTOM';
  };
}

export type InSession<Session> = WebhookPlace & { session: Session };

/** The session as it was when this happened. Instants are RFC 3339 in UTC. */
export interface WebhookSession {
  id: string;
  status: 'PENDING' | 'CONFIRMED' | 'CANCELLED' | 'EXPIRED' | 'USED';
  /** How it was confirmed; null before. */
  channel: 'SERVER' | 'TELEGRAM' | 'TEST' | null;
  /** The API key that started it; null where none did. */
  apiKeyId: string | null;
  /** What was given at the start; null without any. */
  metadata: unknown;
  /** Why it was cancelled, where somebody said. */
  reason: string | null;
  createdAt: string;
  expiresAt: string;
  confirmedAt: string | null;
  /** Until when it may be exchanged, once it is confirmed. */
  exchangeableUntil: string | null;
  cancelledAt: string | null;
  expiredAt: string | null;
  usedAt: string | null;
}

export interface WebhookSessionWithSubject extends WebhookSession {
  /** Who confirmed. Left out once somebody had it erased here. */
  subject?: WebhookSubject;
}

export interface WebhookSubject {
  provider: string;
  id: string;
  name?: string;
  username?: string;
  email?: string;
  phone?: string;
  /** Left out where its URL takes more than 4 KB, so that every body stays under 20 KB. */
  picture?: string;
}
