/** Connections as all processes count them, and what becomes of them when a process ends. */
import { expect, test, vi } from 'vitest';
import { createApiKey } from '../../server/domain/api-keys/create.ts';
import { callAs } from '../support/call.ts';
import { giveToken } from '../support/people.ts';
import { type ServerProcess, startServer } from '../support/process.ts';
import { createTestProject } from '../support/projects.ts';
import { openSocket, openStream, type TestSocket } from '../support/socket.ts';
import { startTwoServers } from '../support/two-servers.ts';
import { watchAt, watcherByKey, watcherByToken } from '../support/watching.ts';

/** Several processes, and a machine that may have other things to do. */
vi.setConfig({ testTimeout: 60_000 });

const { here, there, tools, settings } = await startTwoServers();
const counts = 'subscription { liveSessionCounts { pending } }';

/** A key, and what each of these servers says of its connections. */
async function makeKey() {
  const project = await createTestProject(tools);
  const { id, secret } = await createApiKey(callAs(tools, project.owner.actor), {
    environmentId: project.production.id,
    name: 'Counted',
    type: 'SECRET',
  });
  const countAt = async ({ graphql }: ServerProcess): Promise<number> => {
    const query = 'query ($id: ID!) { apiKey(id: $id) { openConnections } }';
    return (await graphql(query, { id }, { cookie: project.owner.token })).apiKey.openConnections;
  };
  return {
    project,
    secret: secret!,
    counted: (...servers: ServerProcess[]) => Promise.all(servers.map(countAt)),
  };
}
/** A process tells the others once a second. */
const soon = { timeout: 5_000 };

test('a key counts its sockets and streams in both processes, and beside an access token', async () => {
  const { project, secret, counted } = await makeKey();
  const both = () => counted(here, there);
  expect(await both()).toEqual([0, 0]);
  const one = await watchAt(here.url, watcherByKey(secret));
  // What a process holds itself it need not be told.
  expect(await counted(here)).toEqual([2]);
  const other = await watchAt(there.url, watcherByKey(secret));
  const { token } = await giveToken(tools, project.owner);
  const beside = await watchAt(there.url, watcherByToken(token, project.id, secret));
  await watchAt(there.url, watcherByToken(token, project.id)); // no key
  await watchAt(there.url, watcherByKey(project.production.secret)); // another
  await expect.poll(both, soon).toEqual([6, 6]);
  one.stream.close();
  beside.socket.socket.close();
  await expect.poll(both, soon).toEqual([4, 4]);
  for (const { socket, stream } of [one, other, beside]) {
    socket.socket.close();
    stream.close();
  }
  await expect.poll(both, soon).toEqual([0, 0]);
});

test('the connections of a process that was killed stop counting within five seconds', async () => {
  const { secret, counted } = await makeKey();
  const third = await startServer(settings);
  await watchAt(third.url, watcherByKey(secret));
  const stays = await watchAt(there.url, watcherByKey(secret));
  await expect.poll(() => counted(here, there), soon).toEqual([4, 4]);
  third.kill('SIGKILL');
  await third.ended;
  await expect.poll(() => counted(here, there), { timeout: 7_000 }).toEqual([2, 2]);
  expect(stays.socket.closed).toBeNull();
});

test('SIGTERM closes sockets with 1012, breaks event streams off, and ends the process promptly', async () => {
  const { secret, counted } = await makeKey();
  const third = await startServer(settings);
  const sockets: TestSocket[] = [];
  const init = { apiKey: secret };
  for (let n = 0; n < 500; n += 50) {
    const some = Array.from({ length: 50 }, () => openSocket(third.url, { init }));
    sockets.push(...(await Promise.all(some)));
  }
  for (const { subscribe } of sockets.slice(0, 100)) subscribe(counts);
  const early = await openSocket(third.url, { init: null }); // not acknowledged yet
  const mute = await openSocket(third.url, { init });
  mute.socket.pause(); // does not say goodbye
  const stream = await openStream(third.url, counts, {}, { 'x-api-key': secret });
  await stream.until(() => true);
  await expect.poll(() => counted(here), soon).toEqual([502]);

  const at = performance.now();
  third.kill('SIGTERM');
  expect(await third.ended).toEqual({ code: 0, signal: null });
  expect(performance.now() - at).toBeLessThan(3_000);
  await stream.untilOver();
  expect(stream.isComplete).toBe(false);
  for (const socket of [...sockets, early]) {
    expect(await socket.untilClosed()).toEqual({ code: 1012, reason: 'SERVER_STOPPING' });
  }
  expect(await counted(here, there), 'a process that stops says so').toEqual([0, 0]);
  expect(third.log().filter(({ level }) => level !== 'info')).toEqual([]);
  expect(third.stderr()).toBe('');
});
