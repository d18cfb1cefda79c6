import { expect, test } from 'vitest';
import { attemptLimits } from '../../server/domain/accounts/attempt-limits.ts';
import { newApiKeyValue } from '../../server/domain/api-keys/format.ts';
import { junkMaxPerMinute } from '../../server/domain/api-keys/junk-limit.ts';
import { newAddress } from '../support/call.ts';
import { createTestProject } from '../support/projects.ts';
import { startTestServer } from '../support/server.ts';
import { withKey } from '../support/session-api.ts';
import { openSocket } from '../support/socket.ts';

const limits = { perAddress: 3, perProject: 5, pendingMax: 4 };
/** Addresses are what this proxy says. */
const server = await startTestServer({
  trustedProxies: ['loopback'],
  tools: { publicStarts: limits },
});
const start = `mutation { startSession(input: {}) { __typename ... on UserError { code message }
  ... on RateLimitedError { retryAfterSeconds limit quota windowSeconds } } }`;

async function startFrom(ip: string, key: string) {
  const reply = await server.post(start, {}, withKey(key, { 'x-forwarded-for': ip }));
  const { headers, status, json } = reply;
  const [policy, left, wait] = ['ratelimit-policy', 'ratelimit', 'retry-after'].map((name) =>
    headers.get(name),
  );
  return { status, started: json.data.startSession, policy, left, wait };
}

test('a start without a secret key tells what is left, and a refusal when there is more', async () => {
  const { publishableValue: key } = (await createTestProject(server.tools)).development;
  const ip = newAddress();
  const first = await startFrom(ip, key);
  expect(first).toMatchObject({
    status: 200,
    started: { __typename: 'StartSessionPayload' },
    policy: '"starts-per-address";q=3;w=60, "starts-per-project";q=5;w=60',
    left: '"starts-per-address";r=2;t=20, "starts-per-project";r=4;t=12',
    wait: null,
  });
  await startFrom(ip, key);
  expect((await startFrom(ip, key)).left).toContain('"starts-per-address";r=0;');
  const over = await startFrom(ip, key);
  const { retryAfterSeconds: seconds } = over.started;
  expect(over).toMatchObject({
    status: 200,
    started: {
      __typename: 'RateLimitedError',
      code: 'RATE_LIMITED',
      limit: 'starts-per-address',
      quota: 3,
      windowSeconds: 60,
    },
    policy: '"starts-per-address";q=3;w=60',
    left: `"starts-per-address";r=0;t=${seconds}`,
    wait: String(seconds),
  });
  expect(over.wait).toMatch(/^([1-9]|1\d|20)$/);
});

test('the budget of a project is told where it is that one that is used up', async () => {
  const { publishableValue: key } = (await createTestProject(server.tools)).development;
  for (let n = 0; n < limits.pendingMax; n += 1) await startFrom(newAddress(), key);
  const pending = await startFrom(newAddress(), key);
  expect(pending).toMatchObject({
    started: { limit: 'pending-per-project', quota: 4, windowSeconds: null },
    policy: '"starts-per-address";q=3;w=60, "pending-per-project";q=4',
    left: expect.stringMatching(/"pending-per-project";r=0;t=\d{3}$/),
  });
  expect(Number(pending.wait)).toBeGreaterThan(500);
  await server.db.$executeRaw`UPDATE auth_sessions SET expires_at = now() WHERE status = 'PENDING'`;
  await startFrom(newAddress(), key);
  expect((await startFrom(newAddress(), key)).started).toMatchObject({
    limit: 'starts-per-project',
    quota: 5,
  });
});

test('what draws from no budget says nothing of any', async () => {
  const { production } = await createTestProject(server.tools);
  for (let n = 0; n < 8; n += 1) {
    const reply = await startFrom(newAddress(), production.secret);
    expect(reply).toMatchObject({ policy: null, left: null, wait: null });
    expect(reply.started.__typename).toBe('StartSessionPayload');
  }
});

test('pages of other origins may read the headers', async () => {
  const { headers } = await server.post('{ __typename }');
  expect(headers.get('access-control-expose-headers')).toMatch(/RateLimit, RateLimit-Policy/);
});

test('a socket is told the same in the error', async () => {
  const { publishableValue } = (await createTestProject(server.tools)).development;
  const headers = { 'x-forwarded-for': newAddress() };
  const socket = await openSocket(server.url, { init: { apiKey: publishableValue }, headers });
  for (let n = 0; n < limits.perAddress; n += 1) {
    expect((await socket.ask(start)).data.startSession.__typename).toBe('StartSessionPayload');
  }
  expect((await socket.ask(start)).data.startSession).toMatchObject({
    __typename: 'RateLimitedError',
    limit: 'starts-per-address',
    retryAfterSeconds: expect.any(Number),
  });
});

test.each([
  ['an IPv4 address', () => '192.0.2.77'],
  ['the addresses of one IPv6 network together', (n: number) => `2001:db8:7:7::${n.toString(16)}`],
])(
  'made-up keys of %s are refused beyond thirty a minute, with when to come back',
  async (_, ipOf) => {
    let asked = 0;
    const ask = () => {
      asked += 1;
      const ip = ipOf(asked);
      const key = newApiKeyValue('SECRET', 'PRODUCTION');
      return server.post('{ __typename }', {}, withKey(key, { 'x-forwarded-for': ip }));
    };
    for (let n = 0; n < junkMaxPerMinute; n += 1) expect((await ask()).status).toBe(401);
    const { status, headers, json } = await ask();
    expect(status).toBe(429);
    const wait = headers.get('retry-after');
    expect(Number(wait)).toBeGreaterThan(0);
    expect(headers.get('ratelimit-policy')).toBe('"unknown-keys-per-address";q=30;w=60');
    expect(headers.get('ratelimit')).toBe(`"unknown-keys-per-address";r=0;t=${wait}`);
    expect(json.errors[0].extensions).toMatchObject({
      code: 'RATE_LIMITED',
      limit: 'unknown-keys-per-address',
      quota: 30,
      windowSeconds: 60,
      retryAfterSeconds: Number(wait),
    });
  },
);

test('wrong passwords tell of the address, and never of the account', async () => {
  const signIn = `mutation ($email: String!) { signIn(input: { email: $email, password: "a wrong guess" }) {
    ... on UserError { code } ... on RateLimitedError { limit quota retryAfterSeconds } } }`;
  const attempt = (email: string, ip: string) =>
    server.post(signIn, { email }, { headers: { 'x-forwarded-for': ip } });
  const { network, strangers } = attemptLimits;
  for (let n = 0; n < strangers.capacity; n += 1) {
    const { headers } = await attempt('nobody@example.com', newAddress());
    expect(headers.get('ratelimit-policy')).toBe(
      `"passwords-per-address";q=${network.capacity};w=900`,
    );
    expect(headers.get('ratelimit')).toMatch(/^"passwords-per-address";r=19;t=\d+$/);
    expect(headers.get('retry-after')).toBeNull();
  }
  const { headers, json } = await attempt('nobody@example.com', newAddress());
  const { retryAfterSeconds } = json.data.signIn;
  expect(json.data.signIn).toEqual({
    code: 'RATE_LIMITED',
    limit: null,
    quota: null,
    retryAfterSeconds,
  });
  expect(headers.get('retry-after')).toBe(String(retryAfterSeconds));
  expect(headers.get('ratelimit')).not.toContain('strangers');
});
