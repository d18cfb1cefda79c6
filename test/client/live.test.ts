/** The typed client's subscriptions on a whole server: who may subscribe, what is told, how it ends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { gql } from '@urql/core';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type Appended, followLog, type LogVariables } from '../../client/follow-log.ts';
import {
  createLatchkeyClient,
  type LatchkeyClientOptions,
  type LatchkeyError,
  readAnswer,
} from '../../client/urql.ts';
import { startMoodyServer } from '../support/moody-server.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { startTestServer } from '../support/server.ts';
import { createSessionApi, subject, withKey } from '../support/session-api.ts';

const server = await startTestServer();
const api = createSessionApi(server);
const countsQuery =
  'subscription ($projectId: ID) { liveSessionCounts(projectId: $projectId) { pending lifetime { started } } }';
const stateQuery =
  'subscription ($clientSecret: String!) { sessionChanged(clientSecret: $clientSecret) { status } }';

function connect(options: Partial<LatchkeyClientOptions> = {}) {
  const client = createLatchkeyClient({ url: server.url, webSocket: WebSocket, ...options });
  onTestFinished(() => client.live.dispose());
  return client;
}

/** Subscribes, and keeps all that is told. */
function watch(client: ReturnType<typeof connect>, query: string, variables: object = {}) {
  // biome-ignore lint/suspicious/noExplicitAny: tests look into results of every shape
  const told: any[] = [];
  const end: { error: LatchkeyError | null } = { error: null };
  client.subscription(query, variables).subscribe((result) => {
    try {
      told.push(Object.values(readAnswer(result))[0]);
    } catch (error) {
      end.error = error as LatchkeyError;
    }
  });
  return { told, end };
}

/** A mutation by the project's owner. Its answer must be the payload. */
async function manage({ owner }: TestProject, mutation: string): Promise<void> {
  const query = `mutation { answer: ${mutation} { __typename } }`;
  const { answer } = await server.graphql(query, {}, { cookie: owner.token });
  expect(answer.__typename).toMatch(/Payload$/);
}

const viewerKey = '{ viewerKey { id } }';

async function secretKeyOf({ production }: TestProject): Promise<{ id: string }> {
  return (await server.graphql(viewerKey, {}, withKey(production.secret))).viewerKey;
}

describe('the present state comes first, and then each change', () => {
  test('to a secret key, of its environment', async () => {
    const { production } = await createTestProject(server.tools);
    await api.start(withKey(production.secret));
    const { told } = watch(connect({ apiKey: production.secret }), countsQuery);
    await expect.poll(() => told).toEqual([{ pending: 1, lifetime: { started: 1 } }]);
    await api.start(withKey(production.secret));
    await expect.poll(() => told.at(-1)).toEqual({ pending: 2, lifetime: { started: 2 } });
  });

  test('to a browser that is signed in, by its cookie', async () => {
    const { owner, production, id: projectId } = await createTestProject(server.tools);
    const headers = { cookie: `latchkey=${owner.token}`, origin: server.url };
    class Browser extends WebSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol, { headers });
      }
    }
    const { told } = watch(connect({ webSocket: Browser }), countsQuery, { projectId });
    await expect.poll(() => told).toHaveLength(1);
    await api.start(withKey(production.secret));
    await expect.poll(() => told.at(-1)).toEqual({ pending: 1, lifetime: { started: 1 } });
  });

  test('to a waiting device without any key, which is let go after the final state', async () => {
    const { production } = await createTestProject(server.tools);
    const by = withKey(production.secret);
    const { clientSecret, session } = await api.start(by);
    const client = connect();
    const { told, end } = watch(client, stateQuery, { clientSecret });
    await expect.poll(() => told).toEqual([{ status: 'PENDING' }]);
    await api.confirm(by, { sessionId: session.sessionId, subject });
    await expect.poll(() => told).toHaveLength(2);
    await api.exchange(by, { sessionId: session.sessionId });
    await expect.poll(() => client.live.status).toEqual({ state: 'idle' });
    expect(told.map(({ status }) => status)).toEqual(['PENDING', 'CONFIRMED', 'USED']);
    expect(end.error).toBeNull();
  });
});

describe('a credential that ends', () => {
  test('ends what it opened, with the reason, and whoever asks again hears it again', async () => {
    const project = await createTestProject(server.tools);
    const { id } = await secretKeyOf(project);
    const client = connect({ apiKey: project.production.secret });
    const { told, end } = watch(client, countsQuery);
    await expect.poll(() => told).toHaveLength(1);
    await manage(project, `deleteApiKey(input: { id: "${id}", confirmName: "Secret key" })`);
    const refused = { code: 'UNAUTHENTICATED', reason: 'DELETED' };
    await expect.poll(() => end.error, { timeout: 1_000 }).toMatchObject(refused);
    expect(end.error?.message).toBe('The connection was closed: 4403 DELETED.');
    expect(client.live.status).toEqual({ state: 'idle' });

    const again = watch(client, countsQuery);
    await expect.poll(() => again.end.error).toMatchObject(refused);
  });

  test('is SIGNED_OUT where it was a cookie', async () => {
    const project = await createTestProject(server.tools);
    const { owner, id: projectId } = project;
    const headers = { cookie: `latchkey=${owner.token}` };
    class Browser extends WebSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol, { headers });
      }
    }
    const { told, end } = watch(connect({ webSocket: Browser }), countsQuery, { projectId });
    await expect.poll(() => told).toHaveLength(1);
    await manage(project, 'signOut(input: {})');
    await expect
      .poll(() => end.error)
      .toMatchObject({ code: 'UNAUTHENTICATED', reason: 'SIGNED_OUT' });
  });

  test('ends nothing where it was a key that has a successor at hand', async () => {
    const project = await createTestProject(server.tools);
    const { id } = await secretKeyOf(project);
    let apiKey = project.production.secret;
    const { told, end } = watch(connect({ apiKey: () => apiKey }), countsQuery);
    await expect.poll(() => told).toHaveLength(1);
    const regenerate = `mutation { answer: regenerateApiKey(input: { id: "${id}", overlapSeconds: 3600 }) {
      ... on RegenerateApiKeyPayload { secret } } }`;
    const by = { cookie: project.owner.token };
    apiKey = (await server.graphql(regenerate, {}, by)).answer.secret;
    await manage(project, `finishApiKeyRotation(input: { id: "${id}" })`);
    await expect.poll(() => told).toHaveLength(2);
    await api.start(withKey(apiKey));
    await expect.poll(() => told.at(-1)).toEqual({ pending: 1, lifetime: { started: 1 } });
    expect(end.error).toBeNull();
  });

  test('leaves what runs alone where it is a key that was switched off, and refuses the next', async () => {
    const project = await createTestProject(server.tools);
    const { id } = await secretKeyOf(project);
    const client = connect({ apiKey: project.production.secret });
    const { told, end } = watch(client, countsQuery);
    await expect.poll(() => told).toHaveLength(1);
    const { id: projectId } = project;
    await manage(project, `updateApiKey(input: { id: "${id}", version: 1, active: false })`);
    const by = withKey(project.production.secret);
    await expect.poll(async () => (await server.post(viewerKey, {}, by)).status).toBe(401);
    const next = watch(client, countsQuery, { projectId });
    await expect
      .poll(() => next.end.error)
      .toMatchObject({ code: 'UNAUTHENTICATED', reason: 'INACTIVE' });
    expect(end.error).toBeNull();
    expect(client.live.status).toEqual({ state: 'connected' });
  });
});

describe('a log that is followed', () => {
  const LogTail = gql<Appended, LogVariables>`
    subscription LogTail($projectId: ID!, $after: String) {
      logAppended(projectId: $projectId, after: $after) { id at }
    }`;

  async function readLog({ id, owner }: TestProject): Promise<string[]> {
    const query = `{ project(id: "${id}") { logs(first: 100) { edges { node { id } } } } }`;
    const { project } = await server.graphql(query, {}, { cookie: owner.token });
    return project.logs.edges.map(({ node }: { node: { id: string } }) => node.id);
  }

  /** Cuts every connection without a word, again and again, while sessions are started. */
  async function startSessionsWhileCut({ production }: TestProject, sockets: Set<WebSocket>) {
    for (let round = 0; round < 4; round += 1) {
      await Promise.all(
        Array.from({ length: 5 }, async (_, n) => {
          await new Promise((resolve) => setTimeout(resolve, n * 40));
          await api.start(withKey(production.secret));
        }),
      );
      for (const socket of sockets) socket.terminate();
    }
  }

  test.each([
    ['and its cursor stays', undefined],
    ['and its cursor moves on', 0],
  ])(
    'tells each entry once, however often the connection is cut, %s',
    async (_how, moveAfterMs) => {
      const project = await createTestProject(server.tools);
      const by = withKey(project.production.secret);
      for (let n = 0; n < 3; n += 1) await api.start(by);
      await server.db.$pool.query(
        "UPDATE log_entries SET at = at - interval '10 minutes' WHERE project_id = $1",
        [project.id],
      );
      const known = await readLog(project);
      const sockets = new Set<WebSocket>();
      class Kept extends WebSocket {
        constructor(url: string, protocol: string) {
          super(url, protocol);
          sockets.add(this);
          this.once('close', () => sockets.delete(this));
        }
      }
      const client = connect({ apiKey: project.production.secret, webSocket: Kept });
      const asked = vi.spyOn(client, 'query');
      const told: string[] = [];
      const failed: LatchkeyError[] = [];
      const variables = { projectId: project.id };
      const follower = {
        entry: ({ id }: { id: string }) => void told.push(id),
        failed: (error: LatchkeyError) => void failed.push(error),
      };
      const stop = await followLog(client, LogTail, variables, follower, moveAfterMs);
      onTestFinished(stop);
      await expect.poll(() => client.live.status.state).toBe('connected');
      await startSessionsWhileCut(project, sockets);
      const appended = (await readLog(project)).filter((id) => !known.includes(id));
      expect(appended).toHaveLength(20);
      await expect.poll(() => [...told].sort()).toEqual([...appended].sort());
      expect(failed).toEqual([]);
      expect(asked.mock.calls.length > 1, 'moved on').toBe(moveAfterMs === 0);
      stop();
      await expect.poll(() => client.live.status).toEqual({ state: 'idle' });
    },
  );

  test('says so when what it follows is hidden or gone', async () => {
    const [project, other] = [
      await createTestProject(server.tools),
      await createTestProject(server.tools),
    ];
    const client = connect({ apiKey: project.production.secret });
    const failed: LatchkeyError[] = [];
    const follower = {
      entry: () => {},
      failed: (error: LatchkeyError) => void failed.push(error),
    };
    await followLog(client, LogTail, { projectId: other.id }, follower);
    await expect.poll(() => failed).toMatchObject([{ code: 'NOT_FOUND' }]);
  });
});

describe('a program that is done', () => {
  /** Runs it in a process of its own. @returns how long that lived on once the client was disposed of */
  async function lifeAfterDisposal(url: string, state: string, query = countsQuery, apiKey = '') {
    const program = `
      import { createLatchkeyClient } from './client/urql.ts';
      import { WebSocket } from 'ws';
      const client = createLatchkeyClient({ url: '${url}', webSocket: WebSocket, apiKey: process.env.API_KEY || undefined });
      const { live } = client;
      const look = () => {
        if (live.status.state !== '${state}') return;
        live.dispose();
        process.stdout.write('disposed of');
      };
      live.onStatus(() => setTimeout(look, 50));
      client.subscription(${JSON.stringify(query)}, {}).subscribe(() => {});`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', program];
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env.PATH, API_KEY: apiKey },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const exit = once(child, 'exit');
    await once(child.stdout, 'data');
    const disposedAt = performance.now();
    expect(await exit).toEqual([0, null]);
    return performance.now() - disposedAt;
  }

  test('ends at once, whatever its connection is about', async () => {
    const { production } = await createTestProject(server.tools);
    const held: Socket[] = [];
    const silent = createServer((socket) => held.push(socket.resume()));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    onTestFinished(() => {
      for (const socket of held) socket.destroy();
      silent.close();
    });
    const mute = await startMoodyServer(async ({ acknowledge, socket }) => {
      await acknowledge();
      socket.pause();
    });
    const lives = await Promise.all([
      lifeAfterDisposal(server.url, 'connected', countsQuery, production.secret),
      lifeAfterDisposal(`http://127.0.0.1:${port}`, 'connecting'), // nobody lets it in
      lifeAfterDisposal('http://127.0.0.1:1', 'down'), // nobody is there
      lifeAfterDisposal(mute.url, 'connected'), // nobody says goodbye
    ]);
    expect(Math.max(...lives.slice(0, 3))).toBeLessThan(1_000);
    expect(lives[3]).toBeLessThan(3_000);
  });
});
