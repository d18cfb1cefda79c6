import { beforeEach, describe, expect, test } from 'vitest';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { type GraphQLOptions, startTestServer } from '../support/server.ts';
import { createSessionApi, nobodyAtAll, subject, withKey } from '../support/session-api.ts';
import { expectCountsToMatchRows } from '../support/sessions.ts';

const server = await startTestServer();
const { start, confirm, cancel, exchange, watch, look } = createSessionApi(server);

let project: TestProject;
let owner: GraphQLOptions;
let secretKey: GraphQLOptions;
let publishableKey: GraphQLOptions;
let developmentKey: GraphQLOptions;

beforeEach(async () => {
  project = await createTestProject(server.tools);
  owner = { cookie: project.owner.token };
  secretKey = withKey(project.production.secret);
  publishableKey = withKey(project.production.publishableValue);
  developmentKey = withKey(project.development.publishableValue);
});

/** Changes a setting as the owner, by the version it has. */
async function updateProject(changes: object): Promise<void> {
  const { project: read } = await server.graphql(
    'query ($id: ID!) { project(id: $id) { version } }',
    { id: project.id },
    owner,
  );
  const input = { id: project.id, version: read.version, ...changes };
  const { updateProject: result } = await server.graphql(
    'mutation ($input: UpdateProjectInput!) { updateProject(input: $input) { __typename } }',
    { input },
    owner,
  );
  expect(result).toEqual({ __typename: 'UpdateProjectPayload' });
}

const updateEnvironment = (input: object) =>
  server
    .graphql(
      `mutation ($input: UpdateEnvironmentInput!) { updateEnvironment(input: $input) {
        __typename ... on UserError { code }
        ... on ValidationError { issues { path message } } } }`,
      { input },
      owner,
    )
    .then(({ updateEnvironment: result }) => result);

/** Every way to start a session, where public access is on. */
const doors = (): [name: string, by: GraphQLOptions, input: object][] => [
  ['secret key', secretKey, {}],
  ['publishable key', publishableKey, {}],
  ['project id', nobodyAtAll, { projectId: project.id }],
  ['publishable key of Development', developmentKey, {}],
  ['owner in Development', owner, { environmentId: project.development.id }],
];

describe('public access', () => {
  test('off: in production only a secret key starts', async () => {
    const refused = { __typename: 'PublicAccessDisabledError', code: 'PUBLIC_ACCESS_DISABLED' };
    expect(await start(publishableKey)).toMatchObject(refused);
    expect(await start(nobodyAtAll, { projectId: project.id })).toMatchObject(refused);
    expect(await start(secretKey)).toMatchObject({ __typename: 'StartSessionPayload' });
    expect(await start(developmentKey)).toMatchObject({ __typename: 'StartSessionPayload' });
  });

  test('on: every door starts, until it is off again', async () => {
    await updateProject({ publicAccess: true });
    for (const [door, by, input] of doors()) {
      expect(await start(by, input), door).toMatchObject({ session: { status: 'PENDING' } });
    }
    await updateProject({ publicAccess: false });
    expect(await start(publishableKey)).toMatchObject({ code: 'PUBLIC_ACCESS_DISABLED' });
    expect(await start(nobodyAtAll, { projectId: project.id })).toMatchObject({
      code: 'PUBLIC_ACCESS_DISABLED',
    });
  });

  test('on: the device that started in production exchanges with its client secret', async () => {
    await updateProject({ publicAccess: true });
    const { clientSecret, linkToken } = await start(nobodyAtAll, { projectId: project.id });
    expect(await exchange(nobodyAtAll, { clientSecret })).toMatchObject({
      __typename: 'SessionStateError',
      code: 'SESSION_NOT_CONFIRMED',
      status: 'PENDING',
    });
    await confirm(secretKey, { linkToken, subject });
    expect(await exchange(nobodyAtAll, { clientSecret })).toMatchObject({
      session: { status: 'USED' },
      subject: { provider: 'server', id: 'customer-1' },
    });
    expect(await exchange(nobodyAtAll, { clientSecret })).toMatchObject({
      code: 'SESSION_ALREADY_USED',
      status: 'USED',
    });
  });
});

describe('an inactive project', () => {
  test('starts nothing at any door, and starts again at every one once it is active', async () => {
    await updateProject({ publicAccess: true });
    await updateProject({ active: false });
    for (const [door, by, input] of doors()) {
      expect(await start(by, input), door).toEqual({
        __typename: 'ProjectInactiveError',
        code: 'PROJECT_INACTIVE',
        message:
          'This project is inactive, so it starts no new sessions. Activate it in its settings.',
      });
    }
    const { rows } = await server.db.$pool.query(
      'SELECT FROM auth_sessions WHERE project_id = $1',
      [project.id],
    );
    expect(rows).toEqual([]);
    await updateProject({ active: true });
    for (const [door, by, input] of doors()) {
      expect(await start(by, input), door).toMatchObject({ session: { status: 'PENDING' } });
    }
  });

  test('goes on confirming, cancelling and exchanging what exists', async () => {
    const [first, second] = [await start(secretKey), await start(secretKey)];
    await updateProject({ active: false });
    const { sessionId } = first.session;
    expect(await confirm(secretKey, { sessionId, subject })).toMatchObject({
      session: { status: 'CONFIRMED' },
    });
    expect(await exchange(secretKey, { sessionId })).toMatchObject({ session: { status: 'USED' } });
    const { clientSecret } = second;
    expect(await cancel(nobodyAtAll, { clientSecret })).toMatchObject({
      session: { status: 'CANCELLED' },
    });
  });
});

describe('confirming', () => {
  test('by the link alone is impossible in production, and leaves the session as it is', async () => {
    const { linkToken, clientSecret } = await start(secretKey);
    expect(await confirm(nobodyAtAll, { linkToken, subject })).toMatchObject({
      __typename: 'ChannelUnavailableError',
      code: 'CHANNEL_UNAVAILABLE',
      channel: 'TEST',
    });
    expect(await watch(nobodyAtAll, clientSecret)).toBe('PENDING');
    const allowing = { id: project.production.id, version: 1, testConfirmations: true };
    expect(await updateEnvironment(allowing)).toMatchObject({
      code: 'VALIDATION_FAILED',
      issues: [{ path: ['testConfirmations'] }],
    });
  });

  test('by the link alone stops where test confirmations are switched off', async () => {
    const { linkToken } = await start(developmentKey);
    await updateEnvironment({ id: project.development.id, version: 1, testConfirmations: false });
    expect(await confirm(nobodyAtAll, { linkToken, subject })).toMatchObject({ channel: 'TEST' });
  });

  test.each(['telegram', 'test'])('a backend cannot speak as %s', async (provider) => {
    const { linkToken } = await start(secretKey);
    expect(
      await confirm(secretKey, { linkToken, subject: { ...subject, provider } }),
    ).toMatchObject({
      code: 'VALIDATION_FAILED',
      issues: [
        { path: ['subject', 'provider'], message: `The provider "${provider}" is reserved.` },
      ],
    });
    expect(await look(nobodyAtAll, linkToken)).toBe('PENDING');
  });

  test('a test cannot speak as a backend, and a publishable key may not confirm', async () => {
    const { linkToken } = await start(developmentKey);
    const asServer = { linkToken, subject: { ...subject, provider: 'server' } };
    expect(await confirm(nobodyAtAll, asServer)).toMatchObject({ code: 'VALIDATION_FAILED' });
    expect(await confirm(developmentKey, { linkToken, subject })).toMatchObject({
      __typename: 'ForbiddenError',
    });
  });

  test('happens once: what comes later is told the state it found', async () => {
    const { linkToken, clientSecret } = await start(secretKey);
    await confirm(secretKey, { linkToken, subject });
    for (const later of [
      await confirm(secretKey, { linkToken, subject }),
      await cancel(nobodyAtAll, { clientSecret }),
      await cancel(nobodyAtAll, { linkToken }),
    ]) {
      expect(later).toMatchObject({ code: 'SESSION_NOT_PENDING', status: 'CONFIRMED' });
    }
  });
});

describe('a client secret', () => {
  test('of another session opens that one only', async () => {
    const [mine, other] = [await start(developmentKey), await start(developmentKey)];
    await confirm(nobodyAtAll, { linkToken: mine.linkToken, subject });
    expect(await exchange(nobodyAtAll, { clientSecret: other.clientSecret })).toMatchObject({
      code: 'SESSION_NOT_CONFIRMED',
    });
    // The id of mine with what proves the other: neither.
    const mixed = mine.clientSecret.slice(0, 29) + other.clientSecret.slice(29);
    expect(await watch(nobodyAtAll, mixed)).toBeNull();
    expect(await exchange(nobodyAtAll, { clientSecret: mixed })).toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await watch(nobodyAtAll, mine.clientSecret)).toBe('CONFIRMED');
  });

  test('exchanges nothing that a secret key started, and a link token nothing at all', async () => {
    const { clientSecret, linkToken } = await start(secretKey);
    await confirm(secretKey, { linkToken, subject });
    expect(await exchange(nobodyAtAll, { clientSecret })).toMatchObject({ code: 'FORBIDDEN' });
    expect(await exchange(nobodyAtAll, { clientSecret: linkToken })).toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await watch(nobodyAtAll, clientSecret)).toBe('CONFIRMED');
  });
});

test('after all of this counters, totals and log say what the sessions say', async () => {
  await expectCountsToMatchRows(server.db);
});
