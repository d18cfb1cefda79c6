import { builder } from '../builder.ts';

/** Enums of sessions that errors use too; apart, so that errors need not load the session's fields. */
export const AuthSessionStatus = builder.enumType('AuthSessionStatus', {
  description:
    'Where a session stands. A pending session past its lifetime is EXPIRED at once, whatever else happens.',
  values: {
    PENDING: { description: 'Started, and waiting for its user to confirm.' },
    CONFIRMED: { description: 'Confirmed, and not yet exchanged for its proof.' },
    CANCELLED: { description: 'Cancelled by its user, the waiting device or a server.' },
    EXPIRED: { description: 'Its lifetime ended before anybody confirmed.' },
    USED: { description: 'Exchanged for its proof. Counts as confirmed everywhere.' },
  } as const,
});

export const Channel = builder.enumType('Channel', {
  description: 'How a user confirms.',
  values: {
    SERVER: { description: "Through the integrator's own backend, with a secret key." },
    TELEGRAM: { description: 'Through a Telegram bot.' },
    TEST: {
      description: 'By the link alone, where an environment allows it. Never in production.',
    },
  } as const,
});
