import { beforeEach, describe, expect, test } from 'vitest';
import { ageKey } from '../support/api-keys.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { type GraphQLOptions, startTestServer } from '../support/server.ts';
import { withKey } from '../support/session-api.ts';
import { watchStatements } from '../support/statements.ts';

const server = await startTestServer();
const watching = watchStatements(server.db);

let project: TestProject;
let owner: GraphQLOptions;
beforeEach(async () => {
  project = await createTestProject(server.tools);
  owner = { cookie: project.owner.token };
});

const keyFields = `id name type status active preview publishableValue version expiresAt regeneratedAt
  lastUsedAt lastUsedIp lastUsedUserAgent refusedCount lastRefusedAt refusals { reason count lastAt }
  rotation { previousPreview endsAt previousLastUsedAt previousUseCount }`;

const conflict = '... on ConflictError { currentVersion }';
const validation = '... on ValidationError { issues { path } }';
const key = `apiKey { ${keyFields} }`;
/** Each mutation with what is selected of its own members. */
const operations = {
  create: ['createApiKey', `... on CreateApiKeyPayload { secret ${key} } ${validation}`],
  update: ['updateApiKey', `... on UpdateApiKeyPayload { ${key} } ${conflict} ${validation}`],
  regenerate: [
    'regenerateApiKey',
    `... on RegenerateApiKeyPayload { secret ${key} } ${conflict} ${validation}`,
  ],
  finish: ['finishApiKeyRotation', `... on FinishApiKeyRotationPayload { ${key} }`],
  delete: ['deleteApiKey', `... on DeleteApiKeyPayload { deletedId } ${conflict}`],
} as const;
type Verb = keyof typeof operations;

/** What the mutation answers, as a client sends it. */
async function mutate(verb: Verb, input: object, by: GraphQLOptions = owner) {
  const [name, members] = operations[verb];
  const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input!`;
  const { answer } = await server.graphql(
    `mutation ($input: ${type}) { answer: ${name}(input: $input) {
      __typename ${members} ... on UserError { code message } } }`,
    { input },
    by,
  );
  return answer;
}

async function createKey(input: object = {}) {
  const place = { environmentId: project.production.id };
  return mutate('create', { name: 'CI', type: 'SECRET', ...place, ...input });
}

async function readKey(id: string, by: GraphQLOptions = owner) {
  const query = `query ($id: ID!) { apiKey(id: $id) { ${keyFields} } }`;
  return (await server.graphql(query, { id }, by)).apiKey;
}

/** The key that a value is taken for, or with what the request is refused. */
async function present(value: string) {
  const { status, json } = await server.post('{ viewerKey { id } }', {}, withKey(value));
  return json.data ? json.data.viewerKey.id : [status, json.errors[0].extensions.reason];
}

/** Waits until every value is taken for that: a warm process hears of a change within a second. */
async function expectPresented(expected: [value: string, as: unknown][]): Promise<void> {
  const values = expected.map(([value]) => value);
  await expect
    .poll(() => Promise.all(values.map(present)), { timeout: 1_500, interval: 20 })
    .toEqual(expected.map(([, as]) => as));
}

const previewOf = (value: string) => `${value.slice(0, 12)}…${value.slice(-4)}`;

describe('a secret key', () => {
  test('shows its value in the answer that makes it, and nowhere again', async () => {
    const { secret, apiKey } = await createKey();
    expect(apiKey).toMatchObject({
      name: 'CI',
      type: 'SECRET',
      status: 'ACTIVE',
      preview: previewOf(secret),
      publishableValue: null,
      rotation: null,
      version: 1,
    });
    expect(await present(secret)).toBe(apiKey.id);
    const everything = await server.post(
      `query ($id: ID!) { node(id: $id) { ... on ApiKey { ${keyFields} } }
        project(id: "${project.id}") {
          apiKeys { edges { node { ${keyFields} } } }
          logs(first: 100) { edges { node { type message data actor { label } } } }
          environments { apiKeys { edges { node { ${keyFields} } } } } } }`,
      { id: apiKey.id },
      owner,
    );
    expect(everything.text).toContain(previewOf(secret));
    expect(everything.text).not.toContain(secret);
    expect(everything.text).not.toContain(secret.slice(12, -4));
  });

  test('lives: regenerated with an overlap, finished, off and on, deleted', async () => {
    const { secret: first, apiKey } = await createKey();
    const { id } = apiKey;
    const rotated = await mutate('regenerate', { id, overlapSeconds: 3600, version: 1 });
    const { secret: second } = rotated;
    expect(rotated.apiKey).toMatchObject({
      status: 'ROTATING',
      preview: previewOf(second),
      rotation: {
        previousPreview: previewOf(first),
        previousUseCount: 0,
        previousLastUsedAt: null,
      },
    });
    expect(Date.parse(rotated.apiKey.rotation.endsAt)).toBe(
      Date.parse(rotated.apiKey.regeneratedAt) + 3_600_000,
    );
    await expectPresented([
      [first, id],
      [second, id],
    ]);

    expect((await mutate('finish', { id })).apiKey).toMatchObject({
      status: 'ACTIVE',
      rotation: null,
      version: 3,
    });
    await expectPresented([
      [first, [401, 'ROTATED_OUT']],
      [second, id],
    ]);

    const off = await mutate('update', { id, version: 3, active: false });
    expect(off.apiKey).toMatchObject({ status: 'INACTIVE', active: false });
    await expectPresented([[second, [401, 'INACTIVE']]]);
    await mutate('update', { id, version: 4, active: true });
    await expectPresented([[second, id]]);

    expect(await mutate('delete', { id, confirmName: 'CI' })).toEqual({
      __typename: 'DeleteApiKeyPayload',
      deletedId: id,
    });
    await expectPresented([
      [first, [401, 'ROTATED_OUT']],
      [second, [401, 'DELETED']],
    ]);
    expect(await readKey(id)).toBeNull();
  });
});

test('a publishable key shows its value always, and its new one once it is regenerated', async () => {
  const { secret, apiKey } = await createKey({ type: 'PUBLISHABLE' });
  expect(secret).toBeNull();
  expect((await readKey(apiKey.id)).publishableValue).toBe(apiKey.publishableValue);
  const next = await mutate('regenerate', { id: apiKey.id });
  expect(next.secret).toBeNull();
  expect(next.apiKey).toMatchObject({
    preview: previewOf(next.apiKey.publishableValue),
    status: 'ACTIVE',
  });
  expect(await present(apiKey.publishableValue)).toEqual([401, 'ROTATED_OUT']);
  expect(await present(next.apiKey.publishableValue)).toBe(apiKey.id);
});

test('the status is the first that applies of EXPIRED, INACTIVE, ROTATING, ACTIVE', async () => {
  const { apiKey } = await createKey();
  const { id } = apiKey;
  const status = async () => (await readKey(id)).status;
  const edit = async (changes: object) =>
    mutate('update', { id, version: (await readKey(id)).version, ...changes });

  expect(await status()).toBe('ACTIVE');
  await mutate('regenerate', { id, overlapSeconds: 86_400 });
  expect(await status()).toBe('ROTATING');
  await edit({ active: false });
  expect(await status()).toBe('INACTIVE');
  expect((await readKey(id)).rotation).not.toBeNull();
  await edit({ expiresAt: new Date(Date.now() + 3_600_000) });
  expect(await status()).toBe('INACTIVE');
  await ageKey(server.db, id, 7_200);
  expect(await status()).toBe('EXPIRED');
  await edit({ active: true });
  expect(await status()).toBe('EXPIRED');
  await edit({ expiresAt: null });
  expect(await status()).toBe('ACTIVE');
});

test('a refused key is a fault with its reason, and nothing is executed', async () => {
  const { secret, apiKey } = await createKey();
  await mutate('update', { id: apiKey.id, version: 1, active: false });
  const { status, json, headers } = await server.post(
    'mutation { startSession(input: {}) { __typename } }',
    {},
    withKey(secret),
  );
  expect(status).toBe(401);
  expect(headers.get('www-authenticate')).toBe('Bearer');
  expect(json).toEqual({
    errors: [
      {
        message: 'This API key is switched off.',
        extensions: {
          code: 'UNAUTHENTICATED',
          reason: 'INACTIVE',
          requestId: expect.any(String),
        },
      },
    ],
  });
  expect(await server.db.authSession.count({ where: { apiKeyId: apiKey.id } })).toBe(0);
});

test('a key shows when, from where and with what it was used, and how much its old secret still is', async () => {
  const { secret: first, apiKey } = await createKey();
  const { id } = apiKey;
  expect(apiKey).toMatchObject({ lastUsedAt: null, lastUsedIp: null, lastUsedUserAgent: null });
  const { secret: second } = await mutate('regenerate', { id, overlapSeconds: 3600 });
  const use = (value: string, agent: string) =>
    server.graphql('{ viewerKey { id } }', {}, withKey(value, { 'user-agent': agent }));
  await use(first, 'old deployment');
  await use(first, 'old deployment');
  await use(second, 'new deployment');
  await server.tools.apiKeyUsage.flush(true);
  const used = await readKey(id);
  expect(used).toMatchObject({
    lastUsedIp: '127.0.0.1',
    lastUsedUserAgent: 'new deployment',
    rotation: { previousUseCount: 2 },
  });
  expect(Date.parse(used.rotation.previousLastUsedAt)).toBeLessThanOrEqual(
    Date.parse(used.lastUsedAt),
  );
});

describe('what goes wrong is in the answer:', () => {
  test.each<[Verb, object, object]>([
    ['create', { environmentId: 'env_x', name: 'CI', type: 'SECRET' }, { code: 'NOT_FOUND' }],
    ['update', { version: 7 }, { code: 'CONFLICT', currentVersion: 1 }],
    ['update', { version: 1, name: '' }, { issues: [{ path: ['name'] }] }],
    [
      'update',
      { version: 1, expiresAt: '2020-01-01T00:00:00Z' },
      { issues: [{ path: ['expiresAt'] }] },
    ],
    ['regenerate', { overlapSeconds: 2_592_001 }, { issues: [{ path: ['overlapSeconds'] }] }],
    ['regenerate', { version: 7 }, { code: 'CONFLICT', currentVersion: 1 }],
    ['finish', { id: 'key_x' }, { code: 'NOT_FOUND' }],
    [
      'delete',
      { confirmName: 'ci' },
      {
        __typename: 'ConfirmationNameMismatchError',
        code: 'CONFIRMATION_NAME_MISMATCH',
        message: 'The name does not match. Type the name of the API key exactly as it is shown.',
      },
    ],
    ['delete', { confirmName: 'CI', version: 7 }, { code: 'CONFLICT', currentVersion: 1 }],
  ])('%s %o', async (verb, input, error) => {
    const { apiKey } = await createKey();
    const id = verb === 'create' ? {} : { id: apiKey.id };
    expect(await mutate(verb, { ...id, ...input })).toMatchObject(error);
    expect(await readKey(apiKey.id)).toEqual(apiKey);
  });
});

describe('what a key sees of keys', () => {
  const all = `query ($id: ID!) { apiKey(id: $id) { ${keyFields} createdBy { id } } }`;

  test('a secret key: itself, but not who created it, and no other key', async () => {
    const { secret, apiKey } = await createKey();
    const other = (await createKey()).apiKey;
    expect(await readKey(apiKey.id, withKey(secret))).toMatchObject({ name: 'CI', refusals: [] });
    expect(await readKey(other.id, withKey(secret))).toBeNull();
    const { json } = await server.post(all, { id: apiKey.id }, withKey(secret));
    expect(json.errors[0].extensions.code).toBe('FORBIDDEN');
  });

  test('a publishable key: its own name and nothing of how it is used', async () => {
    const { apiKey } = await createKey({ type: 'PUBLISHABLE' });
    const by = withKey(apiKey.publishableValue);
    for (const field of [
      'lastUsedAt',
      'lastUsedIp',
      'lastUsedUserAgent',
      'refusedCount',
      'lastRefusedAt',
      'refusals { count }',
      'rotation { endsAt }',
      'regeneratedAt',
    ]) {
      const { json } = await server.post(`{ viewerKey { id ${field} } }`, {}, by);
      expect(json.errors?.[0].extensions.code, field).toBe('FORBIDDEN');
    }
  });

  test('no key manages keys', async () => {
    const { secret, apiKey } = await createKey();
    const { json } = await server.post(
      'mutation ($id: ID!) { regenerateApiKey(input: { id: $id }) { __typename } }',
      { id: apiKey.id },
      withKey(secret),
    );
    expect(json.errors[0].extensions.code).toBe('UNAUTHENTICATED');
    expect(await present(secret)).toBe(apiKey.id);
  });
});

describe('lists', () => {
  const list = `query ($id: ID!, $first: Int) { workspace(id: $id) {
    apiKeys(first: $first) { edges { node { ${keyFields} project { name } environment { kind } } }
      pageInfo { hasNextPage endCursor } } } }`;

  test('a workspace lists the keys of all its projects, newest first', async () => {
    const other = await createTestProject(server.tools, project.owner);
    const { apiKey } = await createKey();
    const { workspace } = await server.graphql(list, { id: project.workspaceId }, owner);
    const ids = workspace.apiKeys.edges.map(({ node }: { node: { id: string } }) => node.id);
    expect(ids).toHaveLength(7);
    expect(ids[0]).toBe(apiKey.id);
    expect(ids).toEqual([...ids].sort().reverse());
    const values = workspace.apiKeys.edges.map(
      ({ node }: { node: { publishableValue: string | null } }) => node.publishableValue,
    );
    expect(values).toContain(other.development.publishableValue);
  });

  test('run as many statements for seven keys as for one, refusals and rotation included', async () => {
    for (let n = 0; n < 4; n += 1) await createKey();
    const count = async (first: number) => {
      const { result, statements } = await watching.during(() =>
        server.graphql(list, { id: project.workspaceId, first }, owner),
      );
      expect(result.workspace.apiKeys.edges).toHaveLength(first);
      return statements.length;
    };
    const one = await count(1);
    expect(await count(7)).toBe(one);
    expect(one).toBeLessThanOrEqual(10);
  });

  test('a key shows its refusals by reason, the latest first, and their sum', async () => {
    const { apiKey } = await createKey();
    await server.db.apiKeyRefusal.createMany({
      data: [
        { apiKeyId: apiKey.id, reason: 'EXPIRED', count: 2n ** 40n, lastAt: new Date(1_000) },
        { apiKeyId: apiKey.id, reason: 'INACTIVE', count: 3n, lastAt: new Date(2_000) },
      ],
    });
    expect(await readKey(apiKey.id)).toMatchObject({
      refusedCount: 2 ** 40 + 3,
      lastRefusedAt: '1970-01-01T00:00:02.000Z',
      refusals: [
        { reason: 'INACTIVE', count: 3, lastAt: '1970-01-01T00:00:02.000Z' },
        { reason: 'EXPIRED', count: 2 ** 40, lastAt: '1970-01-01T00:00:01.000Z' },
      ],
    });
  });
});
