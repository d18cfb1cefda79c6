/**
 * A database connection that was cut without a word: whoever waits for an answer by it waits in vain.
 * What is live goes on by another.
 */
import { afterAll, expect, test, vi } from 'vitest';
import { projectScope } from '../../server/domain/activity-scope.ts';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import { liveSessionCounts } from '../../server/domain/live/session-counts.ts';
import { watchLog } from '../../server/domain/live/subscribe.ts';
import { liveSessions } from '../../server/domain/live/watched-session.ts';
import { listLogs } from '../../server/domain/logs/list.ts';
import { updateProject } from '../../server/domain/projects/update.ts';
import { closeDb, isDatabaseUnavailable, openDb } from '../../server/platform/db.ts';
import { callAs, createTestTools } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';
import { startDatabaseProxy } from '../support/database-proxy.ts';
import { listenTo } from '../support/live.ts';
import { createTestProject } from '../support/projects.ts';
import { passDeadline } from '../support/sessions.ts';
import { callWithKey } from '../support/setup.ts';

/** Each is given up after five seconds, and there are several. */
vi.setConfig({ testTimeout: 60_000 });
const patience = { timeout: 30_000 };

const { url } = await createTestDatabase();
const proxy = await startDatabaseProxy(url);
/** One for each statement that is sent at once: none waits until another is given up. */
const poolMax = 4;
const tools = createTestTools(url, { db: openDb({ url: proxy.url, poolMax }) });
/** Another process, whose way to the database is its own. */
const other = createTestTools(url, { masterKeys: tools.masterKeys });
await Promise.all([tools.events.start(), other.events.start()]);
afterAll(async () => {
  proxy.recover();
  await Promise.all([tools.events.stop(), other.events.stop()]);
  await Promise.all([closeDb(tools.db), closeDb(other.db)]);
});

const project = await createTestProject(tools);
const elsewhere = await callWithKey(other, project.production.secret);
const owner = callAs(tools, project.owner.actor);

/** From now on no connection of the pool answers; those that are opened later do. */
async function silencePool(): Promise<void> {
  proxy.recover(); // ends those that were silenced before
  const open = () => tools.db.$pool.query('SELECT pg_sleep(0.1)');
  const openAll = () => Promise.all(Array.from({ length: poolMax }, open));
  await expect.poll(() => openAll().then(Boolean, () => false), patience).toBe(true);
  proxy.leaveHanging();
}

test('who watches is told what happens all the same', async () => {
  const { session } = await startSession(elsewhere, {});
  const counts = listenTo(liveSessionCounts(tools).watch(project.id, null));
  const device = listenTo(liveSessions(tools).watch(session.id));
  const log = listenTo(await watchLog(owner, { projectId: project.id }));
  await expect.poll(() => counts.events.length * device.events.length).toBe(1);
  await silencePool();
  // All three ask now, each by a connection that does not answer.
  await updateProject(callAs(other, project.owner.actor), {
    id: project.id,
    version: 1,
    publicAccess: true,
  });
  await passDeadline(other.db, session.id);
  await startSession(elsewhere, {});
  await expect.poll(() => counts.events.at(-1)?.lifetime.started, patience).toBe(2);
  await expect.poll(() => device.events.at(-1)?.status, patience).toBe('EXPIRED');
  await expect.poll(() => log.events.length, patience).toBe(2);
  for (const { stop } of [counts, device, log]) stop();
});

test('who catches up is told what there is, or that it cannot be had', async () => {
  const counts = listenTo(liveSessionCounts(tools).watch(project.id, null));
  await expect.poll(() => counts.events.length).toBe(1);
  const page = await listLogs(owner, projectScope(owner, project.id), { first: 1 });
  const after = page.pageInfo.startCursor;
  const source = await watchLog(owner, { projectId: project.id, after });
  await startSession(elsewhere, {});
  await silencePool();
  const log = listenTo(source);
  await expect.poll(() => log.isOver || log.events.length > 0, patience).toBe(true);
  for (const { stop } of [counts, log]) stop();
});

test('who comes first is told so', async () => {
  await silencePool();
  const counts = listenTo(liveSessionCounts(tools).watch(project.id, null));
  await expect.poll(() => counts.isOver, patience).toBe(true);
  expect(isDatabaseUnavailable(counts.error)).toBe(true);
});
