/**
 * Connections to PostgreSQL by which a process hears of changes, and what they may do to it: be cut, hang,
 * hand on nothing. Sockets and event streams are closed with their credential in time all the same.
 */
import { describe, expect, test, vi } from 'vitest';
import { createApiKey } from '../../server/domain/api-keys/create.ts';
import { callAs } from '../support/call.ts';
import { startDatabaseProxy } from '../support/database-proxy.ts';
import { type ServerProcess, startServer, until } from '../support/process.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { createSessionApi, withKey } from '../support/session-api.ts';
import { cutListeners, hangListeners, startTwoServers } from '../support/two-servers.ts';
import {
  expectAllEnded,
  expectGoingOn,
  type Watching,
  watchAt,
  watcherByCookie,
  watcherByKey,
} from '../support/watching.ts';

/** Several processes, and a machine that may have other things to do. */
vi.setConfig({ testTimeout: 60_000 });

const { here, there, tools, api, mutate, watchBoth, settings } = await startTwoServers();
const listenProxy = await startDatabaseProxy(settings.DATABASE_URL!);
const pooler = await startDatabaseProxy(settings.DATABASE_URL!, { swallows: true });

async function makeKey(project: TestProject) {
  const key = { environmentId: project.production.id, name: 'Server', type: 'SECRET' } as const;
  return createApiKey(callAs(tools, project.owner.actor), key);
}

/** Two keys of a project and its owner, who watch at these servers; and how each of them ends. */
async function makeWatchers(watch: (by: Parameters<typeof watchBoth>[0]) => Promise<Watching[]>) {
  const project = await createTestProject(tools);
  const { owner } = project;
  const [deleted, rotated] = [await makeKey(project), await makeKey(project)];
  const byDeleted = await watch(watcherByKey(deleted.secret!));
  const byRotated = await watch(watcherByKey(rotated.secret!));
  const bySignIn = await watch(watcherByCookie(owner.token, project.id));
  const spared = await watch(watcherByKey(project.production.secret));
  const remove = `deleteApiKey(input: { id: "${deleted.id}", confirmName: "Server" })`;
  return [
    { reason: 'DELETED', watching: byDeleted, end: () => mutate(owner.token, remove) },
    {
      reason: 'ROTATED_OUT',
      watching: byRotated,
      end: () => mutate(owner.token, `regenerateApiKey(input: { id: "${rotated.id}" })`),
    },
    { reason: 'SIGNED_OUT', watching: bySignIn, end: () => mutate(owner.token, 'signOut') },
    {
      reason: null,
      watching: spared,
      end: async () => expectGoingOn(spared, () => api.start(withKey(project.production.secret))),
    },
  ] as const;
}

/** Ends one after the other, each once `before` has run. */
async function endEach(
  watchers: Awaited<ReturnType<typeof makeWatchers>>,
  before: (end: () => Promise<void>) => Promise<void>,
): Promise<void> {
  for (const { reason, watching, end } of watchers) {
    await before(async () => {
      const ended = await end();
      if (ended) await expectAllEnded(watching, reason!, ended.repliedAt);
    });
  }
}

describe('what a credential opened is closed with it in time', () => {
  test('where the connection by which a process hears is cut just before', async () => {
    await endEach(await makeWatchers(watchBoth), async (end) => {
      await cutListeners(tools);
      await end();
    });
  });

  test('where it hangs without a word in PostgreSQL', async () => {
    await endEach(await makeWatchers(watchBoth), (end) => hangListeners(tools, end));
  });

  test('where it hangs without a word on the way', async () => {
    const third = await startServer({ ...settings, DATABASE_LISTEN_URL: listenProxy.url });
    const watch = async (watcher: Parameters<typeof watchAt>[1]) => [
      await watchAt(third.url, watcher),
    ];
    await endEach(await makeWatchers(watch), async (end) => {
      listenProxy.goSilent();
      await end();
      listenProxy.recover();
    });
    third.kill('SIGTERM');
    await third.ended;
  });

  test('where a deadline comes while it hangs', async () => {
    const project = await createTestProject(tools);
    const expiresAt = new Date(Date.now() + 1_500);
    const key = { environmentId: project.production.id, name: 'Server', type: 'SECRET' } as const;
    const { secret } = await createApiKey(callAs(tools, project.owner.actor), {
      ...key,
      expiresAt,
    });
    const watching = await watchBoth(watcherByKey(secret!));
    await hangListeners(tools, () =>
      expectAllEnded(watching, 'EXPIRED', expiresAt.getTime() - performance.timeOrigin),
    );
  });
});

describe('behind a pooler that hands on no notification', () => {
  const complaint = /hands on no notification.*Set DATABASE_LISTEN_URL/;
  const complaints = (server: ServerProcess) =>
    server.log().filter(({ level, msg }) => level === 'error' && complaint.test(String(msg)));

  test('a process says what to set, once, and works', async () => {
    const third = await startServer({ ...settings, DATABASE_URL: pooler.url });
    const watch = async (watcher: Parameters<typeof watchAt>[1]) => [
      await watchAt(third.url, watcher),
    ];
    await until(() => complaints(third).length > 0);
    await endEach(await makeWatchers(watch), (end) => end());
    const project = await createTestProject(tools);
    const watching = await watch(watcherByKey(project.production.secret));
    const both = [api, createSessionApi(third)];
    for (const { start } of both) {
      await expectGoingOn(watching, () => start(withKey(project.production.secret)));
    }
    expect(complaints(third)).toHaveLength(1);
    third.kill('SIGTERM');
    await third.ended;
  });

  test('a process that is given DATABASE_LISTEN_URL hears, and has nothing to say', async () => {
    const third = await startServer({
      ...settings,
      DATABASE_URL: pooler.url,
      DATABASE_LISTEN_URL: settings.DATABASE_URL!,
    });
    const watch = async (watcher: Parameters<typeof watchAt>[1]) => [
      await watchAt(third.url, watcher),
    ];
    // Long enough for one that hears nothing to notice.
    const silence = new Promise((resolve) => setTimeout(resolve, 4_000));
    await endEach(await makeWatchers(watch), (end) => end());
    await silence;
    expect(third.log().filter(({ level }) => level !== 'info')).toEqual([]);
    third.kill('SIGTERM');
    await third.ended;
  });
});

test('the two that all of it was done to had nothing to complain of', () => {
  for (const server of [here, there]) {
    expect(server.stderr()).toBe('');
    expect(server.log().filter(({ level }) => level !== 'info')).toEqual([]);
  }
});
