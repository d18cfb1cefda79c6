import { z } from 'zod';
import { invalid, validate } from '../validation.ts';
import { instantsOfDays, isTimeZone, todayIn } from './time-zone.ts';

/** As it is asked for: so many days up to today, or the days from one to another, both included. */
export interface RangeInput {
  days?: number | null;
  /** Calendar days, as midnight UTC. */
  from?: Date | null;
  to?: Date | null;
  /** UTC where nothing is said. */
  timeZone?: string | null;
}

/** The days of a range in its zone, and where they begin. */
export interface Range {
  timeZone: string;
  /** Calendar days, as midnight UTC. At least one. */
  days: Date[];
  /** Where each day begins, and at last where the range ends. */
  edges: Date[];
  /** Where the range of as many days before it begins. */
  previousFrom: Date;
}

export const rangeDaysMax = 366;
const dayMs = 86_400_000;
const isoDay = (day: Date) => day.toISOString().slice(0, 10);

/** No session is older. Before the seventies zones were no multiples of a quarter hour. */
const first = new Date('2000-01-01');
const last = new Date('2999-12-31');
const dayRule = z
  .date()
  .min(first, `Must not be before ${isoDay(first)}.`)
  .max(last, `Must not be after ${isoDay(last)}.`)
  .nullish();

const rules = z.object({
  range: z.object({
    days: z
      .int()
      .min(1, `Must be between 1 and ${rangeDaysMax}.`)
      .max(rangeDaysMax, `Must be between 1 and ${rangeDaysMax}.`)
      .nullish(),
    from: dayRule,
    to: dayRule,
    timeZone: z
      .string()
      .refine(isTimeZone, 'Must be the name of an IANA time zone, like Europe/Berlin.')
      .nullish(),
  }),
});

/**
 * What a range means at an instant.
 *
 * @throws {ValidationError} it is none, is too long, or names no zone
 */
export function resolveRange(range: RangeInput, now: Date): Range {
  const { days, from, to, timeZone } = validate(rules, { range }).range;
  const zone = timeZone ?? 'UTC';
  if (days != null) {
    if (from != null || to != null) {
      invalid(['range', 'days'], 'Use `days`, or `from` and `to`, not both.');
    }
    return rangeOf(zone, todayIn(zone, now), days);
  }
  if (from == null && to == null) invalid(['range', 'days'], 'Say `days`, or `from` and `to`.');
  if (from == null) return invalid(['range', 'from'], 'Say it too: `to` alone is no range.');
  if (to == null) return invalid(['range', 'to'], 'Say it too: `from` alone is no range.');
  const count = (to.getTime() - from.getTime()) / dayMs + 1;
  if (count < 1) invalid(['range', 'to'], 'Must not be before `from`.');
  if (count > rangeDaysMax) {
    invalid(
      ['range', 'to'],
      `The range must have at most ${rangeDaysMax} days, both ends included.`,
    );
  }
  return rangeOf(zone, to, count);
}

function rangeOf(timeZone: string, lastDay: Date, count: number): Range {
  const dayAt = (n: number) => new Date(lastDay.getTime() + (n - count + 1) * dayMs);
  const days = Array.from({ length: count }, (_, n) => dayAt(n));
  const [previousFrom, ...edges] = instantsOfDays(timeZone, [dayAt(-count), ...days, dayAt(count)]);
  return { timeZone, days, edges, previousFrom: previousFrom! };
}
