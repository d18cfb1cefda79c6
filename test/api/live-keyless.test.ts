/** Waiting devices, which have nothing but their session's client secret. */
import { describe, expect, test } from 'vitest';
import { createApiKey } from '../../server/domain/api-keys/create.ts';
import { createEnvironment } from '../../server/domain/environments/create.ts';
import { callAs, newAddress } from '../support/call.ts';
import { createTestProject } from '../support/projects.ts';
import { startTestServer } from '../support/server.ts';
import { createSessionApi, subject, withKey } from '../support/session-api.ts';
import { openSocket, openStream } from '../support/socket.ts';

const server = await startTestServer({
  trustedProxies: ['loopback'],
  socketTimes: { initTimeoutMs: 500 },
});
const { tools, url } = server;
const api = createSessionApi(server);
const project = await createTestProject(tools);
const { secret } = project.production;
const by = withKey(secret);
const watch = `subscription ($secret: String!) {
  sessionChanged(clientSecret: $secret) { sessionId status } }`;

/** A device of its own address, in ways that tell it apart. */
const from = (ip = newAddress()) => ({ 'x-forwarded-for': ip });
const nothingLeft = { code: 1000, reason: 'Nothing is watched any more' };
const isIn = (status: string) => (result: { data: { sessionChanged: { status: string } } }) =>
  result.data.sessionChanged.status === status;

async function startSession(key = by) {
  const { clientSecret, session } = await api.start(key);
  return { secret: clientSecret as string, id: session.sessionId as string };
}

async function expireIn(id: string, seconds: number): Promise<void> {
  await tools.db.$executeRaw`UPDATE auth_sessions
    SET expires_at = now() + make_interval(secs => ${seconds}) WHERE id = ${id}`;
}

/** By a socket and by an event stream. */
async function watchSession(clientSecret: string) {
  const socket = await openSocket(url, { headers: from() });
  const subscription = socket.subscribe(watch, { secret: clientSecret });
  const stream = await openStream(url, watch, { secret: clientSecret }, from());
  await Promise.all([subscription.until(() => true), stream.until(() => true)]);
  return { socket, subscription, stream };
}

describe('a device that waits for its session', () => {
  const ends: Record<string, (session: { id: string; secret: string }) => Promise<unknown>> = {
    CANCELLED: ({ secret: clientSecret }) => api.cancel({}, { clientSecret }),
    EXPIRED: async () => {}, // by itself
    USED: async ({ id }) => {
      await api.confirm(by, { sessionId: id, subject });
      await api.exchange(by, { sessionId: id });
    },
  };
  test.each(Object.entries(ends))('is told %s, and then it is over', async (status, end) => {
    const session = await startSession();
    if (status === 'EXPIRED') await expireIn(session.id, 2);
    const { socket, subscription, stream } = await watchSession(session.secret);
    await end(session);
    await Promise.all([subscription.until(isIn(status)), stream.until(isIn(status))]);
    expect(await socket.untilClosed()).toEqual(nothingLeft);
    expect(subscription.isComplete).toBe(true);
    await stream.untilOver();
    expect(stream.isComplete).toBe(true);
  });

  test('hears what became of a session that was over before it asked', async () => {
    const session = await startSession();
    await api.cancel({}, { clientSecret: session.secret });
    const { socket, stream } = await watchSession(session.secret);
    expect(await socket.untilClosed()).toEqual(nothingLeft);
    await stream.untilOver();
  });

  test('is not cut off while another session of its goes on', async () => {
    const [first, second] = [await startSession(), await startSession()];
    const { socket } = await watchSession(first.secret);
    const other = socket.subscribe(watch, { secret: second.secret });
    await other.until(() => true);
    await api.cancel({}, { clientSecret: first.secret });
    await api.confirm(by, { sessionId: second.id, subject });
    await other.until(isIn('CONFIRMED'));
    expect(socket.closed).toBeNull();
  });

  test.each(['environment', 'project'])(
    'is told that it is over when its %s is deleted',
    async (what) => {
      const doomed = await createTestProject(tools);
      const call = callAs(tools, doomed.owner.actor);
      const place = { projectId: doomed.id, name: 'Doomed', kind: 'STAGING' } as const;
      const environment = await createEnvironment(call, place);
      const key = { environmentId: environment.id, name: 'Server', type: 'SECRET' } as const;
      const { secret: value } = await createApiKey(call, key);
      const session = await startSession(withKey(value!));
      const { socket, subscription, stream } = await watchSession(session.secret);
      const input = {
        environment: `deleteEnvironment(input: { id: "${environment.id}", confirmName: "Doomed" })`,
        project: `deleteProject(input: { id: "${doomed.id}", confirmName: "Shop" })`,
      };
      await server.graphql(
        `mutation { ${input[what as keyof typeof input]} { __typename } }`,
        {},
        { cookie: doomed.owner.token },
      );
      expect(await socket.untilClosed()).toEqual(nothingLeft);
      await stream.untilOver();
      for (const { results } of [subscription, stream]) {
        expect(results.at(-1).errors[0].extensions.code).toBe('NOT_FOUND');
      }
    },
  );

  test('beside a key it may stay, for more is to be had with it', async () => {
    const session = await startSession();
    const socket = await openSocket(url, { init: { apiKey: secret } });
    const subscription = socket.subscribe(watch, { secret: session.secret });
    await subscription.until(() => true);
    await api.cancel({}, { clientSecret: session.secret });
    await expect.poll(() => subscription.isComplete).toBe(true);
    expect(await socket.ask('{ __typename }')).toMatchObject({ data: { __typename: 'Query' } });
  });
});

describe('without a credential a socket', () => {
  test.each([
    ['a query', '{ server { version } }'],
    ['a query for nothing', '{ __typename }'],
    ['introspection', '{ __schema { types { name } } }'],
    [
      'what a client secret opens by a query',
      '{ watchedSession(clientSecret: "cs_x") { status } }',
    ],
    ['a mutation', 'mutation { startSession(input: {}) { __typename } }'],
    ['counts', 'subscription { liveSessionCounts { pending } }'],
    ['the log', 'subscription { logAppended { id } }'],
    ['a query by a fragment', 'query { ...Part } fragment Part on Query { server { version } }'],
    [
      'a query beside what it may watch',
      'query One { server { version } } subscription Two { sessionChanged(clientSecret: "cs_x") { status } }',
    ],
  ])('is refused %s, in so many words', async (_, query) => {
    const socket = await openSocket(url, { headers: from() });
    const { errors } = await socket.ask(query);
    expect(errors[0].extensions.code).toMatch(/^(FORBIDDEN|GRAPHQL_INVALID)$/);
    if (errors[0].extensions.code === 'FORBIDDEN') {
      expect(errors[0].message).toMatch(/may only watch a session/);
    }
    expect(await socket.untilClosed()).toEqual(nothingLeft);
  });

  test('is told that a secret opens nothing, and closed', async () => {
    const socket = await openSocket(url, { headers: from() });
    const { errors } = await socket.ask(watch, { secret: 'cs_nothing' });
    expect(errors[0].extensions.code).toBe('NOT_FOUND');
    expect(await socket.untilClosed()).toEqual(nothingLeft);
  });

  test('is closed when it watches nothing for long', async () => {
    const socket = await openSocket(url, { headers: from() });
    expect(await socket.untilClosed()).toEqual({ code: 4408, reason: 'Nothing is watched' });
  });
});

describe('of one address', () => {
  test('twenty may watch without a credential, by sockets and streams together', async () => {
    const { secret: clientSecret } = await startSession();
    const crowded = from();
    const openOne = async () => {
      const socket = await openSocket(url, { headers: crowded });
      if (!socket.closed) await socket.subscribe(watch, { secret: clientSecret }).until(() => true);
      return socket;
    };
    const streamOne = () => openStream(url, watch, { secret: clientSecret }, crowded);
    const sockets = await Promise.all(Array.from({ length: 12 }, openOne));
    const streams = await Promise.all(Array.from({ length: 8 }, streamOne));
    await Promise.all(streams.map((stream) => stream.until(() => true)));
    expect(sockets.map(({ closed }) => closed)).toEqual(sockets.map(() => null));

    const refused = await openOne();
    expect(refused.closed).toEqual({
      code: 4429,
      reason:
        'At most 20 connections at once without a credential from one address. Try again in 10 seconds.',
    });
    expect((await streamOne()).status).toBe(429);
    // With a credential they do not count, nor do those of other addresses.
    const keyed = await openSocket(url, { init: { apiKey: secret }, headers: crowded });
    expect(keyed.closed).toBeNull();
    const elsewhere = await openSocket(url, { headers: from() });
    expect(elsewhere.closed).toBeNull();
    // Those that were refused have left nothing behind, and whoever leaves makes room.
    streams[0]!.close();
    sockets[0]!.socket.close();
    await expect.poll(async () => (await openOne()).closed).toBeNull();
    await expect.poll(async () => (await streamOne()).status).toBe(200);
    expect((await openOne()).closed?.code).toBe(4429);
  });
});
