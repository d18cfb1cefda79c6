/** An end user who is erased while webhooks tell of them. */
import type { ServerResponse } from 'node:http';
import { beforeAll, expect, test } from 'vitest';
import { confirmSession } from '../../server/domain/auth-sessions/confirm.ts';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import type { Call } from '../../server/domain/call.ts';
import { eraseSubject } from '../../server/domain/subjects/erase.ts';
import { claimDeliveries } from '../../server/domain/webhooks/claim.ts';
import { eraseSessionsFromWebhooks } from '../../server/domain/webhooks/erase.ts';
import { fanOut } from '../../server/domain/webhooks/fan-out.ts';
import { replayMissedWebhooks } from '../../server/domain/webhooks/replay.ts';
import { type SignedUp, signUpSomebody } from '../support/accounts.ts';
import { dumpDatabase } from '../support/database-dump.ts';
import { countWaiting, inOpenTransaction } from '../support/open-transaction.ts';
import { setUpTools } from '../support/setup.ts';
import {
  deliverDue,
  passWait,
  readDeliveries,
  setUpEndpoint,
  startReceiver,
} from '../support/webhooks.ts';

const tools = await setUpTools();
const { db } = tools;
let person: SignedUp;
beforeAll(async () => {
  person = await signUpSomebody(tools);
});

const ada = { id: 'ada:1', name: 'Ada Lovelace' };

async function signIn(server: Call): Promise<string> {
  const { session } = await startSession(server, { metadata: { cart: 'of ada:1' } });
  await confirmSession(server, { sessionId: session.id, subject: ada });
  return session.id;
}

async function setUpSignedIn(url = 'http://127.0.0.1:9/') {
  const set = await setUpEndpoint(tools, person, { url }, ['session.confirmed']);
  const sessionId = await signIn(set.server);
  const target = { projectId: set.project.id, provider: 'server', subjectId: ada.id };
  return { ...set, sessionId, erase: () => eraseSubject(set.owner, target) };
}

async function expectNoTrace(): Promise<void> {
  const left = (await dumpDatabase(db)).filter((row) => /ada:1|Lovelace/.test(row));
  expect(left).toEqual([]);
}

test('what is answered to an attempt that was under way is not kept, nor what is answered later', async () => {
  let answer = (_: ServerResponse) => {};
  const receiver = await startReceiver((_, response) => answer(response));
  const { endpoint, erase } = await setUpSignedIn(receiver.url);
  const asked = new Promise<ServerResponse>((resolve) => {
    answer = resolve;
  });
  const attempt = deliverDue(tools, endpoint);
  const response = await asked;
  await erase();
  response.writeHead(500, { 'x-user': ada.name }).end(receiver.messages[0]!.body);
  await attempt;
  const [delivery] = await readDeliveries(db, endpoint.id);
  expect(delivery).toMatchObject({
    status: 'PENDING',
    tries: 1,
    attempts: [{ responseStatus: 500, responseHeaders: null, responseBody: null }],
  });
  await expectNoTrace();

  answer = (later) => void later.end('Welcome back, Ada Lovelace.');
  await passWait(db, endpoint.id);
  await deliverDue(tools, endpoint);
  expect(receiver.messages[1]!.body).not.toMatch(/ada:1|Lovelace/);
  expect(await readDeliveries(db, endpoint.id)).toMatchObject([{ status: 'DELIVERED', tries: 2 }]);
  await expectNoTrace();
});

test('an outcome that is being written at that moment is waited for', async () => {
  const { endpoint, erase } = await setUpSignedIn();
  while ((await fanOut(db)).more);
  const writing = `UPDATE webhook_deliveries SET attempts = '[{"responseBody": "Hello, Ada Lovelace."}]'
    WHERE endpoint_id = '${endpoint.id}'`;
  await inOpenTransaction(db, writing, async (commit) => {
    const erasing = erase();
    await expect.poll(() => countWaiting(db)).toBe(1);
    await commit();
    await erasing;
  });
  expect(await readDeliveries(db, endpoint.id)).toMatchObject([
    { attempts: [{ responseBody: null }] },
  ]);
  await expectNoTrace();
});

test('who claims a delivery at that moment has nothing to say of them', async () => {
  const { endpoint, project, sessionId, erase } = await setUpSignedIn();
  while ((await fanOut(db)).more);
  let claiming: ReturnType<typeof claimDeliveries> | undefined;
  await db.$transaction(async (tx) => {
    await eraseSessionsFromWebhooks(tx, [project.production.id], [sessionId]);
    claiming = claimDeliveries(db, new Map([[endpoint.id, 1]]));
    await expect.poll(() => countWaiting(db)).toBe(1);
  });
  const [claimed] = await claiming!;
  expect(claimed!.event).toMatchObject({ type: 'session.confirmed', data: { project: {} } });
  expect(JSON.stringify(claimed)).not.toMatch(/ada:1|Lovelace/);
  await erase();
});

test('what webhooks keep of a session goes also where the session is no longer kept', async () => {
  const receiver = await startReceiver((message, response) => response.end(message.body));
  const { endpoint, sessionId, erase } = await setUpSignedIn(receiver.url);
  await deliverDue(tools, endpoint);
  await db.authSession.delete({ where: { id: sessionId } });
  await erase();
  await expectNoTrace();
});

test('what was given up says nothing of them later, where neither session nor log is kept any more', async () => {
  const receiver = await startReceiver((message, response) => {
    response.writeHead(500).end(message.body);
  });
  const set = await setUpEndpoint(tools, person, receiver, [
    'session.started',
    'session.confirmed',
  ]);
  const { owner, endpoint, project } = set;
  const sessionIds = [await signIn(set.server), await signIn(set.server)];
  while ((await deliverDue(tools, endpoint)).length > 0);
  await db.$executeRaw`UPDATE webhook_deliveries SET status = 'FAILED', next_attempt_at = NULL
    WHERE endpoint_id = ${endpoint.id} AND tries = 1`;
  await db.authSession.deleteMany({ where: { id: { in: sessionIds } } });
  await db.logEntry.deleteMany({ where: { sessionId: { in: sessionIds } } });

  const target = { projectId: project.id, subjectId: ada.id };
  await eraseSubject(owner, { ...target, provider: 'auth0' });
  const ofAda = { data: { path: ['session', 'subject', 'name'], equals: ada.name } };
  expect(await db.outboxEvent.count({ where: ofAda })).toBe(2);
  const erased = await eraseSubject(owner, { ...target, provider: 'server' }, 1);
  expect(erased).toEqual({ sessions: 0, logEntries: 0 });
  await expectNoTrace();

  receiver.answer = 204;
  receiver.messages.length = 0;
  expect(await replayMissedWebhooks(owner, { id: endpoint.id })).toMatchObject({ count: 4 });
  while ((await deliverDue(tools, endpoint)).length > 0);
  expect(receiver.messages).toHaveLength(4);
  for (const { body } of receiver.messages) expect(body).not.toMatch(/ada:1|Lovelace/);
});
