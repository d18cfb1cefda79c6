import { beforeEach, expect, test } from 'vitest';
import { projectScope } from '../../server/domain/activity-scope.ts';
import { confirmSession } from '../../server/domain/auth-sessions/confirm.ts';
import { exchangeSession } from '../../server/domain/auth-sessions/exchange.ts';
import { listSessions } from '../../server/domain/auth-sessions/list.ts';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import type { Call } from '../../server/domain/call.ts';
import { loadSessionCounts } from '../../server/domain/session-counts.ts';
import { eraseSubject } from '../../server/domain/subjects/erase.ts';
import { callAs, type TestCall } from '../support/call.ts';
import { dumpDatabase } from '../support/database-dump.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { callWithKey, setUpTools } from '../support/setup.ts';

const tools = await setUpTools();
let project: TestProject;
let owner: TestCall;
let server: Call;
beforeEach(async () => {
  project = await createTestProject(tools);
  owner = callAs(tools, project.owner.actor);
  server = await callWithKey(tools, project.production.secret);
  const id = `whk_${project.production.id.slice(4)}`;
  await tools.db.webhookEndpoint.create({
    data: {
      id,
      environmentId: project.production.id,
      url: 'https://x.example',
      eventTypes: ['session.started', 'session.confirmed', 'session.used'],
    },
  });
});

const ada = { id: 'ada:1', name: 'Ada Lovelace', email: 'ada@example.com', phone: '+44 1815' };
const bob = { id: 'bob', name: 'Bob' };
const ipOf = ({ id }: { id: string }) => (id === ada.id ? '203.0.113.7' : '203.0.113.8');

/** Everything that says who it is, in one field or another. */
async function signInWithEverything(subject: { id: string }, exchange: boolean): Promise<string> {
  const { session } = await startSession(server, {
    metadata: { cart: `of ${subject.id}` },
    nonce: `nonce of ${subject.id}`,
    returnUrl: `https://shop.example/?user=${encodeURIComponent(subject.id)}`,
    idempotencyKey: `order of ${subject.id} ${exchange}`,
    endUserIp: ipOf(subject),
    endUserAgent: `phone-of-${subject.id}`,
  });
  await confirmSession(server, { sessionId: session.id, subject });
  if (exchange) {
    const idempotencyKey = `of ${subject.id}`;
    await exchangeSession(server, { sessionId: session.id, idempotencyKey });
  }
  return session.id;
}

test('nothing that says who it was is left anywhere, and what counts them stays', async () => {
  await signInWithEverything(ada, true);
  await signInWithEverything(ada, false);
  await signInWithEverything(bob, true);
  const before = await loadSessionCounts(owner, project.id);

  const target = { projectId: project.id, provider: 'server', subjectId: ada.id };
  expect(await eraseSubject(owner, target, 1)).toEqual({ sessions: 2, logEntries: 5 });

  const rows = await tools.db.authSession.findMany({
    where: { environmentId: project.production.id },
    orderBy: { id: 'asc' },
  });
  const [one, two, other] = rows;
  expect(one!.subjectKey).toMatch(/^server:erased-[\w-]{20}$/);
  expect(two!.subjectKey).toBe(one!.subjectKey);
  expect(one!.subject).toEqual({ provider: 'server', id: one!.subjectKey!.slice(7) });
  expect(other!.subject).toMatchObject(bob);
  expect(await loadSessionCounts(owner, project.id)).toMatchObject({ lifetime: before!.lifetime });
  const events = await tools.db.outboxEvent.findMany({ where: { sessionId: one!.id } });
  expect(events.map(({ type, data }) => [type, data]).sort()).toMatchObject([
    ['session.confirmed', { session: { status: 'CONFIRMED', metadata: null } }],
    ['session.started', { session: { status: 'PENDING', metadata: null } }],
    ['session.used', { session: { status: 'USED', metadata: null } }],
  ]);
  for (const { data } of events) expect(data).not.toHaveProperty('session.subject');

  const left = (await dumpDatabase(tools.db)).join('\n');
  for (const trace of [
    'ada:1',
    'ada%3A1',
    'Lovelace',
    'ada@',
    '1815',
    'phone-of-ada:1',
    ipOf(ada),
  ]) {
    expect(left, trace).not.toContain(trace);
  }
  expect(left).toContain(ipOf(bob));
});

test('the log says that, how much and by whom, and not whose', async () => {
  await signInWithEverything(ada, true);
  const { id: environmentId } = project.production;
  await eraseSubject(owner, { environmentId, provider: 'server', subjectId: ada.id });
  const [entry] = await tools.db.logEntry.findMany({
    where: { type: 'subject.erased', environmentId },
  });
  expect(entry).toMatchObject({
    actorId: project.owner.actor.id,
    projectId: project.id,
    data: { sessions: 1, logEntries: 3, pseudonym: expect.stringMatching(/^server:erased-/) },
  });
  expect(JSON.stringify(entry)).not.toContain('ada:1');
});

test('a session that waits to be exchanged can no longer be', async () => {
  const sessionId = await signInWithEverything(ada, false);
  await eraseSubject(owner, { projectId: project.id, provider: 'server', subjectId: ada.id });
  await expect(exchangeSession(server, { sessionId })).rejects.toMatchObject({
    code: 'EXCHANGE_WINDOW_OVER',
  });
});

test('entries that outlive their sessions are erased too', async () => {
  const sessionId = await signInWithEverything(ada, true);
  await tools.db.authSession.delete({ where: { id: sessionId } });
  const target = { projectId: project.id, provider: 'server', subjectId: ada.id };
  expect(await eraseSubject(owner, target)).toEqual({ sessions: 0, logEntries: 3 });
  const entries = await tools.db.logEntry.findMany({ where: { sessionId } });
  expect(entries.map(({ ip, userAgent, data }) => ({ ip, userAgent, data }))).toEqual(
    Array(3).fill({ ip: null, userAgent: null, data: null }),
  );
  expect(await eraseSubject(owner, target)).toEqual({ sessions: 0, logEntries: 0 });
});

test('another project, environment or provider keeps who has the same id', async () => {
  await signInWithEverything(ada, true);
  const other = await createTestProject(tools, project.owner);
  const elsewhere = await callWithKey(tools, other.production.secret);
  const { session } = await startSession(elsewhere, {});
  await confirmSession(elsewhere, { sessionId: session.id, subject: ada });
  for (const target of [
    { environmentId: project.development.id, provider: 'server' },
    { projectId: project.id, provider: 'auth0' },
  ]) {
    expect(await eraseSubject(owner, { ...target, subjectId: ada.id })).toEqual({
      sessions: 0,
      logEntries: 0,
    });
  }
  await eraseSubject(owner, { projectId: project.id, provider: 'server', subjectId: ada.id });
  const { edges } = await listSessions(owner, projectScope(owner, other.id), {});
  expect(edges[0]!.node.subject).toMatchObject(ada);
});

test.each([
  [{}, 'projectId'],
  [{ projectId: 'prj_x', environmentId: 'env_x' }, 'projectId'],
])('exactly one place: %o', async (place, path) => {
  const whom = { provider: 'server', subjectId: 'x' };
  await expect(eraseSubject(owner, { ...place, ...whom })).rejects.toMatchObject({
    issues: [{ path: [path] }],
  });
});
