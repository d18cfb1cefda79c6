import fc from 'fast-check';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { type Analytics, findAnalytics } from '../../server/domain/analytics/find.ts';
import { foldRollups } from '../../server/domain/analytics/fold-rollups.ts';
import { createProject } from '../../server/domain/projects/create.ts';
import { callAs, type TestCall } from '../support/call.ts';
import {
  forgetHistory,
  isConfirmed,
  type PastSession,
  type Place,
  placesOf,
  writeCounts,
  writeSessions,
} from '../support/history.ts';
import { createTestProject } from '../support/projects.ts';
import { setUpTools } from '../support/setup.ts';

const tools = await setUpTools();
const { db } = tools;
let owner: TestCall;
/** Two environments of a project, and one of another project of the workspace. */
let places: Place[];
/** Workspace, project and environment, each with the places that belong to it. */
let scopes: { id: string; of: Place[] }[];
beforeAll(async () => {
  const project = await createTestProject(tools);
  const { workspaceId } = project;
  owner = callAs(tools, project.owner.actor);
  const other = await createProject(owner, { name: 'Other', workspaceId });
  const { defaultEnvironmentId } = await db.project.findUniqueOrThrow({
    where: { id: other.projectId },
  });
  places = [
    ...placesOf(project),
    { environmentId: defaultEnvironmentId, projectId: other.projectId, workspaceId },
  ];
  scopes = [
    { id: workspaceId, of: places },
    { id: project.id, of: places.slice(0, 2) },
    { id: project.production.id, of: places.slice(0, 1) },
  ];
});
beforeEach(() => forgetHistory(db));

/** Zones with a day on which something is unusual, and about how many hours their midnight is before ours. */
const unusualDays = [
  ['UTC', '2026-03-01', 0],
  ['Asia/Kolkata', '2026-03-01', 5.5],
  ['Asia/Kathmandu', '2026-03-01', 5.75],
  ['Pacific/Chatham', '2026-04-05', 13.75], // 25 hours
  ['Pacific/Kiritimati', '2026-01-01', 14],
  ['Europe/Berlin', '2026-03-29', 1], // 23 hours
  ['Europe/Berlin', '2025-10-26', 2], // 25 hours
  ['America/St_Johns', '2026-03-08', -3.5],
  ['America/St_Johns', '2025-11-02', -2.5],
  ['Australia/Lord_Howe', '2026-04-05', 11], // 24 hours and a half
  ['Australia/Lord_Howe', '2025-10-05', 10.5],
  ['America/Havana', '2026-03-08', -5], // midnight is skipped
  ['America/Havana', '2025-11-02', -4], // midnight is there twice
  ['Africa/Cairo', '2025-10-31', 3], // it is 23 o'clock twice
  ['Atlantic/Azores', '2025-10-26', 0], // midnight is there twice
  ['America/Sao_Paulo', '2018-11-04', -3], // midnight is skipped
  ['Pacific/Apia', '2011-12-30', -10], // the whole day is skipped
] as const;

const dayMs = 86_400_000;
const addDays = (day: string, count: number) =>
  new Date(Date.parse(day) + count * dayMs).toISOString().slice(0, 10);
const statuses = ['PENDING', 'CONFIRMED', 'CANCELLED', 'EXPIRED', 'USED'] as const;

/** Quarter hours around a midnight that is so many hours before ours, or any; and a bit more or less. */
const timeOfDay = (hours: number) =>
  fc
    .tuple(
      fc.oneof(
        fc.integer({ min: -6, max: 6 }).map((quarters) => quarters - 4 * hours),
        fc.integer({ min: 0, max: 95 }),
      ),
      fc.constantFrom(0, -1, 1, 754_321),
    )
    .map(([quarters, more]) => quarters * 900_000 + more);

const historyAround = (day: string, hours: number) =>
  fc.array(
    fc
      .record({
        place: fc.integer({ min: 0, max: 2 }),
        day: fc.integer({ min: -4, max: 4 }),
        time: timeOfDay(hours),
        status: fc.constantFrom(...statuses),
        tookMs: fc.oneof(
          fc.constantFrom(0, 1, 2, 3, 1_024, 3_600_000),
          fc.integer({ min: 1, max: 3_600_000 }),
        ),
        user: fc.integer({ min: 1, max: 5 }).map((n) => `u${n}`),
        lives: fc.boolean(),
        slot: fc.integer({ min: 0, max: 3 }),
      })
      .map(({ place, day: away, time, ...session }): PastSession => {
        const startedAt = new Date(Date.parse(day) + away * dayMs + time);
        return { ...session, place: places[place]!, startedAt };
      }),
    { maxLength: 40, size: 'max' },
  );

const cases = fc.constantFrom(...unusualDays).chain(([timeZone, day, hours]) =>
  fc.record({
    timeZone: fc.constant(timeZone),
    from: fc.integer({ min: -3, max: 1 }).map((away) => addDays(day, away)),
    length: fc.integer({ min: 1, max: 5 }),
    history: historyAround(day, hours),
    /** After how many of them the rollups are folded; -1: never. */
    foldedAfter: fc.integer({ min: -1, max: 40 }),
  }),
);

/** The same counts, session by session, by the day that a calendar on the wall showed. */
function recount(history: PastSession[], timeZone: string, days: readonly string[]) {
  const calendar = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' });
  const started = history.filter(({ startedAt }) => days.includes(calendar.format(startedAt)));
  const confirmed = started.filter(isConfirmed);
  const users = (of: PastSession[]) => new Set(of.map(({ user }) => user)).size;
  const count = (is: (session: PastSession) => boolean) => started.filter(is).length;
  return {
    totals: {
      started: started.length,
      confirmed: confirmed.length,
      cancelled: count(({ status }) => status === 'CANCELLED'),
      expired: count(
        ({ status, lives }) => status === 'EXPIRED' || (status === 'PENDING' && !lives),
      ),
      used: count(({ status }) => status === 'USED'),
    },
    users: users(confirmed),
    times: confirmed.map(({ tookMs }) => tookMs).sort((one, other) => one - other),
    daily: days.map((day) => {
      const ofDay = started.filter(({ startedAt }) => calendar.format(startedAt) === day);
      const confirmedOfDay = ofDay.filter(isConfirmed);
      return [day, ofDay.length, confirmedOfDay.length, users(confirmedOfDay)];
    }),
  };
}

async function readAll({ range, totals, daily, users, dailyUsers, previous }: Analytics) {
  const [counts, usersOfDays] = [await daily(), await dailyUsers()];
  return {
    totals: await totals(),
    users: await users(),
    daily: range.days.map((day, n) => {
      const { started, confirmed } = counts[n]!;
      return [day.toISOString().slice(0, 10), started, confirmed, usersOfDays[n]];
    }),
    previous: { totals: await previous.totals(), users: await previous.users() },
  };
}

function expectWithin(given: number | undefined, sorted: number[], part: number): void {
  const exact = sorted[Math.ceil(part * sorted.length) - 1]!;
  expect(Math.abs(given! - exact), `${given} for ${exact}`).toBeLessThanOrEqual(
    Math.max(0.045 * exact, 1),
  );
}

test('analytics say what a naive recount says, in every zone, on every day, folded or not', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ timeZone, from, length, history, foldedAfter }) => {
      await forgetHistory(db);
      await writeSessions(db, history);
      if (foldedAfter >= 0) {
        await writeCounts(db, history.slice(0, foldedAfter));
        await foldRollups(tools);
      }
      await writeCounts(db, history.slice(Math.max(foldedAfter, 0)));
      if (foldedAfter % 2 === 1) await foldRollups(tools);

      const to = addDays(from, length - 1);
      const days = Array.from({ length }, (_, n) => addDays(from, n));
      const before = days.map((day) => addDays(day, -length));
      const range = { from: new Date(from), to: new Date(to), timeZone };
      for (const { id, of } of scopes) {
        const own = history.filter(({ place }) => of.includes(place));
        const { times, ...expected } = recount(own, timeZone, days);
        const { totals, users } = recount(own, timeZone, before);
        // What became of the earlier ones is not told, only how many were confirmed.
        const analytics = await findAnalytics(owner, id, range);
        const all = await readAll(analytics);
        expect(all).toEqual({ ...expected, previous: { totals, users } });
        const { p50Ms, p95Ms } = (await analytics.timeToConfirm()) ?? {};
        if (times.length === 0) expect(p50Ms).toBeUndefined();
        else {
          expectWithin(p50Ms, times, 0.5);
          expectWithin(p95Ms, times, 0.95);
        }
      }
    }),
    { numRuns: 60, interruptAfterTimeLimit: 15_000 },
  );
}, 30_000);
