import { beforeAll, expect, test } from 'vitest';
import { environmentScope, projectScope } from '../../server/domain/activity-scope.ts';
import { listSessions } from '../../server/domain/auth-sessions/list.ts';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import type { PageInput } from '../../server/domain/keyset.ts';
import { listLogs } from '../../server/domain/logs/list.ts';
import { callAs, type TestCall } from '../support/call.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { callWithKey, setUpTools } from '../support/setup.ts';

const tools = await setUpTools();
let project: TestProject;
let owner: TestCall;
let server: TestCall;
beforeAll(async () => {
  project = await createTestProject(tools);
  owner = callAs(tools, project.owner.actor);
  server = await callWithKey(tools, project.production.secret);
  const app = await callWithKey(tools, project.development.publishableValue);
  // Many of one instant, so that ties are broken by the id.
  for (let round = 0; round < 3; round += 1) {
    await Promise.all(
      [server, app].flatMap((call) => Array.from({ length: 6 }, () => startSession(call, {}))),
    );
  }
});

const sessions = (page: PageInput) => listSessions(owner, projectScope(owner, project.id), page);

async function walk(size: number, backward: boolean): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | null = null; ; ) {
    const { edges, pageInfo } = await sessions(
      backward ? { last: size, before: cursor } : { first: size, after: cursor },
    );
    const page = edges.map(({ node }) => node.id);
    ids.push(...(backward ? page.reverse() : page));
    if (!(backward ? pageInfo.hasPreviousPage : pageInfo.hasNextPage)) return ids;
    cursor = backward ? pageInfo.startCursor : pageInfo.endCursor;
  }
}

test('pages of any size, in either direction, hold every row once and newest first', async () => {
  const rows = await tools.db.authSession.findMany({
    where: { projectId: project.id },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    select: { id: true },
  });
  const ids = rows.map(({ id }) => id);
  expect(ids).toHaveLength(36);
  for (const size of [1, 5, 36, 100]) {
    expect(await walk(size, false), `forward by ${size}`).toEqual(ids);
    expect(await walk(size, true), `backward by ${size}`).toEqual([...ids].reverse());
  }
});

test('a page stays put while rows arrive', async () => {
  const first = await sessions({ first: 10 });
  const next = () => sessions({ first: 10, after: first.pageInfo.endCursor });
  const before = await next();
  await startSession(server, {});
  expect((await next()).edges.map(({ cursor }) => cursor)).toEqual(
    before.edges.map(({ cursor }) => cursor),
  );
});

test('a key sees its own environment, even through the project', async () => {
  const { edges } = await listSessions(server, projectScope(server, project.id), { first: 100 });
  expect(new Set(edges.map(({ node }) => node.environmentId))).toEqual(
    new Set([project.production.id]),
  );
  const elsewhere = environmentScope(server, project.development.id);
  expect((await listSessions(server, elsewhere, {})).edges).toEqual([]);
  expect((await listLogs(server, elsewhere, {})).edges).toEqual([]);
});

test('filters of the log: type, session, key, time', async () => {
  const scope = projectScope(owner, project.id);
  const types = async (filter: Parameters<typeof listLogs>[3]) =>
    (await listLogs(owner, scope, { first: 100 }, filter)).edges.map(({ node }) => node.type);
  expect(await types({ types: ['project.created'] })).toEqual(['project.created']);
  const { session } = await startSession(server, {});
  expect(await types({ sessionId: session.id })).toEqual(['session.started']);
  expect(new Set(await types({ apiKeyId: session.apiKeyId }))).toEqual(
    new Set(['session.started']),
  );
  expect(await types({ from: session.createdAt, sessionId: session.id })).toHaveLength(1);
  expect(await types({ to: session.createdAt, sessionId: session.id })).toHaveLength(0);
  await expect(types({ types: ['session.stated'], apiKeyId: session.id })).rejects.toMatchObject({
    issues: [{ path: ['filter', 'types', '0'] }, { path: ['filter', 'apiKeyId'] }],
  });
});

test.each<[PageInput, string]>([
  [{ first: 0 }, 'first'],
  [{ first: 101 }, 'first'],
  [{ last: -1 }, 'last'],
  [{ first: 1, last: 1 }, 'last'],
  [{ after: 'junk' }, 'after'],
  [{ before: Buffer.from('1 x').toString('base64url') }, 'before'],
])('the page %j is refused by name', async (page, field) => {
  await expect(sessions(page)).rejects.toMatchObject({ issues: [{ path: [field] }] });
});
