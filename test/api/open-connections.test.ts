import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { perPersonMax } from '../../server/domain/connections/crowds.ts';
import { operationsMax } from '../../server/http/socket-connection.ts';
import { signUpSomebody } from '../support/accounts.ts';
import { newAddress } from '../support/call.ts';
import { giveToken } from '../support/people.ts';
import { createTestProject } from '../support/projects.ts';
import { startTestServer } from '../support/server.ts';
import { createSessionApi, operations, withKey } from '../support/session-api.ts';
import { openSocket, openStream, type TestSocket } from '../support/socket.ts';

const [keylessPerAddress, publishablePerAddress] = [20, 30];
const server = await startTestServer({
  trustedProxies: ['loopback'],
  tools: { openConnections: { keylessPerAddress, publishablePerAddress } },
});
const { url, tools } = server;
const project = await createTestProject(tools);
const { publishableValue } = project.development;
const { clientSecret } = await createSessionApi(server).start(withKey(project.production.secret));
const watch =
  'subscription ($secret: String!) { sessionChanged(clientSecret: $secret) { status } }';
const variables = { secret: clientSecret };

type How = (headers: Record<string, string>) => Promise<TestSocket>;

const withoutCredential: How = async (headers) => {
  const socket = await openSocket(url, { headers });
  if (!socket.closed) await socket.subscribe(watch, variables).until(() => true);
  return socket;
};
const withPublishable: How = (headers) =>
  openSocket(url, { headers, init: { apiKey: publishableValue } });
const openMany = (count: number, how: How, headers = {}) =>
  Promise.all(Array.from({ length: count }, () => how(headers)));

test.each([
  ['without a credential', withoutCredential, keylessPerAddress, 'without a credential'],
  ['with a publishable key', withPublishable, publishablePerAddress, 'with publishable keys'],
])('devices %s have as many open at one address as they may', async (_, how, quota, of) => {
  const crowded = { 'x-forwarded-for': newAddress() };
  const sockets = await openMany(quota, how, crowded);
  expect(sockets.map(({ closed }) => closed)).toEqual(sockets.map(() => null));
  expect((await how(crowded)).closed).toEqual({
    code: 4429,
    reason: `At most ${quota} connections at once ${of} from one address. Try again in 10 seconds.`,
  });
  // Other addresses, servers at the same one, and devices of the other kind have room.
  expect((await how({ 'x-forwarded-for': newAddress() })).closed).toBeNull();
  const init = { apiKey: project.production.secret };
  expect((await openSocket(url, { headers: crowded, init })).closed).toBeNull();
  const other = how === withPublishable ? withoutCredential : withPublishable;
  expect((await other(crowded)).closed).toBeNull();
  sockets.at(-1)!.socket.close();
  await expect.poll(async () => (await how(crowded)).closed).toBeNull();
});

test('the addresses of one IPv6 network count together', async () => {
  const from = (host: string) => ({ 'x-forwarded-for': `2001:db8:1:2:${host}` });
  await openMany(keylessPerAddress - 1, withoutCredential, from('aaaa:1:2:3'));
  expect((await withoutCredential(from(':9'))).closed).toBeNull();
  expect((await withoutCredential(from('ffff:1:2:3'))).closed?.code).toBe(4429);
  const neighbour = { 'x-forwarded-for': '2001:db8:1:3::9' };
  expect((await withoutCredential(neighbour)).closed).toBeNull();
});

test('an event stream that is one too many is refused with when to come back', async () => {
  const crowded = { 'x-forwarded-for': newAddress() };
  await openMany(keylessPerAddress - 1, withoutCredential, crowded);
  expect((await openStream(url, watch, variables, crowded)).status).toBe(200);
  const leave = new AbortController();
  onTestFinished(() => leave.abort());
  const refused = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...crowded },
    body: JSON.stringify({ query: watch, variables }),
    signal: leave.signal,
  });
  expect(refused.status).toBe(429);
  expect(refused.headers.get('retry-after')).toBe('10');
  expect(refused.headers.get('ratelimit-policy')).toBe('"connections-per-address";q=20');
  expect(refused.headers.get('ratelimit')).toBe('"connections-per-address";r=0;t=10');
  const { errors } = await refused.json();
  expect(errors[0].extensions).toMatchObject({
    code: 'RATE_LIMITED',
    limit: 'connections-per-address',
    quota: 20,
    retryAfterSeconds: 10,
    requestId: refused.headers.get('x-request-id'),
  });
});

/** The headers as they were sent: fetch joins those that come twice. */
async function sendRaw(body: object, headers: Record<string, string>) {
  const asked = request(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
  });
  onTestFinished(() => void asked.destroy());
  asked.end(JSON.stringify(body));
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { response, rawNames: response.rawHeaders.filter((_, n) => n % 2 === 0) };
}

test('a mutation over an event stream is told what it did, however many are open', async () => {
  const crowded = { 'x-forwarded-for': newAddress() };
  await openMany(publishablePerAddress, withPublishable, crowded);
  const before = await tools.db.authSession.count();
  const { response, rawNames } = await sendRaw(
    { query: operations.start, variables: { input: {} } },
    { ...crowded, 'x-api-key': publishableValue },
  );
  expect(response.statusCode).toBe(200);
  const told = await text(response);
  expect(told).toMatch(/^event: next\ndata: .*"StartSessionPayload".*\n\nevent: complete/m);
  expect(await tools.db.authSession.count()).toBe(before + 1);
  expect(response.headers.ratelimit).toContain('starts-per-address');
  expect(response.headers['cache-control']).toBe('no-store');
  expect(rawNames.filter((name) => name.toLowerCase() === 'cache-control')).toHaveLength(1);
});

test('an event stream that goes on is kept nowhere either', async () => {
  const { response, rawNames } = await sendRaw({ query: watch, variables }, {});
  expect(response.headers['cache-control']).toBe('no-store');
  expect(rawNames.filter((name) => name.toLowerCase() === 'cache-control')).toHaveLength(1);
});

test('a sign-in has so many open and no more, and a secret key as many as it likes', async () => {
  const somebody = await signUpSomebody(tools);
  const headers = { cookie: `latchkey=${somebody.token}`, origin: url };
  const signedIn: How = () => openSocket(url, { headers });
  const sockets = await openMany(perPersonMax, signedIn);
  expect(new Set(sockets.map(({ closed }) => closed))).toEqual(new Set([null]));
  expect((await signedIn({})).closed).toMatchObject({
    code: 4429,
    reason: expect.stringMatching(/^At most 100 connections at once with one sign-in/),
  });
  sockets[0]!.socket.close();
  await expect.poll(async () => (await signedIn({})).closed).toBeNull();

  // A token's count is the token's, whatever key comes with it.
  const { token } = await giveToken(tools, project.owner);
  const authorization = `Bearer ${token}`;
  const withToken = () => openSocket(url, { init: { authorization } });
  const withBoth = () => openSocket(url, { init: { authorization, apiKey: publishableValue } });
  await openMany(perPersonMax - 10, withToken);
  const rest = await openMany(10, withBoth);
  expect(new Set(rest.map(({ closed }) => closed))).toEqual(new Set([null]));
  for (const how of [withToken, withBoth]) expect((await how()).closed?.code).toBe(4429);

  const init = { apiKey: project.production.secret };
  const keyed = await openMany(perPersonMax + 1, () => openSocket(url, { init }));
  expect(new Set(keyed.map(({ closed }) => closed))).toEqual(new Set([null]));
});

test('a socket has so many operations at once and no more, and what is refused is counted', async () => {
  const refusals = async () => {
    const { values } = await tools.metrics.rateLimitRefusals.get();
    return values.find(({ labels }) => labels.transport === 'websocket')?.value ?? 0;
  };
  const init = { apiKey: project.production.secret };
  const socket = await openSocket(url, { init });
  const running = Array.from({ length: operationsMax }, () => socket.subscribe(watch, variables));
  await Promise.all(running.map((each) => each.until(() => true)));
  const before = await refusals();
  expect((await socket.ask(watch, variables)).errors).toMatchObject([
    { extensions: { code: 'RATE_LIMITED', limit: 'operations-per-socket', quota: operationsMax } },
  ]);
  expect(await refusals()).toBe(before + 1);
  running[0]!.complete();
  await socket.subscribe(watch, variables).until(() => true);
});
