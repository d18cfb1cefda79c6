import { describe, expect, test } from 'vitest';
import { newId } from '../../server/domain/ids.ts';
import { createTestProject } from '../support/projects.ts';
import { type GraphQLOptions, startTestServer } from '../support/server.ts';
import { createSessionApi, nobodyAtAll, subject, withKey } from '../support/session-api.ts';
import { expectNothingWritten } from '../support/unchanged.ts';

const server = await startTestServer();
const { start, confirm, cancel, exchange, watch, look } = createSessionApi(server);
const project = await createTestProject(server.tools);
const owner: GraphQLOptions = { cookie: project.owner.token };
const secretKey = withKey(project.production.secret);
const { sessionId } = (await start(secretKey)).session;
expectNothingWritten(server);

const misshapen = [
  '',
  '\0',
  `${sessionId}\0`,
  `${sessionId}\ud800`,
  sessionId.toUpperCase(),
  ` ${sessionId}`,
  sessionId.replace('ses_', 'prj_'),
  'ses_',
  "' OR true --",
  'x'.repeat(10_000),
];

describe.each(misshapen)('the malformed id %j names nothing', (id) => {
  test('to those who look', async () => {
    const found = await server.graphql(
      `query ($id: ID!) {
        authSession(id: $id) { id } project(id: $id) { id } environment(id: $id) { id }
        apiKey(id: $id) { id } workspace(id: $id) { id } node(id: $id) { id } nodes(ids: [$id]) { id }
      }`,
      { id },
      owner,
    );
    expect(Object.values(found).flat()).toEqual(Array(7).fill(null));
  });

  test.each([
    ['authSessions', 'apiKeyId'],
    ['logs', 'sessionId'],
    ['logs', 'apiKeyId'],
    ['logs', 'actorId'],
  ])('to those who filter, and %s say so of %s', async (list, field) => {
    const { json } = await server.post(
      `query ($project: ID!, $id: ID!) {
        project(id: $project) { ${list}(filter: { ${field}: $id }) { edges { cursor } } }
      }`,
      { project: project.id, id },
      owner,
    );
    expect(json.errors).toMatchObject([
      { extensions: { code: 'VALIDATION_FAILED', issues: [{ path: ['filter', field] }] } },
    ]);
  });

  test('to those who change', async () => {
    const missing = { __typename: 'NotFoundError', code: 'NOT_FOUND' };
    expect(await confirm(secretKey, { sessionId: id, subject })).toMatchObject(missing);
    expect(await cancel(secretKey, { sessionId: id })).toMatchObject(missing);
    expect(await exchange(secretKey, { sessionId: id })).toMatchObject(missing);
    expect(await exchange(owner, { sessionId: id })).toMatchObject(missing);
    expect(await start(nobodyAtAll, { projectId: id })).toMatchObject(missing);
    expect(await start(owner, { environmentId: id })).toMatchObject(missing);
    const changes = await server.graphql(
      `mutation ($id: ID!) {
        createProject(input: { name: "Mine", workspaceId: $id }) { __typename }
        updateProject(input: { id: $id, version: 1, active: false }) { __typename }
        updateEnvironment(input: { id: $id, version: 1, name: "Mine" }) { __typename }
        createWebhookEndpoint(input: { environmentId: $id, url: "https://example.com" }) { __typename }
        updateWebhookEndpoint(input: { id: $id, version: 1, active: false }) { __typename }
        redeliverWebhook(input: { id: $id }) { __typename }
      }`,
      { id },
      owner,
    );
    const notFound = { __typename: 'NotFoundError' };
    expect(Object.values(changes)).toEqual(Array(6).fill(notFound));
  });

  test('as a secret or a token', async () => {
    expect(await watch(nobodyAtAll, id)).toBeNull();
    expect(await look(nobodyAtAll, id)).toBeNull();
    expect(await confirm(nobodyAtAll, { linkToken: id, subject })).toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await exchange(nobodyAtAll, { clientSecret: id })).toMatchObject({ code: 'NOT_FOUND' });
  });
});

test('a malformed workspace has no projects', async () => {
  const query = 'query ($id: ID!) { projects(workspaceId: $id) { edges { cursor } } }';
  for (const id of misshapen) {
    expect(await server.graphql(query, { id }, owner)).toEqual({ projects: { edges: [] } });
  }
});

test('what one request gets wrong fails none that shares a statement with it', async () => {
  const wrong = Array.from({ length: 20 }, () => cancel(secretKey, { sessionId: '\0' }));
  const right = Array.from({ length: 20 }, () =>
    cancel(secretKey, { sessionId: newId('authSession') }),
  );
  const outcomes = await Promise.allSettled([...wrong, ...right]);
  const codes = outcomes.map((each) => (each.status === 'fulfilled' ? each.value.code : 'failed'));
  expect(codes).toEqual(Array(40).fill('NOT_FOUND'));
});

test.each(['S:\0', 'N:1', 'D:1', 'J:{}', 'J:["a"]', 'X'])(
  'a made-up cursor %j is the caller’s mistake in every list',
  async (inside) => {
    const after = Buffer.from(`GPC:${inside}`).toString('base64');
    const inProject = (list: string) =>
      `project(id: $id) { ${list}(after: $after) { edges { cursor } } }`;
    for (const list of [
      'projects(after: $after) { edges { cursor } } project(id: $id) { id }',
      inProject('apiKeys'),
      inProject('authSessions'),
      inProject('logs'),
    ]) {
      const query = `query ($id: ID!, $after: String!) { ${list} }`;
      const { json } = await server.post(query, { id: project.id, after }, owner);
      expect(json.errors[0].extensions.code, list).toBe('VALIDATION_FAILED');
    }
  },
);
