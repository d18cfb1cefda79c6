import { describe, expect, test } from 'vitest';
import { createTestProject } from '../support/projects.ts';
import { type GraphQLOptions, startTestServer } from '../support/server.ts';
import { createSessionApi, nobodyAtAll, subject, withKey } from '../support/session-api.ts';
import { expectNothingWritten } from '../support/unchanged.ts';

const server = await startTestServer();
const { start, confirm, cancel, exchange } = createSessionApi(server);
const project = await createTestProject(server.tools);
const owner: GraphQLOptions = { cookie: project.owner.token };
const secretKey = withKey(project.production.secret);
const { session, clientSecret, linkToken } = await start(secretKey);
const { sessionId } = session;
expectNothingWritten(server);

/** The error of an operation that is refused outside a union. */
async function refusalOf(query: string, variables: object) {
  const { json } = await server.post(query, variables, owner);
  const { code, issues } = json.errors[0].extensions;
  return { code, paths: issues?.map(({ path }: { path: string[] }) => path.join('.')) };
}

const long = (length: number) => 'x'.repeat(length);

describe('text is refused by the name of its field:', () => {
  test.each([
    ['nonce', { nonce: long(256) }],
    ['nonce', { nonce: 'a\0b' }],
    ['nonce', { nonce: '\udc00' }],
    ['metadata', { metadata: { deep: [{ in: 'a\0b' }] } }],
    ['metadata', { metadata: { 'a\0b': 1 } }],
    ['metadata', { metadata: long(4095) }],
    ['idempotencyKey', { idempotencyKey: '' }],
    ['idempotencyKey', { idempotencyKey: long(256) }],
    ['endUserAgent', { endUserAgent: long(513) }],
    ['endUserIp', { endUserIp: '203.0.113.700' }],
    ['endUserIp', { endUserIp: `fe80::1%${long(5_000)}` }],
    ['returnUrl', { returnUrl: 'https://a.example/\0' }],
    ['returnUrl', { returnUrl: 'javascript:alert(1)' }],
  ])('startSession %s', async (field, input) => {
    const refused = await start(secretKey, input);
    expect(refused).toMatchObject({ code: 'VALIDATION_FAILED', issues: [{ path: [field] }] });
  });

  test.each([
    ['id', { id: '' }],
    ['id', { id: long(256) }],
    ['id', { id: 'a\0b' }],
    ['name', { id: 'x', name: long(201) }],
    ['email', { id: 'x', email: long(255) }],
    ['phone', { id: 'x', phone: long(33) }],
    ['picture', { id: 'x', picture: 'javascript:alert(1)' }],
    ['provider', { id: 'x', provider: 'Not a provider' }],
  ])('confirmSession subject.%s', async (field, of) => {
    const refused = await confirm(secretKey, { linkToken, subject: of });
    expect(refused).toMatchObject({
      code: 'VALIDATION_FAILED',
      issues: [{ path: ['subject', field] }],
    });
  });

  test('cancelSession reason', async () => {
    for (const reason of [long(201), 'a\0b']) {
      const refused = await cancel(secretKey, { sessionId, reason });
      expect(refused).toMatchObject({ code: 'VALIDATION_FAILED', issues: [{ path: ['reason'] }] });
    }
  });

  test.each(['', '  ', long(101), 'a\0b', 'two\nlines', '\ud800'])(
    'the name %j of a project',
    async (name) => {
      const results = await server.graphql(
        `mutation ($id: ID!, $name: String!) {
          createProject(input: { name: $name }) { ...Issues }
          updateProject(input: { id: $id, version: 1, name: $name }) { ...Issues }
        }
        fragment Issues on ValidationError { issues { path } }`,
        { id: project.id, name },
        owner,
      );
      const issues = [{ path: ['name'] }];
      expect(results).toEqual({ createProject: { issues }, updateProject: { issues } });
    },
  );

  test('a search and the types of a log filter, which are in no union', async () => {
    const search = 'query ($text: String!) { projects(search: $text) { edges { cursor } } }';
    const types = `query ($id: ID!, $text: String!) {
      project(id: $id) { logs(filter: { types: [$text] }) { edges { cursor } } } }`;
    const refused = (path: string) => ({ code: 'VALIDATION_FAILED', paths: [path] });
    for (const text of ['a\0b', '\ud800', long(101)]) {
      expect(await refusalOf(search, { text })).toEqual(refused('search'));
      expect(await refusalOf(types, { id: project.id, text })).toEqual(refused('filter.types.0'));
    }
  });
});

describe('two selectors where one is allowed, or none, are refused by name:', () => {
  const refusedFor = (...fields: string[]) => ({
    code: 'VALIDATION_FAILED',
    issues: fields.map((field) => expect.objectContaining({ path: [field] })),
  });

  test('confirmSession', async () => {
    const both = { sessionId, linkToken };
    expect(await confirm(secretKey, { ...both, subject })).toMatchObject(
      refusedFor('sessionId', 'linkToken'),
    );
    expect(await confirm(secretKey, { subject })).toMatchObject(
      refusedFor('sessionId', 'linkToken'),
    );
  });

  test('cancelSession', async () => {
    expect(await cancel(secretKey, { sessionId, clientSecret })).toMatchObject(
      refusedFor('sessionId', 'clientSecret'),
    );
    expect(await cancel(secretKey, { reason: 'None named' })).toMatchObject(
      refusedFor('sessionId', 'clientSecret', 'linkToken'),
    );
  });

  test('exchangeSession', async () => {
    const both = { sessionId, clientSecret };
    expect(await exchange(secretKey, both)).toMatchObject(refusedFor('sessionId', 'clientSecret'));
  });

  test('startSession', async () => {
    const { id: environmentId } = project.development;
    const both = { projectId: project.id, environmentId };
    expect(await start(owner, both)).toMatchObject(refusedFor('environmentId'));
    expect(await start(owner, {})).toMatchObject(refusedFor('environmentId'));
    expect(await start(nobodyAtAll, {})).toMatchObject(refusedFor('projectId'));
    expect(await start(secretKey, both)).toMatchObject(refusedFor('projectId'));
  });
});

test('a stale version changes nothing, and names the present one', async () => {
  const { id: environment } = project.development;
  const stale = await server.graphql(
    `mutation ($project: ID!, $environment: ID!) {
      updateProject(input: { id: $project, version: 7, active: false }) { ...Conflict }
      updateEnvironment(input: { id: $environment, version: 0, name: "Mine" }) { ...Conflict }
    }
    fragment Conflict on ConflictError { __typename code currentVersion }`,
    { project: project.id, environment },
    owner,
  );
  const conflict = { __typename: 'ConflictError', code: 'CONFLICT', currentVersion: 1 };
  expect(stale).toEqual({ updateProject: conflict, updateEnvironment: conflict });
});
