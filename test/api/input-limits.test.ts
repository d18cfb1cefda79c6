/** Every bounded input, at its limit and one beyond it, as a client sends it. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { newId } from '../../server/domain/ids.ts';
import { newAddress } from '../support/call.ts';
import { createTestProject } from '../support/projects.ts';
import { type GraphQLOptions, startTestServer } from '../support/server.ts';
import { createSessionApi, subject, withKey } from '../support/session-api.ts';

const server = await startTestServer({ trustedProxies: ['loopback'] });
const api = createSessionApi(server);
const project = await createTestProject(server.tools);
const owner: GraphQLOptions = { cookie: project.owner.token };
const key = withKey(project.production.secret);
const { production, development } = project;

const text = (length: number) => 'x'.repeat(length);
const urlOf = (length: number) => `https://a.example/${text(length - 18)}`;
const emailOf = (length: number) => {
  const domain = `${text(60)}.${text(60)}.${text(60)}.example`;
  return `${randomBytes(3).toString('hex')}${text(length - domain.length - 7)}@${domain}`;
};
const many = <Item>(count: number, item: (n: number) => Item) =>
  Array.from({ length: count }, (_, n) => item(n));

/** Where the rules are that a request breaks; null where it breaks none. */
async function brokenRules(query: string, variables: object, by: GraphQLOptions) {
  const headers = { ...by.headers, 'x-forwarded-for': newAddress() };
  const { json } = await server.post(query, variables, { ...by, headers });
  const issues = json.errors?.[0].extensions.issues ?? json.data?.answer?.issues;
  if (!issues) expect(json.errors).toBeUndefined();
  return issues?.map(({ path }: { path: string[] }) => path.join('.')) ?? null;
}

async function breakRules(mutation: string, input: object, by = owner) {
  const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { answer: ${mutation}(input: $input) {
    __typename ... on UserError { code } ... on ValidationError { issues { path } } } }`;
  return brokenRules(query, { input }, by);
}

const started = async () => (await api.start(key)).session.sessionId as string;
const confirmed = async () => {
  const sessionId = await started();
  await api.confirm(key, { sessionId, subject });
  return sessionId;
};
const confirm = async (more: object) =>
  breakRules(
    'confirmSession',
    { sessionId: await started(), subject: { ...subject, ...more } },
    key,
  );
/** An edit of what is now. */
const update = async (what: 'Project' | 'Environment' | 'Workspace', id: string, input: object) => {
  const query = `query ($id: ID!) { thing: ${what.toLowerCase()}(id: $id) { version } }`;
  const { version } = (await server.graphql(query, { id }, owner)).thing;
  return breakRules(`update${what}`, { id, version, ...input });
};
const list = (filter: string, value: unknown, of: string, type: string) =>
  brokenRules(
    `query ($id: ID!, $value: ${type}) { project(id: $id) { ${of}(filter: { ${filter}: $value }) { edges { cursor } } } }`,
    { id: project.id, value },
    owner,
  );
const page = (argument: string, size: number) =>
  brokenRules(
    `query ($n: Int) { projects(${argument}: $n) { edges { cursor } } }`,
    { n: size },
    owner,
  );

type Break = (size: number) => Promise<string[] | null>;

/** What is bounded, by which error it is named, how to send so much of it, the least and the most. */
const bounded: [field: string, send: Break, max: number, min?: number][] = [
  ['nonce', (n) => breakRules('startSession', { nonce: text(n) }, key), 255],
  ['returnUrl', (n) => breakRules('startSession', { returnUrl: urlOf(n) }, key), 2_048],
  ['endUserAgent', (n) => breakRules('startSession', { endUserAgent: text(n) }, key), 512],
  ['metadata', (n) => breakRules('startSession', { metadata: text(n - 2) }, key), 4_096],
  ['idempotencyKey', (n) => breakRules('startSession', { idempotencyKey: text(n) }, key), 255, 1],
  ['subject.id', (n) => confirm({ id: text(n) }), 255, 1],
  ['subject.provider', (n) => confirm({ provider: text(n) }), 32, 1],
  ['subject.name', (n) => confirm({ name: text(n) }), 200],
  ['subject.username', (n) => confirm({ username: text(n) }), 200],
  ['subject.email', (n) => confirm({ email: emailOf(n) }), 254],
  ['subject.phone', (n) => confirm({ phone: text(n) }), 32],
  ['subject.picture', (n) => confirm({ picture: urlOf(n) }), 2_048],
  [
    'reason',
    async (n) => breakRules('cancelSession', { sessionId: await started(), reason: text(n) }, key),
    200,
  ],
  [
    'idempotencyKey',
    async (n) =>
      breakRules('exchangeSession', { sessionId: await confirmed(), idempotencyKey: text(n) }, key),
    255,
    1,
  ],
  [
    'email',
    (n) => breakRules('signUp', { email: emailOf(n), password: 'a good password', name: 'A' }, {}),
    254,
  ],
  [
    'name',
    (n) =>
      breakRules('signUp', { email: emailOf(230), password: 'a good password', name: text(n) }, {}),
    100,
    1,
  ],
  [
    'password',
    (n) =>
      breakRules(
        'signUp',
        { email: emailOf(230), password: 'ab'.repeat(n).slice(0, n), name: 'A' },
        {},
      ),
    200,
    8,
  ],
  ['name', (n) => breakRules('createWorkspace', { name: text(n) }), 100, 1],
  [
    'name',
    (n) => breakRules('createProject', { workspaceId: project.workspaceId, name: text(n) }),
    100,
    1,
  ],
  [
    'sessionLifetimeSeconds',
    (n) => update('Project', project.id, { sessionLifetimeSeconds: n }),
    3_600,
    60,
  ],
  [
    'name',
    (n) =>
      breakRules('createEnvironment', { projectId: project.id, name: text(n), kind: 'CUSTOM' }),
    50,
    1,
  ],
  [
    'allowedOrigins',
    (n) =>
      update('Environment', development.id, {
        allowedOrigins: many(n, (each) => `https://a${each}.example`),
      }),
    50,
  ],
  [
    'name',
    (n) =>
      breakRules('createApiKey', { environmentId: production.id, name: text(n), type: 'SECRET' }),
    100,
    1,
  ],
  ['name', (n) => breakRules('createAccessToken', { name: text(n), scope: 'READ' }), 100, 1],
  [
    'url',
    (n) => breakRules('createWebhookEndpoint', { environmentId: production.id, url: urlOf(n) }),
    2_048,
  ],
  [
    'logRetentionDays',
    (n) => update('Workspace', project.workspaceId, { logRetentionDays: n }),
    3_650,
    1,
  ],
  [
    'sessionRetentionDays',
    (n) => update('Workspace', project.workspaceId, { sessionRetentionDays: n }),
    3_650,
    1,
  ],
  ['first', (n) => page('first', n), 100, 1],
  ['last', (n) => page('last', n), 100, 1],
  [
    'ids',
    (n) =>
      brokenRules(
        'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
        { ids: many(n, () => newId('project')) },
        owner,
      ),
    100,
  ],
  [
    'range.days',
    (n) =>
      brokenRules(
        'query ($id: ID!, $n: Int) { project(id: $id) { analytics(range: { days: $n }) { totalSessions } } }',
        { id: project.id, n },
        owner,
      ),
    366,
    1,
  ],
  ['filter.search', (n) => list('search', text(n), 'logs', 'String'), 200],
  ['filter.search', (n) => list('search', text(n), 'authSessions', 'String'), 200],
  [
    'filter.types',
    (n) =>
      list(
        'types',
        many(n, () => 'session.started'),
        'logs',
        '[String!]',
      ),
    50,
    1,
  ],
  [
    'filter.projectIds',
    (n) =>
      list(
        'projectIds',
        many(n, () => newId('project')),
        'authSessions',
        '[ID!]',
      ),
    100,
    1,
  ],
  [
    'filter.statuses',
    (n) =>
      list(
        'statuses',
        many(n, () => 'USED'),
        'authSessions',
        '[AuthSessionStatus!]',
      ),
    5,
    1,
  ],
];

describe('at its limit it is taken, and one beyond it refused by its name:', () => {
  test.each(bounded)('%s', async (field, send, max, min) => {
    expect(await send(max)).toBeNull();
    expect(await send(max + 1)).toEqual([expect.stringMatching(new RegExp(`^(.+\\.)?${field}`))]);
    if (min === undefined) return;
    if (min > 0) expect(await send(min)).toBeNull();
    expect(await send(min - 1)).toEqual([expect.stringMatching(new RegExp(`^(.+\\.)?${field}`))]);
  });
});

test('metadata is nested 32 levels deep, and no deeper', async () => {
  const nested = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
  expect(await breakRules('startSession', { metadata: nested(32) }, key)).toBeNull();
  expect(await breakRules('startSession', { metadata: nested(33) }, key)).toEqual(['metadata']);
});

test('a secret overlaps its successor for thirty days at most', async () => {
  const make = `mutation ($id: ID!) { createApiKey(input: { environmentId: $id, name: "CI", type: SECRET }) {
    ... on CreateApiKeyPayload { apiKey { id } } } }`;
  const rotate = async (overlapSeconds: number) => {
    const { createApiKey } = await server.graphql(make, { id: production.id }, owner);
    return breakRules('regenerateApiKey', { id: createApiKey.apiKey.id, overlapSeconds });
  };
  expect(await rotate(30 * 86_400)).toBeNull();
  expect(await rotate(30 * 86_400 + 1)).toEqual(['overlapSeconds']);
  expect(await rotate(-1)).toEqual(['overlapSeconds']);
});
