import { expect, test } from 'vitest';
import { projectScope } from '../../server/domain/activity-scope.ts';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import type { Call } from '../../server/domain/call.ts';
import { watchLog } from '../../server/domain/live/subscribe.ts';
import type { LogFilter } from '../../server/domain/logs/filter.ts';
import { listLogs } from '../../server/domain/logs/list.ts';
import { deleteProject } from '../../server/domain/projects/delete.ts';
import { updateProject } from '../../server/domain/projects/update.ts';
import { callAs } from '../support/call.ts';
import { listenTo, setUpLiveTools } from '../support/live.ts';
import { inOpenTransaction } from '../support/open-transaction.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { callWithKey } from '../support/setup.ts';

const { tools, other } = await setUpLiveTools();

const insertSql = (project: TestProject, id: string) => `INSERT INTO log_entries
  (id, type, message, actor_kind, actor_label, workspace_id, project_id, environment_id)
  VALUES ('log_${id.padStart(26, '0')}', 'session.started', '${id}', 'SYSTEM', 'test',
    '${project.workspaceId}', '${project.id}', '${project.production.id}')`;

async function firstPage(call: Call, projectId: string, filter?: LogFilter) {
  const page = await listLogs(call, projectScope(call, projectId), { first: 100 }, filter);
  return { ids: page.edges.map(({ node }) => node.id), after: page.pageInfo.startCursor };
}

async function follow(call: Call, choice: Parameters<typeof watchLog>[1]) {
  const heard = listenTo(await watchLog(call, choice));
  return { heard, ids: () => heard.events.map(({ id }) => id) };
}

test('what happens is told once each, whichever process wrote it', async () => {
  const project = await createTestProject(tools);
  const call = callAs(tools, project.owner.actor);
  const { heard, ids } = await follow(call, { projectId: project.id });
  const key = await callWithKey(other, project.production.secret);
  await Promise.all(Array.from({ length: 30 }, () => startSession(key, {})));
  await updateProject(callAs(tools, project.owner.actor), {
    id: project.id,
    version: 1,
    name: 'Other shop',
  });
  await expect.poll(() => ids().length).toBe(31);
  expect(new Set(ids()).size).toBe(31);
  expect(heard.events.map(({ type }) => type)).toContain('project.updated');
  heard.stop();
});

test('an entry that was written before the page and committed after it is not lost', async () => {
  const project = await createTestProject(tools);
  const call = callAs(tools, project.owner.actor);
  const key = await callWithKey(tools, project.production.secret);
  await inOpenTransaction(tools.db, insertSql(project, 'late1'), async (commit) => {
    await startSession(key, {});
    const { after, ids: shown } = await firstPage(call, project.id);
    await startSession(key, {});
    const { heard } = await follow(call, { projectId: project.id, after });
    await expect.poll(() => heard.events.length).toBeGreaterThan(0);
    await commit();
    await expect.poll(() => heard.events.map(({ message }) => message)).toContain('late1');
    const told = heard.events.filter(({ id }) => !shown.includes(id));
    expect(told.map(({ message }) => message)).toEqual(['Session started.', 'late1']);
    heard.stop();
  });
});

test('an entry that was committed between the page and the subscription is not lost either', async () => {
  const project = await createTestProject(tools);
  const call = callAs(tools, project.owner.actor);
  const key = await callWithKey(tools, project.production.secret);
  let after: string | null = null;
  await inOpenTransaction(tools.db, insertSql(project, 'late2'), async (commit) => {
    await startSession(key, {});
    ({ after } = await firstPage(call, project.id));
    await commit();
  });
  const { heard } = await follow(call, { projectId: project.id, after });
  await expect.poll(() => heard.events.map(({ message }) => message)).toContain('late2');
  heard.stop();
});

test('a page without entries has a cursor too, and nothing since is lost', async () => {
  const project = await createTestProject(tools);
  const call = callAs(tools, project.owner.actor);
  const key = await callWithKey(tools, project.production.secret);
  const filter = { types: ['session.started'] };
  let after: string | null = null;
  await inOpenTransaction(tools.db, insertSql(project, 'late3'), async (commit) => {
    const page = await firstPage(call, project.id, filter);
    expect(page.ids).toEqual([]);
    ({ after } = page);
    await commit();
  });
  await startSession(key, {});
  const { heard, ids } = await follow(call, { projectId: project.id, filter, after });
  const told = () => heard.events.map(({ message }) => message);
  await expect.poll(told).toEqual(['late3', 'Session started.']);
  await startSession(key, {});
  await expect.poll(told).toEqual(['late3', 'Session started.', 'Session started.']);
  heard.stop();

  // As a place in the list it is what every other cursor is.
  const page = { last: 100, before: after };
  const newer = await listLogs(call, projectScope(call, project.id), page, filter);
  expect(newer.edges.map(({ node }) => node.id)).toEqual(ids().slice(1).reverse());
});

test('the cursor of a page that ends in the past, and has no entries, is of that instant', async () => {
  const project = await createTestProject(tools);
  const call = callAs(tools, project.owner.actor);
  const { after } = await firstPage(call, project.id, { to: new Date('2026-01-01') });
  const { heard } = await follow(call, { projectId: project.id, after });
  const { ids } = await firstPage(call, project.id);
  await expect.poll(() => heard.events.map(({ id }) => id)).toEqual(ids.reverse());
  heard.stop();
});

test('hundreds of entries since the cursor come first, in order, and nothing after them is lost', async () => {
  const project = await createTestProject(tools);
  const call = callAs(tools, project.owner.actor);
  const key = await callWithKey(tools, project.production.secret);
  const { after, ids: before } = await firstPage(call, project.id);
  await Promise.all(Array.from({ length: 250 }, () => startSession(key, {})));
  const following = follow(call, { projectId: project.id, after });
  await Promise.all(Array.from({ length: 50 }, () => startSession(key, {})));
  const { heard } = await following;
  const told = () => heard.events.filter(({ id }) => !before.includes(id));
  await expect.poll(() => new Set(told().map(({ id }) => id)).size).toBe(300);
  expect(told()).toHaveLength(300);
  heard.stop();
});

test('the filter says what is followed', async () => {
  const project = await createTestProject(tools);
  const call = callAs(tools, project.owner.actor);
  const filter = { types: ['project.updated'] };
  const { heard, ids } = await follow(call, { projectId: project.id, filter });
  await startSession(await callWithKey(tools, project.production.secret), {});
  await updateProject(callAs(tools, project.owner.actor), {
    id: project.id,
    version: 1,
    publicAccess: true,
  });
  await expect.poll(() => ids().length).toBe(1);
  expect(heard.events[0]).toMatchObject({ type: 'project.updated' });
  heard.stop();
});

test('a key follows its own environment, and does not see people', async () => {
  const project = await createTestProject(tools);
  const call = await callWithKey(tools, project.production.secret);
  const { heard } = await follow(call, {});
  await updateProject(callAs(tools, project.owner.actor), {
    id: project.id,
    version: 1,
    name: 'Other shop',
  });
  const development = await callWithKey(other, project.development.publishableValue);
  await startSession(development, {});
  await startSession(call, {});
  await expect.poll(() => heard.events.length).toBe(1);
  expect(heard.events[0]).toMatchObject({ environmentId: project.production.id });
  heard.stop();
});

test('deleting the project ends it', async () => {
  const project = await createTestProject(tools);
  const call = callAs(tools, project.owner.actor);
  const { heard } = await follow(call, { projectId: project.id });
  await deleteProject(callAs(other, project.owner.actor), { id: project.id, confirmName: 'Shop' });
  await expect.poll(() => heard.error).toMatchObject({ code: 'NOT_FOUND' });
});
