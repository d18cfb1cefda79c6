/**
 * API keys that end through one process, and the sockets and event streams that they opened in two:
 * closed within a second, with the reason, and no others with them.
 */
import { describe, expect, test, vi } from 'vitest';
import { createApiKey } from '../../server/domain/api-keys/create.ts';
import { createEnvironment } from '../../server/domain/environments/create.ts';
import { callAs } from '../support/call.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { withKey } from '../support/session-api.ts';
import { startTwoServers } from '../support/two-servers.ts';
import {
  expectAllEnded,
  expectGoingOn,
  type Watching,
  watchAt,
  watcherByKey,
} from '../support/watching.ts';

/** Several processes, and a machine that may have other things to do. */
vi.setConfig({ testTimeout: 60_000 });

const servers = await startTwoServers();
const { there, tools, api } = servers;

/** A secret key in a project of its own, in an environment that can be deleted, with another beside it. */
interface Scene {
  project: TestProject;
  environmentId: string;
  keyId: string;
  secret: string;
  /** Of another key of the same environment. */
  otherSecret: string;
}

async function makeScene(expiresAt?: Date): Promise<Scene> {
  const project = await createTestProject(tools);
  const call = callAs(tools, project.owner.actor);
  const place = { projectId: project.id, name: 'Doomed', kind: 'STAGING' } as const;
  const { id: environmentId } = await createEnvironment(call, place);
  const input = { environmentId, type: 'SECRET' } as const;
  const { id: keyId, secret } = await createApiKey(call, { ...input, name: 'Server', expiresAt });
  const { secret: otherSecret } = await createApiKey(call, { ...input, name: 'Other' });
  return { project, environmentId, keyId, secret: secret!, otherSecret: otherSecret! };
}

const mutate = ({ project }: Scene, mutation: string, selection?: string) =>
  servers.mutate(project.owner.token, mutation, selection);
const watchBoth = (value: string) => servers.watchBoth(watcherByKey(value));

const regenerate = (overlapSeconds: number) => (scene: Scene) =>
  `regenerateApiKey(input: { id: "${scene.keyId}", overlapSeconds: ${overlapSeconds} })`;
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000);

const endings: Record<string, { reason: string; spares: boolean; by: (of: Scene) => string }> = {
  'deleting the key': {
    reason: 'DELETED',
    spares: true,
    by: ({ keyId }) => `deleteApiKey(input: { id: "${keyId}", confirmName: "Server" })`,
  },
  'regenerating it without overlap': { reason: 'ROTATED_OUT', spares: true, by: regenerate(0) },
  'deleting its environment': {
    reason: 'DELETED',
    spares: false,
    by: ({ environmentId }) =>
      `deleteEnvironment(input: { id: "${environmentId}", confirmName: "Doomed" })`,
  },
  'deleting its project': {
    reason: 'DELETED',
    spares: false,
    by: ({ project }) => `deleteProject(input: { id: "${project.id}", confirmName: "Shop" })`,
  },
};

describe.each(Object.entries(endings))('%s', (_, { reason, spares, by }) => {
  test('closes what it opened in both processes, and nothing else', async () => {
    const [scene, elsewhere] = await Promise.all([makeScene(), makeScene()]);
    const doomed = await watchBoth(scene.secret);
    const other = await watchAt(there.url, watcherByKey(scene.otherSecret));
    const foreign = await watchAt(there.url, watcherByKey(elsewhere.secret));
    const { repliedAt } = await mutate(scene, by(scene));
    const isGone = !spares;
    await expectAllEnded(doomed, reason, repliedAt, { isGone });
    await expectGoingOn(foreign, () => api.start(withKey(elsewhere.secret)));
    if (spares) await expectGoingOn(other, () => api.start(withKey(scene.otherSecret)));
    else await expectAllEnded([other], reason, repliedAt, { isGone });
  });
});

test('deleting a workspace closes what the keys of all its projects opened', async () => {
  const scene = await makeScene();
  const doomed = await watchBoth(scene.secret);
  const production = await watchAt(there.url, watcherByKey(scene.project.production.secret));
  const { workspaceId } = scene.project;
  const { name } = await tools.db.workspace.findUniqueOrThrow({ where: { id: workspaceId } });
  const { repliedAt } = await mutate(
    scene,
    `deleteWorkspace(input: { id: "${workspaceId}", confirmName: ${JSON.stringify(name)} })`,
  );
  await expectAllEnded([...doomed, production], 'DELETED', repliedAt, { isGone: true });
});

describe('while a secret is replaced with an overlap', () => {
  const selection = '... on RegenerateApiKeyPayload { secret apiKey { rotation { endsAt } } }';

  test('what both opened goes on, until finishing closes what the old one opened', async () => {
    const scene = await makeScene();
    const old = await watchBoth(scene.secret);
    const { payload } = await mutate(scene, regenerate(3_600)(scene), selection);
    const current = await watchBoth(payload.secret);
    const start = () => api.start(withKey(scene.otherSecret));
    await expectGoingOn([...old, ...current], start);
    const { repliedAt } = await mutate(
      scene,
      `finishApiKeyRotation(input: { id: "${scene.keyId}" })`,
    );
    await expectAllEnded(old, 'ROTATED_OUT', repliedAt);
    await expectGoingOn(current, start);
  });

  test('regenerating again closes what the oldest opened, and not what the one before did', async () => {
    const scene = await makeScene();
    const oldest = await watchBoth(scene.secret);
    const { payload } = await mutate(scene, regenerate(3_600)(scene), selection);
    const before = await watchBoth(payload.secret);
    const { repliedAt } = await mutate(scene, regenerate(3_600)(scene));
    await expectAllEnded(oldest, 'ROTATED_OUT', repliedAt);
    await expectGoingOn(before, () => api.start(withKey(scene.otherSecret)));
  });

  test('the end of the overlap closes what the old one opened, with nobody doing anything', async () => {
    const scene = await makeScene();
    const old = await watchBoth(scene.secret);
    const { payload } = await mutate(scene, regenerate(2)(scene), selection);
    const current = await watchBoth(payload.secret);
    const endsAt = timeOf(payload.apiKey.rotation.endsAt);
    await expectAllEnded(old, 'ROTATED_OUT', endsAt);
    expectNotBefore(old, endsAt);
    await expectGoingOn(current, () => api.start(withKey(scene.otherSecret)));
  });
});

/** On the clock of performance.now(). */
function timeOf(instant: string | Date): number {
  return new Date(instant).getTime() - performance.timeOrigin;
}

function expectNotBefore(watching: Watching[], since: number): void {
  for (const { closedAt } of watching) {
    // Two clocks of one machine agree to a few milliseconds.
    expect(Math.min(closedAt.socket!, closedAt.stream!) - since).toBeGreaterThan(-50);
  }
}

test('the expiry of a key closes what it opened, whether it was there from the start or came later', async () => {
  const [born, given] = [inSeconds(2), inSeconds(2.5)];
  const [mortal, late] = await Promise.all([makeScene(born), makeScene()]);
  const [ofMortal, ofLate] = [await watchBoth(mortal.secret), await watchBoth(late.secret)];
  const other = await watchAt(there.url, watcherByKey(late.otherSecret));
  const { keyId } = late;
  await mutate(
    late,
    `updateApiKey(input: { id: "${keyId}", version: 1, expiresAt: "${given.toISOString()}" })`,
  );
  await Promise.all([
    expectAllEnded(ofMortal, 'EXPIRED', timeOf(born)),
    expectAllEnded(ofLate, 'EXPIRED', timeOf(given)),
  ]);
  expectNotBefore(ofMortal, timeOf(born));
  expectNotBefore(ofLate, timeOf(given));
  await expectGoingOn(other, () => api.start(withKey(late.otherSecret)));
});

test('an expiry that is moved away in time closes nothing', async () => {
  const scene = await makeScene(inSeconds(2));
  const watching = await watchAt(there.url, watcherByKey(scene.secret));
  await mutate(scene, `updateApiKey(input: { id: "${scene.keyId}", version: 1, expiresAt: null })`);
  await new Promise((resolve) => setTimeout(resolve, 2_200));
  await expectGoingOn(watching, () => api.start(withKey(scene.secret)));
});
