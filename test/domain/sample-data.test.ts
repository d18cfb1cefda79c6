import { beforeEach, expect, test } from 'vitest';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import { createEnvironment } from '../../server/domain/environments/create.ts';
import { deleteEnvironment } from '../../server/domain/environments/delete.ts';
import { addSampleData, sampleSessions } from '../../server/domain/sample-data/add.ts';
import { callAs } from '../support/call.ts';
import { addMember, outcome, outcomes } from '../support/people.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { expectCountsToMatchRows } from '../support/sessions.ts';
import { callWithKey, setUpTools } from '../support/setup.ts';

const tools = await setUpTools();
let project: TestProject;
beforeEach(async () => {
  project = await createTestProject(tools);
});

const byOwner = () => callAs(tools, project.owner.actor);
const inDevelopment = () => ({ environmentId: project.development.id });

test('sample data is counted and logged as if it had happened', async () => {
  expect(await addSampleData(byOwner(), inDevelopment())).toEqual({
    environmentId: project.development.id,
    sessions: sampleSessions,
  });
  await expectCountsToMatchRows(tools.db);
  const { rows } = await tools.db.$pool.query(
    `SELECT count(*)::int AS entries, max(data->>'sessions') AS sessions FROM log_entries
     WHERE environment_id = $1 AND type = 'environment.sample_data_added'`,
    [project.development.id],
  );
  expect(rows).toEqual([{ entries: 1, sessions: String(sampleSessions) }]);
});

test('it shows every outcome, some of which is still open', async () => {
  await addSampleData(byOwner(), inDevelopment());
  const counts = await tools.db.authSession.groupBy({
    by: ['status'],
    where: { environmentId: project.development.id },
    _count: true,
  });
  const share = Object.fromEntries(
    counts.map(({ status, _count }) => [status, _count / sampleSessions]),
  );
  expect(share.USED! + share.CONFIRMED!).toBeGreaterThan(0.65);
  expect(share.USED! + share.CONFIRMED!).toBeLessThan(0.75);
  expect(share.EXPIRED).toBeGreaterThan(0.15);
  expect(share.CANCELLED).toBeGreaterThan(0.04);
  expect(share.PENDING).toBeGreaterThan(0);
});

test('of several who add it at once one does', async () => {
  const attempts = [1, 2, 3, 4].map(() => addSampleData(byOwner(), inDevelopment()));
  expect((await outcomes(attempts)).sort()).toEqual(['CONFLICT', 'CONFLICT', 'CONFLICT', 'done']);
  const where = { environmentId: project.development.id };
  expect(await tools.db.authSession.count({ where })).toBe(sampleSessions);
});

test('once a session was started there is no room for it, even when its row is gone', async () => {
  await startSession(await callWithKey(tools, project.development.publishableValue), {});
  await tools.db.authSession.deleteMany({ where: { environmentId: project.development.id } });
  expect(await outcome(addSampleData(byOwner(), inDevelopment()))).toBe('CONFLICT');
});

test('it is for development alone', async () => {
  const { id } = await createEnvironment(byOwner(), {
    projectId: project.id,
    name: 'Staging',
    kind: 'STAGING',
  });
  for (const environmentId of [id, project.production.id]) {
    expect(await outcome(addSampleData(byOwner(), { environmentId }))).toBe('FORBIDDEN');
  }
});

test('it takes the role Developer', async () => {
  const viewer = await addMember(tools, project.workspaceId, 'VIEWER');
  const developer = await addMember(tools, project.workspaceId, 'DEVELOPER');
  const by = (actor: typeof viewer.actor) => {
    const memberships = new Map([
      [project.workspaceId, actor === viewer.actor ? 'VIEWER' : 'DEVELOPER'] as const,
    ]);
    return addSampleData(callAs(tools, { ...actor, memberships }), inDevelopment());
  };
  expect(await outcome(by(viewer.actor))).toBe('FORBIDDEN');
  expect(await outcome(by(developer.actor))).toBe('done');
  const key = await callWithKey(tools, project.production.secret);
  expect(await outcome(addSampleData(key, inDevelopment()))).toBe('UNAUTHENTICATED');
});

test('webhooks hear nothing of it', async () => {
  const environmentId = project.development.id;
  await tools.db.webhookEndpoint.create({
    data: {
      id: `whk_${environmentId.slice(4)}`,
      environmentId,
      url: 'https://hooks.example.com',
      eventTypes: ['session.started', 'session.confirmed', 'session.used', 'session.expired'],
    },
  });
  await addSampleData(byOwner(), inDevelopment());
  expect(await tools.db.outboxEvent.count({ where: { environmentId } })).toBe(0);
});

test('in an environment that is gone there is nothing to fill', async () => {
  const { id: environmentId } = await createEnvironment(byOwner(), {
    projectId: project.id,
    name: 'Mine',
    kind: 'DEVELOPMENT',
  });
  await deleteEnvironment(byOwner(), { id: environmentId, confirmName: 'Mine' });
  expect(await outcome(addSampleData(byOwner(), { environmentId }))).toBe('NOT_FOUND');
});
