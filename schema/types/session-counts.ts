import type {
  SessionCounts as Counts,
  SessionTotals as Totals,
} from '../../server/domain/session-counts.ts';
import { builder } from '../builder.ts';

const SessionTotals = builder.objectRef<Totals>('SessionTotals').implement({
  description: 'How many sessions reached each state. Every session counts where it started.',
  fields: (t) => ({
    started: t.expose('started', { type: 'SafeInt', description: 'Sessions started.' }),
    confirmed: t.expose('confirmed', {
      type: 'SafeInt',
      description: 'Of those, confirmed; those that were exchanged since are included.',
    }),
    cancelled: t.expose('cancelled', { type: 'SafeInt', description: 'Of those, cancelled.' }),
    expired: t.expose('expired', {
      type: 'SafeInt',
      description: 'Of those, expired unconfirmed.',
    }),
    used: t.expose('used', {
      type: 'SafeInt',
      description: 'Of the confirmed, exchanged for their proof.',
    }),
  }),
});

export const SessionCounts = builder.objectRef<Counts>('SessionCounts').implement({
  description: 'The present session counts of a workspace, project or environment.',
  fields: (t) => ({
    id: t.id({
      description: 'Stable for each scope, so that caches keep one record of it.',
      resolve: ({ scopeId }) => `counts:${scopeId}`,
    }),
    pending: t.expose('pending', {
      type: 'SafeInt',
      description: 'Sessions that wait for their user at this moment.',
    }),
    today: t.expose('today', {
      type: SessionTotals,
      description: 'Of the sessions that started since midnight UTC.',
    }),
    lifetime: t.expose('lifetime', { type: SessionTotals, description: 'Since the beginning.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When this was counted.' }),
  }),
});
