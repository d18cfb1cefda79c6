/** Webhooks as a client of the API sees them. */
import { expect, test } from 'vitest';
import { createTestProject } from '../support/projects.ts';
import { startTestServer } from '../support/server.ts';
import { createSessionApi, withKey } from '../support/session-api.ts';
import {
  deliverDue,
  startReceiver,
  startTestDelivery,
  untilDeliveries,
  verify,
} from '../support/webhooks.ts';

const server = await startTestServer();
const { tools, db } = server;
const project = await createTestProject(tools);
const owner = { cookie: project.owner.token };
const { start } = createSessionApi(server);
const by = withKey(project.production.secret);

const mutate = async (name: string, input: object, selection: string) => {
  const type = `${name[0]!.toUpperCase()}${name.slice(1)}`;
  const { answer } = await server.graphql(
    `mutation ($input: ${type}Input!) { answer: ${name}(input: $input) {
      __typename ... on ${type}Payload { ${selection} } ... on UserError { code message } } }`,
    { input },
    owner,
  );
  return answer;
};

const readDeliveries = async (id: string, args: string) => {
  const { node } = await server.graphql(
    `query ($id: ID!) { node(id: $id) { ... on WebhookEndpoint { deliveries(${args}) {
      edges { node { id eventType status } } pageInfo { hasNextPage endCursor } } } } }`,
    { id },
    owner,
  );
  return node.deliveries;
};

test('an endpoint is made, told of a session, and shows what was sent and what came back', async () => {
  const receiver = await startReceiver((_, response) => response.writeHead(200).end('thanks'));
  const input = { environmentId: project.production.id, url: receiver.url };
  const { webhookEndpoint, secret } = await mutate(
    'createWebhookEndpoint',
    input,
    'secret webhookEndpoint { id url eventTypes active disabledReason consecutiveFailures lastSuccessAt secretRotationEndsAt version }',
  );
  const { id } = webhookEndpoint;
  expect(webhookEndpoint).toEqual({
    id: expect.stringMatching(/^whk_/),
    url: receiver.url,
    eventTypes: [
      'session.started',
      'session.confirmed',
      'session.cancelled',
      'session.expired',
      'session.used',
    ],
    active: true,
    disabledReason: null,
    consecutiveFailures: 0,
    lastSuccessAt: null,
    secretRotationEndsAt: null,
    version: 1,
  });
  await start(by);
  await deliverDue(tools, { id });
  const { project: shown } = await server.graphql(
    `query ($id: ID!) { project(id: $id) { webhookUrl defaultEnvironment { webhookEndpoints {
      id lastSuccessAt environment { id }
      deliveries { edges { node {
        id eventId eventType status nextAttemptAt createdAt payload
        attempts { at durationMs requestHeaders responseStatus responseHeaders responseBody error } } } } } } } }`,
    { id: project.id },
    owner,
  );
  const [endpoint] = shown.defaultEnvironment.webhookEndpoints;
  const [{ node: delivery }] = endpoint.deliveries.edges;
  const [message] = receiver.messages;
  expect(shown.webhookUrl).toBe(receiver.url);
  expect(endpoint).toMatchObject({
    id,
    lastSuccessAt: expect.any(String),
    environment: { id: project.production.id },
  });
  expect(delivery).toMatchObject({
    eventId: message!.id,
    eventType: 'session.started',
    status: 'DELIVERED',
    nextAttemptAt: null,
    payload: verify(secret, message!),
    attempts: [
      {
        at: expect.stringMatching(/Z$/),
        requestHeaders: { 'webhook-signature': message!.headers['webhook-signature'] },
        responseStatus: 200,
        responseBody: 'thanks',
        error: null,
      },
    ],
  });
});

test('deliveries come in pages, newest first, also those of one status alone', async () => {
  const receiver = await startReceiver();
  const environmentId = project.development.id;
  const made = await mutate(
    'createWebhookEndpoint',
    { environmentId, url: receiver.url },
    'webhookEndpoint { id }',
  );
  const { id } = made.webhookEndpoint;
  const delivery = startTestDelivery(tools);
  for (let n = 0; n < 7; n += 1) {
    if (n === 3) receiver.answer = 500;
    const tested = await mutate('sendTestWebhook', { id }, 'webhookDelivery { id status }');
    expect(tested.webhookDelivery.status).toBe('PENDING');
    await untilDeliveries(db, id, (all) => all.length > n && all.every(({ tries }) => tries > 0));
  }
  await delivery.stop(5_000);
  const first = await readDeliveries(id, 'first: 4');
  const after = JSON.stringify(first.pageInfo.endCursor);
  const second = await readDeliveries(id, `first: 4, after: ${after}`);
  const all = [...first.edges, ...second.edges].map(({ node }) => node);
  expect(all.map(({ status }) => status)).toEqual([
    ...Array(4).fill('PENDING'),
    ...Array(3).fill('DELIVERED'),
  ]);
  expect(all.map((node) => node.id)).toEqual(
    all
      .map((node) => node.id)
      .sort()
      .reverse(),
  );
  expect([first.pageInfo.hasNextPage, second.pageInfo.hasNextPage]).toEqual([true, false]);
  const delivered = await readDeliveries(id, 'status: DELIVERED, first: 2');
  expect(delivered.edges.map(({ node }: { node: object }) => node)).toEqual(all.slice(4, 6));
  expect(delivered.pageInfo.hasNextPage).toBe(true);
  expect((await readDeliveries(id, 'status: FAILED')).edges).toEqual([]);
});

test('each mutation answers with a member of its union', async () => {
  const url = 'https://example.com/';
  const endpoint = 'webhookEndpoint { id version active }';
  const made = await mutate(
    'createWebhookEndpoint',
    { environmentId: project.production.id, url },
    endpoint,
  );
  const { id } = made.webhookEndpoint;
  expect(await mutate('updateWebhookEndpoint', { id, version: 7, url }, endpoint)).toMatchObject({
    __typename: 'ConflictError',
  });
  expect(
    await mutate('updateWebhookEndpoint', { id, version: 1, url: 'x' }, endpoint),
  ).toMatchObject({
    __typename: 'ValidationError',
    message: 'url: Must be a URL, like https://example.com/webhooks.',
  });
  const off = await mutate('updateWebhookEndpoint', { id, version: 1, active: false }, endpoint);
  expect(off.webhookEndpoint).toEqual({ id, version: 2, active: false });
  expect(await mutate('sendTestWebhook', { id }, 'webhookDelivery { id }')).toMatchObject({
    message: 'id: The webhook endpoint is switched off. Switch it on first.',
  });
  await mutate('updateWebhookEndpoint', { id, version: 2, active: true }, endpoint);
  expect(await mutate('replayMissedWebhooks', { id }, `count ${endpoint}`)).toMatchObject({
    count: 0,
    webhookEndpoint: { id },
  });
  expect(await mutate('deleteWebhookEndpoint', { id, version: 3 }, 'deletedId')).toMatchObject({
    deletedId: id,
  });
  expect(await mutate('revealWebhookSecret', { id }, 'secret')).toMatchObject({
    __typename: 'NotFoundError',
  });
});

test('a secret whose entry of the master key is gone has a line that says which entry, of which endpoint', async () => {
  const receiver = await startReceiver();
  const input = { environmentId: project.production.id, url: receiver.url };
  const { webhookEndpoint } = await mutate(
    'createWebhookEndpoint',
    input,
    'webhookEndpoint { id }',
  );
  const { id } = webhookEndpoint;
  await db.webhookSecret.updateMany({ where: { endpointId: id }, data: { masterKeyId: 'lost' } });
  const { json } = await server.post(
    'mutation ($id: ID!) { revealWebhookSecret(input: { id: $id }) { __typename } }',
    { id },
    owner,
  );
  const { code, requestId } = json.errors[0].extensions;
  expect(code).toBe('UNAVAILABLE');
  const [line, ...others] = server.faults().filter((each) => each.requestId === requestId);
  expect(line).toMatchObject({
    level: 'error',
    msg: 'A request failed unexpectedly',
    err: { message: expect.stringMatching(`${id} .*MASTER_KEY has no entry "lost"`) },
  });
  expect(others).toEqual([]);
});
