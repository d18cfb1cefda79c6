import { describe, expect, test } from 'vitest';
import { newApiKeyValue } from '../../server/domain/api-keys/format.ts';
import { createTestProject } from '../support/projects.ts';
import { type GraphQLOptions, startTestServer } from '../support/server.ts';
import { createSessionApi, operations, withKey } from '../support/session-api.ts';
import { type Statement, watchStatements } from '../support/statements.ts';

const server = await startTestServer();
const watching = watchStatements(server.db);
const { start } = createSessionApi(server);
const project = await createTestProject(server.tools);
const secretKey = withKey(project.production.secret);
const foreign = 'https://evil.example';

async function countSessions(): Promise<number> {
  const { rows } = await server.db.$pool.query('SELECT count(*)::int AS n FROM auth_sessions');
  return rows[0].n;
}

/** A start that must be refused as a whole; what the error says, and what ran in the database. */
async function refusedStart(by: GraphQLOptions) {
  const before = await countSessions();
  const { result: reply, statements } = await watching.during(() =>
    server.post(operations.start, { input: {} }, by),
  );
  expect(await countSessions()).toBe(before);
  const { message, extensions } = reply.json.errors[0];
  const { code, reason } = extensions;
  const data = 'data' in reply.json ? reply.json.data : undefined;
  return { status: reply.status, code, reason, message, data, statements };
}

const names = (statements: Statement[]) => statements.map(({ name }) => name);

describe('a key that is refused fails the whole request, and nothing is executed:', () => {
  test('with a wrong checksum, without asking the database', async () => {
    const { secret } = project.production;
    const mistyped = secret.slice(0, 20) + (secret[20] === 'a' ? 'b' : 'a') + secret.slice(21);
    expect(await refusedStart(withKey(mistyped))).toEqual({
      status: 401,
      code: 'UNAUTHENTICATED',
      reason: 'UNKNOWN',
      message: 'This API key does not exist. Check that it was copied whole.',
      data: undefined,
      statements: [],
    });
  });

  test('well-formed and unknown, after one look', async () => {
    const unknown = newApiKeyValue('SECRET', 'PRODUCTION');
    const { statements, ...refused } = await refusedStart(withKey(unknown));
    expect(refused).toMatchObject({ status: 401, reason: 'UNKNOWN', data: undefined });
    expect(names(statements)).toEqual(['api-key-check']);
  });

  test.each<Record<string, string>>([
    { origin: foreign },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
  ])('a secret one, sent by a browser with %o', async (headers) => {
    expect(await refusedStart(withKey(project.production.secret, headers))).toMatchObject({
      status: 401,
      code: 'UNAUTHENTICATED',
      reason: 'SECRET_IN_BROWSER',
      message: expect.stringContaining('exposed'),
      data: undefined,
    });
  });

  test('a publishable one, from a page whose origin is not listed', async () => {
    const by = withKey(project.production.publishableValue, { origin: foreign });
    expect(await refusedStart(by)).toMatchObject({
      status: 401,
      code: 'UNAUTHENTICATED',
      reason: 'ORIGIN_NOT_ALLOWED',
      message: `The origin ${foreign} is not allowed. Add it to the allowed origins of the environment.`,
      data: undefined,
    });
  });

  test('though a person is signed in as well', async () => {
    const both = { ...secretKey, cookie: project.owner.token };
    expect(await refusedStart(both)).toMatchObject({ code: 'CREDENTIAL_MISMATCH' });
  });
});

describe('an origin', () => {
  test('is taken once it is listed, within the second that a read may be late', async () => {
    const shop = await createTestProject(server.tools);
    const page = withKey(shop.development.publishableValue, { origin: 'https://shop.example' });
    expect((await refusedStart(page)).reason).toBe('ORIGIN_NOT_ALLOWED');
    await server.graphql(
      'mutation ($input: UpdateEnvironmentInput!) { updateEnvironment(input: $input) { __typename } }',
      { input: { id: shop.development.id, version: 1, allowedOrigins: ['https://shop.example'] } },
      { cookie: shop.owner.token },
    );
    await expect
      .poll(async () => (await server.post(operations.start, { input: {} }, page)).status, {
        timeout: 1_500,
      })
      .toBe(200);
  });

  test('on loopback is taken outside production, and not in it', async () => {
    const loopback = { origin: 'http://localhost:5173' };
    const { development, production } = project;
    expect(await start(withKey(development.publishableValue, loopback))).toMatchObject({
      session: { status: 'PENDING' },
    });
    expect(await refusedStart(withKey(production.publishableValue, loopback))).toMatchObject({
      reason: 'ORIGIN_NOT_ALLOWED',
    });
  });

  test('with a bare project id is refused in the answer itself, which names it', async () => {
    const page = { headers: { origin: foreign } };
    expect(await start(page, { projectId: project.id })).toEqual({
      __typename: 'OriginNotAllowedError',
      code: 'ORIGIN_NOT_ALLOWED',
      origin: foreign,
      message: `The origin ${foreign} is not allowed. Add it to the allowed origins of the environment.`,
    });
  });
});

describe('a secret in a URL', () => {
  const get = (query: string, variables: object) =>
    server.send(`/graphql?${new URLSearchParams({ query, variables: JSON.stringify(variables) })}`);

  test('is refused before anything is executed, for client secrets and link tokens', async () => {
    const { clientSecret, linkToken } = await start(secretKey);
    for (const [query, variables] of [
      [operations.watch, { secret: clientSecret }],
      [operations.look, { token: linkToken }],
    ] as const) {
      const { result, statements } = await watching.during(() => get(query, variables));
      expect(result.status).toBe(405);
      expect(result.json).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
      expect(result.text).not.toMatch(/PENDING|"data"/);
      expect(statements).toEqual([]);
    }
  });

  test('starts nothing: mutations take a POST, and a key in the query is no key', async () => {
    const before = await countSessions();
    expect((await get(operations.start, { input: { projectId: project.id } })).status).toBe(405);
    const asKey = await server.send(
      `/graphql?apiKey=${project.production.secret}&query=${encodeURIComponent('{ viewerKey { id } }')}`,
    );
    expect(asKey.json).toMatchObject({ data: { viewerKey: null } });
    expect(await countSessions()).toBe(before);
  });
});
