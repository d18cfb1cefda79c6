import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWebhookEndpoint } from '../../server/domain/webhooks/create.ts';
import { failuresUntilPaced } from '../../server/domain/webhooks/delivery.ts';
import { closeDb } from '../../server/platform/db.ts';
import { MasterKeys } from '../../server/platform/master-keys.ts';
import { callAs, createTestTools } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';
import { type DatabaseProxy, startDatabaseProxy } from '../support/database-proxy.ts';
import { type Figures, scrape, untilFigures } from '../support/figures.ts';
import { inOpenTransaction } from '../support/open-transaction.ts';
import { failToStart, type ServerProcess, startServer, until } from '../support/process.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { createSessionApi, subject, withKey } from '../support/session-api.ts';
import { openSocket, openStream } from '../support/socket.ts';
import { startReceiver } from '../support/webhooks.ts';

const bytes = randomBytes(32);
const token = randomBytes(24).toString('base64url');
const { url: databaseUrl } = await createTestDatabase();
const tools = createTestTools(databaseUrl, { masterKeys: new MasterKeys([{ id: 'k1', bytes }]) });
afterAll(() => closeDb(tools.db));

let proxy: DatabaseProxy;
/** With figures on a port of their own; and the same database with a token on the main port. */
let own: ServerProcess;
let beside: ServerProcess;
let ownUrl: string;
let project: TestProject;

beforeAll(async () => {
  project = await createTestProject(tools);
  proxy = await startDatabaseProxy(databaseUrl);
  const settings = {
    MASTER_KEY: `k1:${bytes.toString('base64')}`,
    PUBLIC_URL: 'http://localhost:4000',
    LOG_LEVEL: 'debug',
  };
  [own, beside] = await Promise.all([
    startServer({ ...settings, DATABASE_URL: proxy.url, METRICS_PORT: '0' }),
    startServer({ ...settings, DATABASE_URL: databaseUrl, METRICS_TOKEN: token }),
  ]);
  const { port } = own.log().find(({ msg }) => msg === 'Metrics are served')!;
  ownUrl = `http://127.0.0.1:${port}`;
}, 60_000);

const liveCounts = 'subscription { liveSessionCounts { pending } }';
const operation = (type: string, outcome: string) =>
  `latchkey_graphql_operations_total{type="${type}",outcome="${outcome}"}`;
const request = (route: string, status: number) =>
  `latchkey_http_requests_total{route="${route}",status="${status}"}`;
const became = (what: string) => `latchkey_sessions_total{became="${what}"}`;

/** Waits until the figures say so: a request is counted the moment after its reply. */
function untilSaid(expected: Record<string, number>): Promise<Figures> {
  return untilFigures(
    () => scrape(ownUrl),
    (figures) => Object.entries(expected).every(([name, value]) => figures.get(name) === value),
  );
}

test('the figures say what was asked, what came of it, and how the process stands', async () => {
  const key = withKey(project.production.secret);
  const api = createSessionApi(own);
  const { session } = await api.start(key);
  await api.confirm(key, { sessionId: session.sessionId, subject });
  await api.exchange(key, { sessionId: session.sessionId });
  await api.exchange(key, { sessionId: session.sessionId }); // SESSION_ALREADY_USED
  const second = await api.start(key);
  await api.cancel(key, { sessionId: second.session.sessionId });
  await tools.db.authSession.updateMany({
    where: { id: (await api.start(key)).session.sessionId },
    data: { expiresAt: new Date(Date.now() - 60_000), createdAt: new Date(Date.now() - 120_000) },
  });
  for (const query of ['{ nothing }', 'query Named { server { version } }']) {
    await fetch(`${own.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
  }
  const { secret } = project.production;
  const unknownKey = secret.slice(0, -1) + (secret.endsWith('x') ? 'y' : 'x');
  for (const wrong of [unknownKey, unknownKey]) {
    await own.graphql('{ __typename }', {}, withKey(wrong)).catch(() => {});
  }
  for (const path of ['/health/live', '/s/short', '/nothing', '/nothing/else']) {
    await fetch(own.url + path);
  }

  const figures = await untilSaid({
    [operation('mutation', 'OK')]: 6,
    [operation('mutation', 'SESSION_ALREADY_USED')]: 1,
    [operation('query', 'GRAPHQL_INVALID')]: 1,
    [operation('query', 'OK')]: 1,
    [operation('unknown', 'UNAUTHENTICATED')]: 2,
    [request('/graphql', 200)]: 9,
    [request('/graphql', 401)]: 2,
    [request('/health/live', 200)]: 1,
    [request('dashboard', 200)]: 1,
    [request('none', 404)]: 2,
    [became('started')]: 3,
    [became('confirmed')]: 1,
    [became('exchanged')]: 1,
    [became('cancelled')]: 1,
    'latchkey_http_request_duration_seconds_count{route="/graphql"}': 11,
    'latchkey_api_key_checks_total{source="database"}': 1,
    'latchkey_api_key_checks_total{source="memory"}': 6,
    'latchkey_api_key_refusals_total{reason="UNKNOWN"}': 2,
    latchkey_database_up: 1,
    latchkey_listener_up: 1,
    'latchkey_database_waiting{pool="main"}': 0,
    'latchkey_database_connections{pool="urgent",state="open"}': 1,
  });
  expect(figures.get('latchkey_database_connections{pool="main",state="open"}')).toBeGreaterThan(0);
  for (const name of ['nodejs_eventloop_lag_p99_seconds', 'process_resident_memory_bytes']) {
    expect(figures.get(name), name).toBeGreaterThan(0);
  }
  expect([...figures.keys()].find((name) => name.startsWith('latchkey_info'))).toMatch(
    /^latchkey_info\{version="\d+\.\d+\.\d+",migration="\d{14}_\w+"\}$/,
  );
  // Whichever of the two processes came first to expire it
  const expired = async () => {
    const both = await Promise.all([scrape(ownUrl), scrape(beside.url, token)]);
    return both.reduce((sum, each) => sum + (each.figures.get(became('expired')) ?? 0), 0);
  };
  await until(async () => (await expired()) === 1);
});

test('nothing that a client chose becomes a label', async () => {
  const headers = { 'content-type': 'application/json', 'user-agent': 'Chosen' };
  const body = JSON.stringify({ query: 'query Chosen { server { version } }' });
  await fetch(`${own.url}/graphql?Chosen`, { method: 'POST', headers, body });
  await fetch(`${own.url}/Chosen/${project.id}`, { method: 'DELETE', headers });
  const { text } = await scrape(ownUrl);
  for (const chosen of ['Chosen', project.id, project.production.id, '127.0.0.1']) {
    expect(text).not.toContain(chosen);
  }
});

test('open sockets, streams and subscriptions are counted for as long as they are open', async () => {
  const key = { apiKey: project.production.secret };
  const socket = await openSocket(own.url, { init: key });
  const subscriptions = [socket.subscribe(liveCounts), socket.subscribe(liveCounts)];
  for (const each of subscriptions) await each.until(() => true);
  const stream = await openStream(own.url, liveCounts, {}, { 'x-api-key': key.apiKey });
  await untilSaid({
    latchkey_websockets: 1,
    latchkey_websocket_operations: 2,
    latchkey_event_streams: 1,
    [operation('subscription', 'OK')]: 3,
  });
  subscriptions[0]!.complete();
  stream.close();
  await untilSaid({ latchkey_websocket_operations: 1, latchkey_event_streams: 0 });
  socket.socket.close();
  await untilSaid({ latchkey_websockets: 0, latchkey_websocket_operations: 0 });
});

test('what is refused because there was too much is counted', async () => {
  const signIn = `mutation { signIn(input: { email: "nobody@example.com", password: "wrong" }) { __typename } }`;
  const figures = () =>
    untilFigures(
      () => scrape(ownUrl),
      () => true,
    );
  const refused = 'latchkey_rate_limit_refusals_total{transport="http"}';
  for (let tries = 0; tries < 30 && !(await figures()).has(refused); tries += 1) {
    await own.graphql(signIn);
  }
  const now = await untilFigures(
    () => scrape(ownUrl),
    (each) => each.has(refused),
  );
  expect(now.get(operation('mutation', 'RATE_LIMITED'))).toBe(now.get(refused));
});

test('the queue of webhooks: what is due, for how long, and what came of attempts', async () => {
  const receiver = await startReceiver(500);
  const { owner, production } = project;
  await createWebhookEndpoint(callAs(tools, owner.actor), {
    environmentId: production.id,
    url: receiver.url,
    eventTypes: ['session.started'],
  });
  await createSessionApi(own).start(withKey(production.secret));
  await receiver.got(1);
  const attempts = async () => {
    const both = await Promise.all([scrape(ownUrl), scrape(beside.url, token)]);
    const name = 'latchkey_webhook_attempts_total{outcome="refused"}';
    return both.reduce((sum, { figures }) => sum + (figures.get(name) ?? 0), 0);
  };
  await until(async () => (await attempts()) === 1);

  // As if nobody sent what is due: somebody holds it.
  await until(async () => (await tools.db.webhookDelivery.count({ where: { tries: 1 } })) === 1);
  await tools.db.webhookDelivery.updateMany({
    data: {
      nextAttemptAt: new Date(Date.now() - 90_000),
      lockedUntil: new Date(Date.now() + 600_000),
    },
  });
  const figures = await untilSaid({ latchkey_webhook_deliveries_due: 1 });
  expect(figures.get('latchkey_webhook_oldest_due_seconds')).toBeGreaterThan(80);
  expect(figures.get('latchkey_webhook_events_waiting')).toBe(0);

  // What waits for a dead receiver, or for a replay's turn, is nobody's delay.
  const old = 'latchkey_webhook_oldest_due_seconds';
  await tools.db.webhookHealth.updateMany({ data: { consecutiveFailures: failuresUntilPaced } });
  await untilSaid({ latchkey_webhook_deliveries_due: 1, [old]: 0 });
  await tools.db.webhookHealth.updateMany({ data: { consecutiveFailures: 1 } });
  await untilFigures(
    () => scrape(ownUrl),
    (each) => each.get(old)! > 80,
  );
  await tools.db.webhookDelivery.updateMany({ data: { queued: true } });
  await untilSaid({ latchkey_webhook_deliveries_due: 1, [old]: 0 });
});

test('a database whose connections are all busy is not away', { timeout: 60_000 }, async () => {
  await inOpenTransaction(tools.db, 'LOCK TABLE auth_sessions', async (commit) => {
    const query = `query ($id: ID!) { project(id: $id) { analytics(range: { days: 2 }) { uniqueUsers } } }`;
    const key = withKey(project.production.secret);
    const asked = Promise.allSettled(
      Array.from({ length: 60 }, () => own.graphql(query, { id: project.id }, key)),
    );
    await untilFigures(
      () => scrape(ownUrl),
      (each) =>
        each.get('latchkey_database_up') === 1 &&
        each.get('latchkey_database_waiting{pool="main"}')! > 0 &&
        !each.has('latchkey_webhook_deliveries_due'),
    );
    await commit();
    await asked;
  });
  await untilSaid({ latchkey_database_up: 1, 'latchkey_database_waiting{pool="main"}': 0 });
});

test('while the database is away, what is known without it is told all the same', async () => {
  proxy.refuse();
  const figures = await untilFigures(
    () => scrape(ownUrl),
    (each) => each.get('latchkey_database_up') === 0 && each.get('latchkey_listener_up') === 0,
  );
  expect(figures.get(operation('mutation', 'OK'))).toBeGreaterThan(0);
  for (const name of ['deliveries_due', 'oldest_due_seconds', 'events_waiting']) {
    expect(figures.has(`latchkey_webhook_${name}`)).toBe(false);
  }
  proxy.recover();
  await untilSaid({ latchkey_database_up: 1, latchkey_listener_up: 1 });
  proxy.goSilent();
  expect((await scrape(ownUrl)).figures.get('latchkey_database_up')).toBe(0);
  proxy.recover();
  await untilSaid({ latchkey_database_up: 1, latchkey_listener_up: 1 });
});

test('beside the rest they take the token, and are nowhere without a setting', async () => {
  expect(await scrape(beside.url, token)).toMatchObject({
    status: 200,
    text: expect.stringContaining('\nlatchkey_database_up 1\n'),
  });
  const wrong = [undefined, '', 'x', `${token}x`, token.slice(0, -1), token.toUpperCase()];
  for (const each of wrong) {
    const response = await fetch(`${beside.url}/metrics`, {
      headers: each === undefined ? {} : { authorization: `Bearer ${each}` },
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.json()).toEqual({
      message: 'Not without the token.',
      requestId: response.headers.get('x-request-id'),
    });
  }
  expect((await scrape(own.url)).status).toBe(404);
  expect((await fetch(`${ownUrl}/graphql`)).status).toBe(404);
  expect((await fetch(`${ownUrl}/metrics`, { method: 'POST' })).status).toBe(404);
});

test('a port for them that is in use is said in a sentence', async () => {
  const METRICS_PORT = new URL(ownUrl).port;
  const settings = { MASTER_KEY: `k1:${bytes.toString('base64')}`, DATABASE_URL: databaseUrl };
  expect(await failToStart({ ...settings, METRICS_PORT })).toMatchObject({
    code: 1,
    stderr: `Latchkey could not start. Port ${METRICS_PORT} is in use. Set METRICS_PORT to another one.\n`,
  });
});

test('each request has a line at debug, with who asked what and what came of it', async () => {
  const before = beside.log().length;
  const asked = await fetch(`${beside.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': project.production.secret },
    body: JSON.stringify({ query: 'query FindOut { server { version } }' }),
  });
  await fetch(`${beside.url}/s/${'0'.repeat(53)}/qr.svg`);
  const lines = () =>
    beside
      .log()
      .slice(before)
      .filter(({ msg }) => msg === 'Request served');
  await until(() => lines().length === 2);
  expect(lines()).toMatchObject([
    {
      level: 'debug',
      requestId: asked.headers.get('x-request-id'),
      actor: { kind: 'apiKey', id: expect.stringMatching(/^key_/) },
      method: 'POST',
      route: '/graphql',
      status: 200,
      durationMs: expect.any(Number),
      operation: 'FindOut',
      operationType: 'query',
      outcome: 'OK',
    },
    { method: 'GET', route: '/s/:linkToken/qr.svg', status: 200 },
  ]);
});
