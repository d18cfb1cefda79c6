import fc from 'fast-check';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { findAnalytics } from '../../server/domain/analytics/find.ts';
import { foldRollups } from '../../server/domain/analytics/fold-rollups.ts';
import {
  type Difference,
  mendingLock,
  repairRollups,
  verifyRollups,
} from '../../server/domain/analytics/verify-rollups.ts';
import { confirmSession } from '../../server/domain/auth-sessions/confirm.ts';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import { applyRetention } from '../../server/domain/retention.ts';
import { callAs, type TestCall } from '../support/call.ts';
import {
  forgetHistory,
  type PastSession,
  type Place,
  placesOf,
  writeCounts,
  writeSessions,
} from '../support/history.ts';
import { inOpenTransaction } from '../support/open-transaction.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { callWithKey, setUpTools } from '../support/setup.ts';

const tools = await setUpTools();
const { db } = tools;
let project: TestProject;
let owner: TestCall;
let server: TestCall;
let places: Place[];
beforeAll(async () => {
  project = await createTestProject(tools);
  owner = callAs(tools, project.owner.actor);
  server = await callWithKey(tools, project.production.secret);
  places = placesOf(project);
});
beforeEach(() => forgetHistory(db));

async function verify(): Promise<Difference[]> {
  const all: Difference[] = [];
  await verifyRollups(tools, (_, differences) => void all.push(...differences));
  return all;
}

async function repair(): Promise<Difference[]> {
  const all: Difference[] = [];
  await repairRollups(tools, (_, differences) => void all.push(...differences));
  return all;
}

const execute = (sql: string, ...values: unknown[]) => db.$pool.query(sql, values);

const dayMs = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * dayMs);

const sessionOf = (startedAt: Date): PastSession => ({
  place: places[0]!,
  startedAt,
  status: 'USED',
  tookMs: 10_000,
  user: 'u',
  lives: false,
  slot: 0,
});

test('what real sessions were counted as is what they say', async () => {
  const { session } = await startSession(server, {});
  await confirmSession(server, { sessionId: session.id, subject: { id: 'u' } });
  await startSession(server, {});
  expect(await verify()).toEqual([]);
});

test('every kind of count that is off is told with its environment and quarter hour, and mended', async () => {
  const { session } = await startSession(server, {});
  await confirmSession(server, { sessionId: session.id, subject: { id: 'u' } });
  const old = sessionOf(daysAgo(10));
  await writeSessions(db, [old]);
  await writeCounts(db, [old]);
  await foldRollups(tools);
  await repair(); // the totals

  await execute('UPDATE session_rollups SET started = started + 1 WHERE started > 0');
  await execute('DELETE FROM confirm_time_rollups');
  await execute('UPDATE session_days SET used[96] = used[96] + 2');
  await execute('UPDATE confirm_time_days SET counts = ARRAY[7]');
  await execute('UPDATE confirm_time_months SET buckets = ARRAY[9]');
  await execute(
    'UPDATE session_totals SET cancelled = 9 WHERE slot = (SELECT min(slot) FROM session_totals)',
  );
  const { rows } = await execute('SELECT quarter_at FROM session_rollups WHERE started > 0');
  const found = await verify();
  const environmentId = project.production.id;
  const today: Date = rows[0].quarter_at;
  const day = new Date(Math.floor(old.startedAt.getTime() / dayMs) * dayMs);
  const month = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), 1));
  expect(found).toEqual([
    {
      environmentId,
      quarterAt: new Date(day.getTime() + dayMs - 900_000),
      what: 'used',
      bySessions: 0,
      counted: 2,
    },
    {
      environmentId,
      quarterAt: today,
      what: expect.stringMatching(/^bucket \d+$/),
      bySessions: 1,
      counted: 0,
    },
    { environmentId, quarterAt: today, what: 'started', bySessions: 1, counted: 2 },
    {
      environmentId,
      quarterAt: day,
      what: 'bucket 107 of the whole day',
      bySessions: 1,
      counted: 7,
    },
    { environmentId, quarterAt: month, what: 'bucket 107 of the month', bySessions: 1, counted: 0 },
    { environmentId, quarterAt: month, what: 'bucket 9 of the month', bySessions: 0, counted: 1 },
    { environmentId, quarterAt: null, what: 'cancelled', bySessions: 0, counted: 9 },
  ]);
  expect(await repair()).toEqual(found);
  expect(await verify()).toEqual([]);
});

test('sessions that retention removed, or may remove, lower no count', async () => {
  const keepFor = (sessionRetentionDays: number) =>
    db.workspace.update({ where: { id: project.workspaceId }, data: { sessionRetentionDays } });
  const history = [40, 35, 20, 10].map((days) => sessionOf(daysAgo(days)));
  await writeSessions(db, history);
  await writeCounts(db, history);
  await foldRollups(tools);
  await repair(); // the totals
  const read = async () => (await execute('SELECT sum(started) AS sum FROM session_totals')).rows;
  expect(await read()).toEqual([{ sum: '4' }]);

  await keepFor(30);
  expect(await applyRetention(server)).toBe(2);
  expect(await repair()).toEqual([]);
  // Kept for longer from now on, but what is gone is gone.
  await keepFor(400);
  expect(await repair()).toEqual([]);
  expect(await read()).toEqual([{ sum: '4' }]);

  // What is kept is compared all the same.
  await execute('DELETE FROM auth_sessions WHERE created_at < $1', daysAgo(15));
  expect(await verify()).toMatchObject([
    { what: 'bucket 107' },
    { what: 'confirmed' },
    { what: 'started' },
    { what: 'used' },
    { quarterAt: null },
    { quarterAt: null },
    { quarterAt: null },
  ]);
  const data = { purgedBefore: null };
  await db.environment.update({ where: { id: project.production.id }, data });
});

test('mending beside sessions that go on mends what is off, and nothing else', async () => {
  const history = Array.from({ length: 50 }, (_, n) => sessionOf(daysAgo(n / 20)));
  await writeSessions(db, history);
  let goesOn = true;
  const goOn = async () => {
    while (goesOn) {
      const { session } = await startSession(server, {});
      await confirmSession(server, { sessionId: session.id, subject: { id: 'u' } });
    }
  };
  const going = [goOn(), goOn(), goOn()];
  await execute('UPDATE session_rollups SET started = started + 5');
  await Promise.all([foldRollups(tools), repair(), foldRollups(tools)]);
  await foldRollups(tools);
  goesOn = false;
  await Promise.all(going);
  expect(await verify()).toEqual([]);
});

test('only one mends at a time', async () => {
  await inOpenTransaction(db, `SELECT pg_advisory_xact_lock(${mendingLock})`, async () => {
    await expect(repair()).rejects.toThrow('Somebody else is mending the rollups already.');
  });
  expect(await repair()).toEqual([]);
});

test('whatever was miscounted, after mending every count is the recount', async () => {
  const statuses = ['PENDING', 'CONFIRMED', 'CANCELLED', 'EXPIRED', 'USED'] as const;
  const history = fc.array(
    fc
      .record({
        place: fc.integer({ min: 0, max: 1 }),
        days: fc.integer({ min: 0, max: 3 }),
        quarter: fc.integer({ min: 1, max: 8 }), // so that their lifetime is over
        status: fc.constantFrom(...statuses),
        tookMs: fc.integer({ min: 0, max: 3_600_000 }),
        slot: fc.integer({ min: 0, max: 3 }),
      })
      .map(({ place, days, quarter, ...session }) => ({
        ...session,
        place: places[place]!,
        startedAt: new Date(daysAgo(days).getTime() - quarter * 900_000),
        user: 'u',
        lives: false,
      })),
    { maxLength: 20, size: 'max' },
  );
  await fc.assert(
    fc.asyncProperty(history, history, fc.boolean(), async (real, counted, folded) => {
      await forgetHistory(db);
      await writeSessions(db, real);
      await writeCounts(db, counted);
      if (folded) await foldRollups(tools);
      await repair();
      expect(await verify()).toEqual([]);
      const reached = (...which: string[]) =>
        real.filter(({ status }) => which.includes(status)).length;
      const { totals } = await findAnalytics(owner, project.id, { days: 30 });
      expect(await totals()).toEqual({
        started: real.length,
        confirmed: reached('CONFIRMED', 'USED'),
        cancelled: reached('CANCELLED'),
        expired: reached('EXPIRED', 'PENDING'),
        used: reached('USED'),
      });
    }),
    { numRuns: 20 },
  );
});
