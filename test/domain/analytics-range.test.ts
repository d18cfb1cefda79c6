import { describe, expect, test } from 'vitest';
import { type RangeInput, resolveRange } from '../../server/domain/analytics/range.ts';
import { ValidationError } from '../../server/domain/errors.ts';

const now = new Date('2026-11-20T12:00:00Z');
const day = (text: string) => new Date(text);

function daysOf(range: RangeInput, at = now): string[] {
  return resolveRange(range, at).days.map((each) => each.toISOString().slice(0, 10));
}

test.each([
  ['UTC', '2026-11-20'],
  ['Pacific/Kiritimati', '2026-11-21'],
  ['Pacific/Niue', '2026-11-20'],
])('in %s the last of so many days is %s, the one it is there now', (timeZone, today) => {
  expect(daysOf({ days: 1, timeZone })).toEqual([today]);
  expect(daysOf({ days: 366, timeZone })).toHaveLength(366);
  expect(daysOf({ days: 3, timeZone }).at(-1)).toBe(today);
});

test('a zone may be written in any case, and is UTC where none is named', () => {
  const at = new Date('2026-11-20T23:30:00Z');
  expect(daysOf({ days: 1, timeZone: 'europe/berlin' }, at)).toEqual(['2026-11-21']);
  expect(daysOf({ days: 1 }, at)).toEqual(['2026-11-20']);
});

test.each([
  ['Europe/Berlin', '2026-03-29', 23],
  ['Europe/Berlin', '2026-10-25', 25],
  ['Europe/Berlin', '2026-11-20', 24],
  ['CET', '2026-03-29', 23], // which PostgreSQL takes for an offset that never changes
  ['Australia/Lord_Howe', '2026-04-05', 24.5],
  ['America/Havana', '2026-03-08', 23],
  ['America/Havana', '2026-11-01', 25],
  ['Pacific/Apia', '2011-12-30', 0],
  ['UTC', '2026-03-29', 24],
])('in %s the day %s has %d hours', (timeZone, date, hours) => {
  const { edges } = resolveRange({ from: day(date), to: day(date), timeZone }, now);
  expect((edges[1]!.getTime() - edges[0]!.getTime()) / 3_600_000).toBe(hours);
});

test('the range before is as many days long, and ends where the range begins', () => {
  const { edges, previousFrom } = resolveRange(
    { from: day('2026-03-30'), to: day('2026-04-05'), timeZone: 'Europe/Berlin' },
    now,
  );
  expect(edges[0]).toEqual(new Date('2026-03-29T22:00:00Z'));
  // Seven days, of which one has 23 hours.
  expect(previousFrom).toEqual(new Date('2026-03-22T23:00:00Z'));
});

describe('what is no range says which field breaks which rule:', () => {
  test.each<[RangeInput, string, string]>([
    [{}, 'days', 'Say `days`, or `from` and `to`.'],
    [{ days: 0 }, 'days', 'Must be between 1 and 366.'],
    [{ days: 367 }, 'days', 'Must be between 1 and 366.'],
    [{ days: -1, timeZone: 'UTC' }, 'days', 'Must be between 1 and 366.'],
    [{ days: 7, from: day('2026-01-01') }, 'days', 'Use `days`, or `from` and `to`, not both.'],
    [{ from: day('2026-01-01') }, 'to', 'Say it too: `from` alone is no range.'],
    [{ to: day('2026-01-01') }, 'from', 'Say it too: `to` alone is no range.'],
    [{ from: day('2026-01-02'), to: day('2026-01-01') }, 'to', 'Must not be before `from`.'],
    [
      { from: day('2025-01-01'), to: day('2026-01-02') },
      'to',
      'The range must have at most 366 days, both ends included.',
    ],
    [{ from: day('1999-12-31'), to: day('2000-01-01') }, 'from', 'Must not be before 2000-01-01.'],
    [{ from: day('2999-12-31'), to: day('3000-01-01') }, 'to', 'Must not be after 2999-12-31.'],
    ...['Europe/Atlantis', '', '+02:00', 'UTC+2', '../etc/passwd', 'Europe/Berlin\0'].map(
      (timeZone): [RangeInput, string, string] => [
        { days: 7, timeZone },
        'timeZone',
        'Must be the name of an IANA time zone, like Europe/Berlin.',
      ],
    ),
  ])('%j', (range, field, message) => {
    let error: unknown;
    try {
      resolveRange(range, now);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ValidationError);
    expect(error).toMatchObject({ issues: [{ path: ['range', field], message }] });
  });

  test('every broken rule is listed', () => {
    expect(() => resolveRange({ days: 0, timeZone: 'Nowhere' }, now)).toThrow(
      expect.objectContaining({
        issues: [
          expect.objectContaining({ path: ['range', 'days'] }),
          expect.objectContaining({ path: ['range', 'timeZone'] }),
        ],
      }),
    );
  });
});

test('366 days fit, whether or not the year is a leap year', () => {
  expect(daysOf({ from: day('2024-01-01'), to: day('2024-12-31') })).toHaveLength(366);
  expect(daysOf({ from: day('2025-01-01'), to: day('2026-01-01') })).toHaveLength(366);
});
