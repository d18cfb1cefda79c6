import { beforeEach, expect, test } from 'vitest';
import { cancelSession } from '../../server/domain/auth-sessions/cancel.ts';
import { expireSessions } from '../../server/domain/auth-sessions/expire.ts';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import type { Call } from '../../server/domain/call.ts';
import { newId } from '../../server/domain/ids.ts';
import { applyRetention } from '../../server/domain/retention.ts';
import { loadSessionCounts } from '../../server/domain/session-counts.ts';
import { callAs, createTestTools } from '../support/call.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { passDeadline } from '../support/sessions.ts';
import { callWithKey, setUpTools } from '../support/setup.ts';

const tools = await setUpTools();
const job = callAs(tools, { kind: 'system', reason: 'apply-retention' });
let project: TestProject;
let server: Call;
beforeEach(async () => {
  await tools.db.logEntry.deleteMany();
  project = await createTestProject(tools);
  server = await callWithKey(tools, project.production.secret);
});

/** Moves everything of the workspace that there is so many days into the past. */
async function age(days: number): Promise<void> {
  const values = [project.workspaceId, days];
  for (const [table, column] of [
    ['log_entries', 'at'],
    ['auth_sessions', 'created_at'],
  ]) {
    await tools.db.$pool.query(
      `UPDATE ${table} SET ${column} = ${column} - make_interval(days => $2) WHERE workspace_id = $1`,
      values,
    );
  }
}

async function startAndCancel(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const { session } = await startSession(server, {});
    await cancelSession(server, { sessionId: session.id });
  }
}

const told = () =>
  tools.db.logEntry.findMany({
    where: { type: 'retention.applied', workspaceId: project.workspaceId },
  });
const left = async () => ({
  logEntries: await tools.db.logEntry.count({
    where: { workspaceId: project.workspaceId, type: { not: 'retention.applied' } },
  }),
  sessions: await tools.db.authSession.count({ where: { workspaceId: project.workspaceId } }),
});

test('what is older than a workspace keeps it goes, and nothing else; counts stay', async () => {
  await startAndCancel(3);
  const old = await left();
  await age(100); // logs are kept for 90 days, sessions for 400
  await startAndCancel(2);
  const counts = async () =>
    (await loadSessionCounts(callAs(tools, project.owner.actor), project.id))!.lifetime;
  const before = await counts();

  await applyRetention(job);
  expect(await left()).toEqual({ logEntries: 4, sessions: 5 });
  expect(await told()).toMatchObject([
    {
      actorKind: 'SYSTEM',
      message: `Retention removed log entries: ${old.logEntries}, sessions: 0.`,
      data: { logEntries: old.logEntries, sessions: 0 },
    },
  ]);

  await tools.db.workspace.update({
    where: { id: project.workspaceId },
    data: { sessionRetentionDays: 99 },
  });
  await applyRetention(job);
  expect(await left()).toEqual({ logEntries: 4, sessions: 2 });
  expect(await told()).toMatchObject([{ data: { logEntries: old.logEntries, sessions: 3 } }]);
  expect(await counts()).toEqual(before);
  expect(await applyRetention(job)).toBe(0);
});

test('entries outside any environment go too; those of others stay', async () => {
  const other = await createTestProject(tools);
  await age(100);
  await applyRetention(job);
  expect(await left()).toEqual({ logEntries: 0, sessions: 0 });
  expect(
    await tools.db.logEntry.count({ where: { workspaceId: other.workspaceId } }),
  ).toBeGreaterThan(0);
});

test('a session that nobody moved yet stays until it has expired', async () => {
  const { session } = await startSession(server, {});
  await age(500);
  await passDeadline(tools.db, session.id);
  await applyRetention(job);
  expect((await left()).sessions).toBe(1);
  await expireSessions(job);
  await applyRetention(job);
  expect((await left()).sessions).toBe(0);
});

test('two processes at once tell together of each row once, and so does one that dies midway', async () => {
  const place = { workspaceId: project.workspaceId, projectId: project.id };
  await age(100);
  await tools.db.logEntry.createMany({
    data: Array.from({ length: 500 }, () => ({
      ...place,
      id: newId('logEntry'),
      environmentId: project.production.id,
      at: new Date(Date.now() - 100 * 86_400_000),
      type: 'session.started',
      message: 'Session started.',
      actorKind: 'SYSTEM' as const,
      actorLabel: 'test',
    })),
  });
  const { logEntries } = await left();
  // Dies with its third batch.
  let batches = 0;
  const dying = createTestTools('postgres://nowhere');
  const query = (...args: [string, unknown[]]) => {
    batches += 1;
    if (batches > 3) return Promise.reject(new Error('killed'));
    return tools.db.$pool.query(...args);
  };
  Object.assign(dying.db, { $pool: { query } });
  await expect(applyRetention(callAs(dying, job.actor), 7)).rejects.toThrow('killed');

  await Promise.all([applyRetention(job, 7), applyRetention(job, 11)]);
  await applyRetention(job); // one of them may have taken the other's batch for the last
  expect((await left()).logEntries).toBe(0);
  expect(await told()).toMatchObject([{ data: { logEntries, sessions: 0 } }]);
});
