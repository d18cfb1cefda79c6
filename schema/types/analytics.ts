import type { Analytics as Found } from '../../server/domain/analytics/find.ts';
import { rangeDaysMax } from '../../server/domain/analytics/range.ts';
import type { Percentiles as Times } from '../../server/domain/analytics/time-to-confirm.ts';
import type { SessionTotals } from '../../server/domain/session-counts.ts';
import { builder } from '../builder.ts';

export const AnalyticsRange = builder.inputType('AnalyticsRange', {
  description: `Which days: \`days\`, or \`from\` and \`to\`. At most ${rangeDaysMax}.`,
  fields: (t) => ({
    days: t.int({
      description: `So many days, up to and with today in the time zone: 1 to ${rangeDaysMax}.`,
    }),
    from: t.field({ type: 'Date', description: 'The first day. Together with `to`.' }),
    to: t.field({ type: 'Date', description: 'The last day, included; it may lie in the future.' }),
    timeZone: t.string({
      description:
        'The IANA time zone in which days begin and end, like `Europe/Berlin`; UTC if nothing is said.',
    }),
  }),
});

const Percentiles = builder.objectRef<Times>('Percentiles').implement({
  description:
    'How long sessions took from start to confirmation. Read from histograms with buckets of a fixed ratio, 2^(1/8): within 4.5 % of the exact percentile, or a millisecond where that is more.',
  fields: (t) => ({
    p50Ms: t.exposeFloat('p50Ms', {
      nullable: true,
      description: 'Half of the sessions were confirmed within so many milliseconds.',
    }),
    p95Ms: t.exposeFloat('p95Ms', {
      nullable: true,
      description: '95 of 100 sessions were confirmed within so many milliseconds.',
    }),
  }),
});

const SessionFunnel = builder.objectRef<SessionTotals>('SessionFunnel').implement({
  description:
    'What became of the sessions that started in the range: `requested` = `confirmed` + `cancelled` + `expired` + `pending`.',
  fields: (t) => ({
    requested: t.expose('started', { type: 'SafeInt', description: 'Sessions started.' }),
    confirmed: t.expose('confirmed', {
      type: 'SafeInt',
      description: 'Of those, confirmed; those that were exchanged since are included.',
    }),
    used: t.expose('used', {
      type: 'SafeInt',
      description: 'Of the confirmed, exchanged for their proof.',
    }),
    cancelled: t.expose('cancelled', { type: 'SafeInt', description: 'Cancelled.' }),
    expired: t.expose('expired', {
      type: 'SafeInt',
      description: 'Expired unconfirmed: their deadline is over.',
    }),
    pending: t.field({
      type: 'SafeInt',
      description: 'Waiting for their user still.',
      resolve: ({ started, confirmed, cancelled, expired }) =>
        started - confirmed - cancelled - expired,
    }),
  }),
});

type Totals = Found['previous'];

/** What a range says as the range before it does. */
const totalSessions = {
  type: 'SafeInt',
  description: 'Sessions that started in the range, whatever became of them.',
  resolve: async ({ totals }: Totals) => (await totals()).started,
} as const;
const confirmedSessions = {
  type: 'SafeInt',
  description: 'Of those, confirmed; those that were exchanged since are included.',
  resolve: async ({ totals }: Totals) => (await totals()).confirmed,
} as const;
const conversionRate = {
  nullable: true,
  description: 'The part of the sessions that were confirmed, 0 to 1; null without a session.',
  resolve: async ({ totals }: Totals) => {
    const { started, confirmed } = await totals();
    return started === 0 ? null : confirmed / started;
  },
} as const;

const uniqueUsers =
  'Distinct users of the confirmed sessions, by provider and id; exact. Of sessions that are still kept: those that retention removed have no users any more, while every other number here stays.';

/** Distinct users are looked for among the sessions; every other number is a sum of counters. */
const usersCost = { own: 100 };
/** Asked of each of the days, which are counted together and may be 366. */
const usersOfDayCost = { own: 1 };

const AnalyticsTotals = builder.objectRef<Totals>('AnalyticsTotals').implement({
  description: 'The totals of a range.',
  fields: (t) => ({
    totalSessions: t.field(totalSessions),
    confirmedSessions: t.field(confirmedSessions),
    uniqueUsers: t.field({
      type: 'SafeInt',
      description: uniqueUsers,
      extensions: { cost: usersCost },
      resolve: ({ users }) => users(),
    }),
    conversionRate: t.float(conversionRate),
  }),
});

interface Day {
  of: Found;
  index: number;
}

const AnalyticsDay = builder.objectRef<Day>('AnalyticsDay').implement({
  description: 'One day of a range, in its time zone: of 23 or 25 hours where the clock changes.',
  fields: (t) => ({
    date: t.field({
      type: 'Date',
      description: 'Which day.',
      resolve: ({ of, index }) => of.range.days[index]!,
    }),
    sessions: t.field({
      type: 'SafeInt',
      description: 'Sessions that started on the day.',
      resolve: async ({ of, index }) => (await of.daily())[index]!.started,
    }),
    confirmed: t.field({
      type: 'SafeInt',
      description: 'Of those, confirmed, then or later.',
      resolve: async ({ of, index }) => (await of.daily())[index]!.confirmed,
    }),
    uniqueUsers: t.field({
      type: 'SafeInt',
      description: `${uniqueUsers} A user who came on several days counts on each.`,
      extensions: { cost: usersOfDayCost },
      resolve: async ({ of, index }) => (await of.dailyUsers())[index]!,
    }),
  }),
});

export const Analytics = builder.objectRef<Found>('Analytics').implement({
  description:
    'What became of the sessions that started in a range of days. Every session counts where it started. One that is past its deadline counts as expired at once.',
  fields: (t) => ({
    from: t.field({
      type: 'Date',
      description: 'The first day of the range.',
      resolve: ({ range }) => range.days[0]!,
    }),
    to: t.field({
      type: 'Date',
      description: 'The last day of the range.',
      resolve: ({ range }) => range.days.at(-1)!,
    }),
    timeZone: t.string({
      description: 'The time zone in which its days begin and end.',
      resolve: ({ range }) => range.timeZone,
    }),
    totalSessions: t.field(totalSessions),
    confirmedSessions: t.field(confirmedSessions),
    uniqueUsers: t.field({
      type: 'SafeInt',
      description: `${uniqueUsers} Costs more than the rest together, so ask for it where it is shown.`,
      extensions: { cost: usersCost },
      resolve: ({ users }) => users(),
    }),
    conversionRate: t.float(conversionRate),
    timeToConfirm: t.field({
      type: Percentiles,
      nullable: true,
      description: 'How long confirming took; null where no session was confirmed.',
      resolve: ({ timeToConfirm }) => timeToConfirm(),
    }),
    daily: t.field({
      type: [AnalyticsDay],
      description: 'Every day of the range in order, those without sessions too.',
      extensions: { cost: { atMost: rangeDaysMax } },
      resolve: (of) => of.range.days.map((_, index) => ({ of, index })),
    }),
    funnel: t.field({
      type: SessionFunnel,
      description: 'How far the sessions came.',
      resolve: ({ totals }) => totals(),
    }),
    previous: t.field({
      type: AnalyticsTotals,
      description: 'The same of the range of as many days before.',
      resolve: ({ previous }) => previous,
    }),
  }),
});
