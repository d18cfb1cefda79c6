import { readFileSync } from 'node:fs';
import {
  getIntrospectionQuery,
  type OperationDefinitionNode,
  parse,
  print,
  validate,
} from 'graphql';
import { expect, onTestFinished, test } from 'vitest';
import * as documents from '../../client/gql/graphql.ts';
import { schema } from '../../schema/index.ts';
import { environmentsMax } from '../../server/domain/environments/create.ts';
import { membersMax } from '../../server/domain/members/limits.ts';
import { costOf } from '../../server/http/cost.ts';
import { limits } from '../../server/http/limits.ts';
import { signUpSomebody } from '../support/accounts.ts';
import { ownWorkspace } from '../support/people.ts';
import { createTestProject } from '../support/projects.ts';
import { startTestServer } from '../support/server.ts';
import { createSessionApi, withKey } from '../support/session-api.ts';
import { openSocket, openStream } from '../support/socket.ts';

const { costMax, subscriptionCostMax } = limits;

/** What a document costs that must be valid. */
function cost(query: string, variableValues: Record<string, unknown> = {}, operationName?: string) {
  const document = parse(query);
  expect(validate(schema, document)).toEqual([]);
  return costOf({ schema, document, variableValues, operationName });
}

const page = '{ edges { cursor node { id } } pageInfo { hasNextPage } }';
const days = 'range: { days: 30 }';

test.each([
  ['scalars are free', '{ __typename }', 0],
  ['an object costs one, and so does each object in it', '{ server { version } }', 1],
  ['a page costs what it may hold', `{ projects(first: 7) ${page} }`, 7],
  ['from either end', `{ projects(last: 9) ${page} }`, 9],
  ['20 if nothing is said', `{ projects ${page} }`, 20],
  ['null says nothing', `{ projects(first: null) ${page} }`, 20],
  ['its parts cost as much without the rest', '{ projects { pageInfo { hasNextPage } } }', 20],
  [
    'what is asked of each counts for each',
    '{ projects(first: 3) { edges { node { workspace { id } } } } }',
    3 + 3,
  ],
  [
    'pages in pages multiply',
    `{ projects(first: 3) { edges { node { apiKeys(first: 50) ${page} } } } }`,
    3 + 3 * 50,
  ],
  [
    'and in lists, which are as long as they may be',
    `{ project(id: "x") { environments { apiKeys(first: 5) ${page} } } }`,
    1 + environmentsMax * (1 + 5),
  ],
  [
    'the members of a workspace too',
    '{ workspace(id: "x") { members { user { id } } invitations { id } } }',
    1 + membersMax * 2 + membersMax,
  ],
  ['the short ones are taken for ten', '{ apiKey(id: "x") { refusals { count } } }', 1 + 10],
  ['a list of ids is as long as it is', '{ nodes(ids: ["a", "b", "c"]) { id } }', 3],
  ['analytics are ten', `{ project(id: "x") { analytics(${days}) { totalSessions } } }`, 11],
  [
    'and a hundred more where users are told apart',
    `{ project(id: "x") { analytics(${days}) { uniqueUsers previous { uniqueUsers } } } }`,
    1 + 10 + 100 + 1 + 100,
  ],
  ['aliases count each', '{ a: server { version } b: server { version } }', 2],
  [
    'fragments count where they are spread',
    `{ ...P other: projects(first: 2) { edges { node { ...K } } } }
     fragment P on Query { projects(first: 4) { ...E } }
     fragment E on ProjectConnection { edges { node { ...K } } }
     fragment K on Project { workspace { id } }`,
    4 + 4 + 2 + 2,
  ],
  [
    'a fragment on a page counts by the page it is spread in',
    `{ a: projects(first: 2) { ...E } b: projects(first: 5) { ...E } }
     fragment E on ProjectConnection { edges { node { ... on Project { workspace { id } } } } }`,
    2 + 2 + 5 + 5,
  ],
  ['inline fragments too', '{ node(id: "x") { ... on Project { workspace { id } } } }', 2],
  [
    'what is skipped is free',
    '{ server @skip(if: true) { version } b: server @include(if: false) { version } }',
    0,
  ],
  ['a mutation is ten', 'mutation { signOut { ... on UserError { code } } }', 10],
  ['and a subscription', 'subscription { liveSessionCounts { today { started } } }', 10 + 1],
  ['introspection has one price', getIntrospectionQuery(), 2_000],
  ['and so has a type', '{ __type(name: "Query") { fields { name } } __typename }', 2_000],
])('%s', (_, query, expected) => {
  expect(cost(query)).toBe(expected);
});

test('variables count as they are sent, and by their defaults', () => {
  const query = `query ($n: Int = 5, $m: Int, $yes: Boolean!, $ids: [ID!]!) {
    projects(first: $n) { edges { node { apiKeys(first: $m) @include(if: $yes) ${page} } } }
    nodes(ids: $ids) { id } }`;
  const rest = { yes: true, ids: ['a', 'b'] };
  expect(cost(query, rest)).toBe(5 + 5 * 20 + 2);
  expect(cost(query, { ...rest, n: 2, m: 3 })).toBe(2 + 2 * 3 + 2);
  expect(cost(query, { ...rest, n: null })).toBe(20 + 20 * 20 + 2);
  expect(cost(query, { ...rest, yes: false })).toBe(5 + 2);
  // Refused by rules of their own, which say more; and no way to pay less.
  expect(cost(query, { ...rest, n: 1_000_000, m: -5 })).toBe(100 + 100 + 2);
});

test('of several operations the one that is named counts', () => {
  const query = `query A { server { version } } query B { projects ${page} }`;
  expect([cost(query, {}, 'A'), cost(query, {}, 'B')]).toEqual([1, 20]);
});

test('fragments that double each other cost no time', () => {
  const count = 60;
  const chain = Array.from(
    { length: count },
    (_, n) => `fragment F${n} on Project { ...F${n + 1} ... on Project { ...F${n + 1} } }`,
  ).join(' ');
  const query = `query ($n: Int) { projects(first: 1) { edges { node { ...F0 } } } }
    ${chain} fragment F${count} on Project { apiKeys(first: $n) ${page} }`;
  const document = parse(query);
  expect(costOf({ schema, document, variableValues: { n: 1 } })).toBe(1 + 2 ** count);
});

test('everything that the dashboard, the demos and the README ask is well below the limit', () => {
  const snippets = [
    ...readFileSync('README.md', 'utf8').matchAll(/^```graphql\n([\s\S]*?)^```$/gm),
  ];
  const all = [
    ...Object.values(documents).filter((each) => typeof each === 'object' && 'kind' in each),
    ...snippets.map(([, text = '']) => parse(text)),
  ];
  expect(all.length).toBeGreaterThan(50);
  for (const document of all) {
    for (const definition of document.definitions as OperationDefinitionNode[]) {
      if (definition.kind !== 'OperationDefinition') continue;
      const operationName = definition.name?.value;
      // As many as may be, wherever a variable says how many, and the dearer of two ways.
      const costs = [true, false].map((isSo) => {
        const variableValues = Object.fromEntries(
          (definition.variableDefinitions ?? []).map(({ variable, type }) => [
            variable.name.value,
            print(type).startsWith('Boolean') ? isSo : 100,
          ]),
        );
        return costOf({ schema, document, operationName, variableValues });
      });
      const most = definition.operation === 'subscription' ? subscriptionCostMax : costMax;
      expect(Math.max(...costs), operationName).toBeLessThan(most / 4);
    }
  }
});

test('members of the workspaces of members are too many', async () => {
  const somebody = await signUpSomebody(server.tools);
  const asked = { headers: { cookie: `latchkey=${somebody.token}`, origin: server.url } };
  const id = ownWorkspace(somebody);
  const ask = (inner: string) =>
    server.post(`query ($id: ID!) { workspace(id: $id) { members { ${inner} } } }`, { id }, asked);
  const projects = (first: number) =>
    `role workspace { projects(first: ${first}) { pageInfo { hasNextPage } } }`;
  const inside = await ask(projects(47));
  expect(inside.json.data.workspace.members).toMatchObject([{ role: 'OWNER' }]);
  expect(inside.json.extensions.cost.requested).toBe(1 + membersMax * 49);
  for (const [inner, each] of [
    [projects(48), 50],
    ['workspace { members { role } }', 2 + membersMax],
  ] as const) {
    const requested = 1 + membersMax * each;
    expect((await ask(inner)).json.errors).toMatchObject([
      { extensions: { code: 'QUERY_TOO_COMPLEX', cost: { requested, maximum: costMax } } },
    ]);
  }
  const own = (inner: string) =>
    server.post(`{ viewer { memberships { workspace { members { ${inner} } } } } }`, {}, asked);
  const once = await own('role');
  expect(once.json.data.viewer.memberships).toHaveLength(1);
  expect(once.json.extensions.cost.requested).toBe(1 + 10 * (2 + membersMax));
  const round = await own('workspace { members { role } }');
  expect(round.json.errors).toMatchObject([{ extensions: { code: 'QUERY_TOO_COMPLEX' } }]);
});

const server = await startTestServer();
const { production } = await createTestProject(server.tools);
const byKey = withKey(production.secret);
/** Costs 100 and as much again for each of the first keys. */
const keysOf =
  'query ($n: Int) { projects(first: 100) { edges { node { apiKeys(first: $n) { edges { node { id } } } } } } }';
const inside = { n: (costMax - 100) / 100 };
const outside = { n: inside.n + 1 };
const refusal = {
  message: expect.stringContaining('costs 10100, and may cost 10000 at most'),
  extensions: { code: 'QUERY_TOO_COMPLEX', cost: { requested: 10_100, maximum: costMax } },
};

test('an operation at the limit is answered with its cost, and one beyond it refused', async () => {
  const { json } = await server.post(keysOf, inside, byKey);
  expect(json.errors).toBeUndefined();
  expect(json.extensions).toEqual({ cost: { requested: costMax, maximum: costMax } });
  for (let time = 0; time < 2; time += 1) {
    const refused = await server.post(keysOf, outside, byKey);
    expect(refused.json).not.toHaveProperty('data');
    expect(refused.json.errors).toMatchObject([refusal]);
  }
});

test('errors of a resolver come with the cost too', async () => {
  const { json } = await server.post('{ projects(first: 101) { edges { cursor } } }', {}, byKey);
  expect(json.errors).toMatchObject([{ extensions: { code: 'VALIDATION_FAILED' } }]);
  expect(json.extensions).toEqual({ cost: { requested: 100, maximum: costMax } });
});

test('a socket answers and refuses the same, and a subscription is not begun', async () => {
  const socket = await openSocket(server.url, { init: { apiKey: production.secret } });
  expect(await socket.ask(keysOf, inside)).toMatchObject({
    data: {},
    extensions: { cost: { requested: costMax } },
  });
  expect(await socket.ask(keysOf, outside)).toMatchObject({ errors: [refusal] });
});

test('a subscription at its limit is begun, and one beyond it refused', async () => {
  const keys = (name: string, first: number) =>
    `${name}: apiKeys(first: ${first}) { edges { node { id } } }`;
  const query = (first: number) =>
    `subscription { logAppended { project { ${['a', 'b', 'c', 'd'].map((name) => keys(name, 100)).join(' ')} ${keys('e', first)} } } }`;
  const maximum = subscriptionCostMax;
  const inside = query(maximum - 10 - 1 - 400);
  const outside = query(maximum - 10 - 400);
  const expected = { code: 'QUERY_TOO_COMPLEX', cost: { requested: maximum + 1, maximum } };
  const stream = await openStream(server.url, outside, {}, byKey.headers);
  expect(await stream.until(() => true)).toMatchObject({ errors: [{ extensions: expected }] });
  const socket = await openSocket(server.url, { init: { apiKey: production.secret } });
  const { errors } = await socket.ask(outside);
  expect(errors).toMatchObject([{ extensions: expected }]);

  const begun = [await openStream(server.url, inside, {}, byKey.headers), socket.subscribe(inside)];
  const told = Promise.all(begun.map((each) => each.until(() => true)));
  const { start } = createSessionApi(server);
  // Neither says when it has begun, so one of several entries is the first that both are told.
  const entries = setInterval(() => void start(byKey), 100);
  onTestFinished(() => clearInterval(entries));
  for (const each of await told) {
    expect(each.data.logAppended.project.e.edges).toHaveLength(1);
  }
});

test.each([
  ['GET', 'application/json'],
  ['GET', 'application/graphql-response+json'],
  ['POST', 'application/graphql-response+json'],
  ['POST', 'application/json, application/graphql-response+json;q=0.5, */*;q=0.1'],
])('%s that accepts %s is refused the same', async (method, accept) => {
  const search = new URLSearchParams({ query: keysOf, variables: JSON.stringify(outside) });
  const reply = await fetch(`${server.url}/graphql${method === 'GET' ? `?${search}` : ''}`, {
    method,
    headers: { ...byKey.headers, accept, 'content-type': 'application/json' },
    ...(method === 'POST' && { body: JSON.stringify({ query: keysOf, variables: outside }) }),
  });
  const json = await reply.json();
  expect(json).not.toHaveProperty('data');
  expect(json.errors).toMatchObject([refusal]);
  expect(json).not.toHaveProperty('extensions');
});

test('the schema may be asked for a few times in one request, and no more', async () => {
  const ask = (count: number) => {
    const each = (_: unknown, n: number) => `t${n}: __type(name: "Query") { name }`;
    return server.post(`{ ${Array.from({ length: count }, each).join(' ')} }`);
  };
  expect((await ask(5)).json.data.t4).toEqual({ name: 'Query' });
  expect((await ask(6)).json.errors).toMatchObject([
    { extensions: { code: 'QUERY_TOO_COMPLEX', cost: { requested: 12_000, maximum: costMax } } },
  ]);
});
