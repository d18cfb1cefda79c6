/** Words of webhooks as people read them, beside those of words.ts. */
import type { Tone } from '../ui/Badge.tsx';

/** Where a delivery stands. */
export const deliveryStatuses: Readonly<Record<string, { tone: Tone; word: string }>> = {
  PENDING: { tone: 'accent', word: 'Pending' },
  DELIVERED: { tone: 'positive', word: 'Delivered' },
  FAILED: { tone: 'negative', word: 'Failed' },
};

export function deliveryStatus(status: string): { tone: Tone; word: string } {
  return deliveryStatuses[status] ?? { tone: 'neutral', word: status };
}

/** What webhooks can tell of, with when that is. */
export const webhookEventHints: Readonly<Record<string, string>> = {
  'session.started': 'A session was started and waits to be confirmed.',
  'session.confirmed': 'The end user confirmed.',
  'session.cancelled': 'The end user, the waiting device or a server cancelled.',
  'session.expired': 'The lifetime ended before anybody confirmed.',
  'session.used': 'The session was exchanged for its proof: somebody is signed in.',
};
