import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import { deleteApiKey } from '../../server/domain/api-keys/delete.ts';
import { deleteProject } from '../../server/domain/projects/delete.ts';
import { callAs } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';
import { beginExport } from '../support/exports.ts';
import { callOf } from '../support/people.ts';
import { actorOfKey, createTestProject, type TestProject } from '../support/projects.ts';
import { startTestServer } from '../support/server.ts';

const database = await createTestDatabase();
const server = await startTestServer({ database });
const { db, tools } = server;
/** Some 20 MB: more than sockets hold, so that the server waits for who does not read. */
const rows = 5_000;
let project: TestProject;
let headers: Record<string, string>;
beforeEach(async () => {
  project = await createTestProject(tools);
  headers = { 'x-api-key': project.production.secret };
  await db.$executeRaw`INSERT INTO log_entries (id, at, type, message, actor_kind, actor_label,
      workspace_id, project_id, environment_id)
    SELECT 'log_0' || lpad(to_hex(n), 25, '0'), now() - n * interval '1 hour', 'session.started',
      repeat('x', 4000), 'SYSTEM', 'test', ${project.workspaceId}, ${project.id}, ${project.production.id}
    FROM generate_series(1, ${rows}::int) n ON CONFLICT (id) DO UPDATE SET
      at = EXCLUDED.at, workspace_id = EXCLUDED.workspace_id, project_id = EXCLUDED.project_id,
      environment_id = EXCLUDED.environment_id`;
});

const body = { format: 'csv', filter: { types: ['session.started'] } };
const lines = (text: string) => text.split('\r\n').length - 2; // without the head and the end

/** Until the server does nothing for it any more. */
async function untilItWaits(): Promise<void> {
  for (let quiet = 0; quiet < 5; ) {
    await sleep(50);
    quiet = isIdle() ? quiet + 1 : 0;
  }
}
const troubleSince = (line: number) =>
  server.log.slice(line).filter(({ level }) => level === 'warn' || level === 'error');
const isIdle = () => db.$pool.idleCount === db.$pool.totalCount && db.$pool.waitingCount === 0;

test('rows are read as the client takes them, and no connection waits with it', async () => {
  const { text } = await beginExport(server, body, headers);
  await untilItWaits();
  // What goes now was not read yet.
  await db.$executeRaw`DELETE FROM log_entries WHERE at < now() - interval '4500 hours'
    AND environment_id = ${project.production.id}`;
  const received = lines(await text());
  expect(received).toBeGreaterThanOrEqual(4_499);
  expect(received).toBeLessThan(rows);
});

test('all of it arrives at a client that is slow to begin', async () => {
  const { text } = await beginExport(server, body, headers);
  await untilItWaits();
  expect(lines(await text())).toBe(rows);
});

test('a client that leaves ends its export, and nothing is left of it', async () => {
  const before = server.log.length;
  const { sent } = await beginExport(server, body, headers);
  sent.destroy();
  await untilItWaits();
  const connections = () =>
    new Promise<number>((resolve) => {
      server.http.server.getConnections((_error, count) => resolve(count));
    });
  await expect.poll(connections).toBe(0);
  expect(troubleSince(before)).toEqual([]);
});

test('what fails midway is broken off, so that nobody takes a part for the whole', async () => {
  const before = server.log.length;
  const { text } = await beginExport(server, body, headers);
  await untilItWaits();
  await db.$executeRaw`ALTER TABLE log_entries RENAME TO log_entries_away`;
  try {
    await expect(text()).rejects.toThrow('aborted');
  } finally {
    await db.$executeRaw`ALTER TABLE log_entries_away RENAME TO log_entries`;
  }
  expect(troubleSince(before)).toMatchObject([{ level: 'error', route: '/export/logs' }]);
});

test('a key that is deleted takes its export with it', async () => {
  const { text } = await beginExport(server, body, headers);
  await untilItWaits();
  const actor = await actorOfKey(tools, project.production.secret);
  const { id, name } = actor.kind === 'apiKey' ? actor.key : { id: '', name: '' };
  await deleteApiKey(callAs(tools, project.owner.actor), { id, confirmName: name });
  await expect(text()).rejects.toThrow('aborted');
});

test('so does a project', async () => {
  const cookie = `latchkey=${project.owner.token}`;
  const { text } = await beginExport(server, { ...body, projectId: project.id }, { cookie });
  await untilItWaits();
  await deleteProject(await callOf(tools, project.owner), { id: project.id, confirmName: 'Shop' });
  await expect(text()).rejects.toThrow('aborted');
});

test('a server that drains waits for an export no longer than it waits for others', async () => {
  const { masterKeys } = tools;
  const other = await startTestServer({ database, tools: { masterKeys } });
  const { text } = await beginExport(other, body, headers);
  await other.http.drain(200);
  await expect(text()).rejects.toThrow('aborted');
});
