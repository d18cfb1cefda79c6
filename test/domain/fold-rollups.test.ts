import { beforeAll, beforeEach, expect, test } from 'vitest';
import { findAnalytics } from '../../server/domain/analytics/find.ts';
import { foldRollups } from '../../server/domain/analytics/fold-rollups.ts';
import { verifyRollups } from '../../server/domain/analytics/verify-rollups.ts';
import { confirmSession } from '../../server/domain/auth-sessions/confirm.ts';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import { deleteProject } from '../../server/domain/projects/delete.ts';
import { purgeDeleted } from '../../server/domain/purge.ts';
import { closeDb } from '../../server/platform/db.ts';
import { callAs, createTestTools, type TestCall } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';
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
import { callWithKey } from '../support/setup.ts';

const database = await createTestDatabase();
// Two sets of tools stand for two processes.
const here = createTestTools(database.url);
const there = createTestTools(database.url, { masterKeys: here.masterKeys });
const { db } = here;

let project: TestProject;
let place: Place;
let owner: TestCall;
beforeAll(async () => {
  project = await createTestProject(here);
  owner = callAs(here, project.owner.actor);
  place = placesOf(project)[0]!;
  return () => Promise.all([closeDb(db), closeDb(there.db)]);
});
beforeEach(() => forgetHistory(db));

/** Sessions of three days that are over, at every hour. */
function pastDays(): PastSession[] {
  const midnight = Math.floor(Date.now() / 86_400_000) * 86_400_000;
  return Array.from({ length: 72 }, (_, n) => ({
    place,
    startedAt: new Date(midnight - 2 * 86_400_000 - n * 3_600_000),
    status: 'USED',
    tookMs: 1_000 * n,
    user: `u${n}`,
    lives: false,
    slot: n % 4,
  }));
}

async function countRows(table: string): Promise<number> {
  const { rows } = await db.$pool.query(`SELECT count(*)::int AS count FROM ${table}`);
  return rows[0].count;
}

async function readYear() {
  const { daily, timeToConfirm } = await findAnalytics(owner, project.id, { days: 366 });
  return { daily: await daily(), times: await timeToConfirm() };
}

async function differences() {
  const all: unknown[] = [];
  await verifyRollups(here, (_, found) => void all.push(...found));
  return all.filter((each) => (each as { quarterAt: unknown }).quarterAt !== null);
}

test('days that are over become a row each, and nothing that is read changes', async () => {
  const history = pastDays();
  await writeSessions(db, history);
  await writeCounts(db, history);
  const server = await callWithKey(here, project.production.secret);
  const { session } = await startSession(server, {});
  await confirmSession(server, { sessionId: session.id, subject: { id: 'today' } });
  const before = await readYear();

  expect(await foldRollups(here)).toBeGreaterThan(0);
  expect(await countRows('session_days')).toBe(4); // the first hour of the first day, and three days
  expect(await countRows('confirm_time_days')).toBe(4);
  // What started today stays where it is, for it may still change.
  expect(await countRows('confirm_time_rollups')).toBe(1);
  expect(await readYear()).toEqual(before);
  expect(await differences()).toEqual([]);
  expect(await foldRollups(here)).toBe(0);
});

test('whoever folds at once, while late changes come in, nothing is counted twice or lost', async () => {
  const history = pastDays();
  await writeSessions(db, history);
  await writeCounts(db, history.slice(0, 20));
  const late = history.slice(20).map((session) => writeCounts(db, [session]));
  const folds = Array.from({ length: 10 }, (_, n) => foldRollups(n % 2 ? here : there));
  await Promise.all([...late, ...folds]);
  expect(await differences()).toEqual([]);
  await Promise.all([foldRollups(here), foldRollups(there)]);
  expect(await countRows('session_rollups')).toBe(0);
  expect(await differences()).toEqual([]);
});

test('a row that somebody holds is not waited for, and folded later', async () => {
  await writeSessions(db, pastDays());
  await writeCounts(db, pastDays());
  const held = 'SELECT FROM session_rollups ORDER BY quarter_at LIMIT 1 FOR UPDATE';
  await inOpenTransaction(db, held, async () => {
    await foldRollups(there);
    expect(await countRows('session_rollups')).toBe(1);
  });
  await foldRollups(here);
  expect(await countRows('session_rollups')).toBe(0);
  expect(await countRows('session_days')).toBe(4);
});

test('what a deleted project left is not folded: all of it goes, what was folded too', async () => {
  const doomed = await createTestProject(here, project.owner);
  const of = { environmentId: doomed.production.id, projectId: doomed.id };
  const history = pastDays().map((session) => ({ ...session, place: { ...place, ...of } }));
  await writeCounts(db, history.slice(24));
  await foldRollups(here);
  await writeCounts(db, history.slice(0, 24));
  await deleteProject(owner, { id: doomed.id, confirmName: 'Shop' });
  expect(await foldRollups(here)).toBe(0);
  await purgeDeleted(owner);
  for (const counts of ['session', 'confirm_time']) {
    expect(await countRows(`${counts}_rollups`)).toBe(0);
    expect(await countRows(`${counts}_days`)).toBe(0);
  }
  expect(await countRows('confirm_time_months')).toBe(0);
});
