/**
 * Keys and projects that are switched off through one process, and what that means to the sockets and
 * event streams of two: what runs goes on, what is new is refused, and switching on undoes it.
 */
import { expect, test, vi } from 'vitest';
import { createApiKey } from '../../server/domain/api-keys/create.ts';
import { callAs } from '../support/call.ts';
import { createTestProject } from '../support/projects.ts';
import { operations, subject, withKey } from '../support/session-api.ts';
import { openSocket, openStream, type TestSocket } from '../support/socket.ts';
import { startTwoServers } from '../support/two-servers.ts';
import { expectAllEnded, expectGoingOn, watchAt, watcherByKey } from '../support/watching.ts';

/** Several processes, and a machine that may have other things to do. */
vi.setConfig({ testTimeout: 60_000 });

const { there, tools, api, mutate, watchBoth } = await startTwoServers();
const readsMayTakeMs = 1_000;

/** A project with a key that is there to be switched, and another. */
async function makeScene() {
  const project = await createTestProject(tools);
  const { owner, production } = project;
  const { id, secret } = await createApiKey(callAs(tools, owner.actor), {
    environmentId: production.id,
    name: 'Switched',
    type: 'SECRET',
  });
  let version = 1;
  const start = () => api.start(withKey(production.secret));
  return {
    start,
    other: production.secret,
    secret: secret!,
    setKey: (active: boolean) =>
      mutate(
        owner.token,
        `updateApiKey(input: { id: "${id}", version: ${version++}, active: ${active} })`,
      ),
    setProject: (active: boolean) =>
      mutate(
        owner.token,
        `updateProject(input: { id: "${project.id}", version: ${version++}, active: ${active} })`,
      ),
    deleteKey: () =>
      mutate(owner.token, `deleteApiKey(input: { id: "${id}", confirmName: "Switched" })`),
  };
}

/** What comes of an operation on an open socket: `done`, or the reason of the refusal, or its code. */
async function ask(socket: TestSocket, query: string, variables: object = {}): Promise<string> {
  const { data, errors } = await socket.ask(query, variables);
  const { code, reason } = errors?.[0].extensions ?? data.answer ?? {};
  return reason ?? code ?? 'done';
}
const read = (socket: TestSocket) => ask(socket, '{ answer: viewerKey { id } }');
const start = (socket: TestSocket) => ask(socket, operations.start, { input: {} });
const counts = 'subscription { liveSessionCounts { pending } }';
const subscribe = (socket: TestSocket) => ask(socket, counts);

test('a key that is switched off leaves alone what runs, and takes nothing new until it is on again', async () => {
  const scene = await makeScene();
  const watching = await watchBoth(watcherByKey(scene.secret));
  const sockets = watching.map(({ socket }) => socket);
  for (const socket of sockets) expect(await read(socket)).toBe('done');

  const { repliedAt } = await scene.setKey(false);
  for (const socket of sockets) {
    expect(await start(socket), 'a write').toBe('INACTIVE');
    await expect.poll(() => read(socket), { interval: 5 }).toBe('INACTIVE');
    expect(performance.now() - repliedAt).toBeLessThan(2 * readsMayTakeMs);
    expect(await subscribe(socket), 'a subscription').toBe('INACTIVE');
  }
  const refused = await openSocket(there.url, { init: { apiKey: scene.secret } });
  expect(refused.closed).toEqual({ code: 4403, reason: 'INACTIVE' });
  const stream = await openStream(there.url, counts, {}, { 'x-api-key': scene.secret });
  expect(stream.status).toBe(401);
  await expectGoingOn(watching, scene.start);

  await scene.setKey(true);
  for (const socket of sockets) {
    await expect.poll(() => read(socket), { interval: 5 }).toBe('done');
    expect(await start(socket)).toBe('done');
  }
  const anew = await watchAt(there.url, watcherByKey(scene.secret));
  await expectGoingOn([...watching, anew], scene.start);
});

test('a key that is deleted while it is off takes along what still ran', async () => {
  const scene = await makeScene();
  const watching = await watchBoth(watcherByKey(scene.secret));
  await scene.setKey(false);
  const { repliedAt } = await scene.deleteKey();
  await expectAllEnded(watching, 'DELETED', repliedAt);
});

test('a project that is switched off starts nothing over a socket, and all else goes on', async () => {
  const scene = await makeScene();
  const { session } = await scene.start();
  const watching = await watchBoth(watcherByKey(scene.secret));
  const sockets = watching.map(({ socket }) => socket);
  await scene.setProject(false);
  for (const socket of sockets) expect(await start(socket)).toBe('PROJECT_INACTIVE');
  const anew = await openSocket(there.url, { init: { apiKey: scene.secret } });
  expect(await start(anew)).toBe('PROJECT_INACTIVE');
  // "Confirming, cancelling and exchanging sessions that already exist goes on", and whoever watches hears.
  const confirmed = anew.subscribe('subscription { liveSessionCounts { lifetime { confirmed } } }');
  await confirmed.until(() => true);
  const input = { sessionId: session.sessionId, subject };
  expect(await ask(sockets[0]!, operations.confirm, { input })).toBe('done');
  await confirmed.until(({ data }) => data.liveSessionCounts.lifetime.confirmed === 1);

  await scene.setProject(true);
  await expectGoingOn(watching, () => start(anew));
  for (const socket of sockets) expect(await start(socket)).toBe('done');
});
