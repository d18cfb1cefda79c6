import { beforeEach, describe, expect, test } from 'vitest';
import { createProject } from '../../server/domain/projects/create.ts';
import { password, signUpSomebody } from '../support/accounts.ts';
import { callAs } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';
import { probeSchema, seen } from '../support/probe-schema.ts';
import { startTestServer } from '../support/server.ts';

const database = await createTestDatabase();
const server = await startTestServer({ schema: probeSchema, database });
const { url: own } = server;
const foreign = 'https://evil.example';
const user = await signUpSomebody(server.tools);
const project = await createProject(callAs(server.tools, user.actor), { name: 'Shop' });
const publishableKey = await server.db.apiKey.findUniqueOrThrow({
  where: { id: project.publishableKeyId },
});
const publishable = publishableKey.publishableValue!;

beforeEach(() => {
  seen.executed = 0;
});

/** Who the server takes the request for, or the code of its refusal with the HTTP status. */
async function who(headers: Record<string, string>, cookie?: string) {
  seen.executed = 0;
  const { status, json } = await server.post('{ who hello }', {}, { headers, cookie });
  if (json.data) return json.data.who;
  expect(seen.executed).toBe(0);
  const { code, reason } = json.errors[0].extensions;
  return [status, code, ...(reason ? [reason] : [])];
}

describe('API keys', () => {
  test('a key names its actor, in either header and in both', async () => {
    const actor = `key ${project.secretKeyId}`;
    expect(await who({ 'x-api-key': project.secret })).toBe(actor);
    expect(await who({ authorization: `Bearer ${project.secret}` })).toBe(actor);
    expect(await who({ authorization: `bearer  ${project.secret} ` })).toBe(actor);
    const both = { 'x-api-key': project.secret, authorization: `Bearer ${project.secret}` };
    expect(await who(both)).toBe(actor);
    expect(await who({})).toBe('nobody');
  });

  test('a key that is refused fails the whole request, whatever it asks', async () => {
    const refused = [401, 'UNAUTHENTICATED', 'UNKNOWN'];
    const mistyped = project.secret.slice(0, -1) + (project.secret.endsWith('0') ? '1' : '0');
    expect(await who({ 'x-api-key': mistyped })).toEqual(refused);
    expect(await who({ 'x-api-key': '' })).toEqual(refused);
    expect(await who({ authorization: 'Bearer abc' })).toEqual(refused);
    expect(await who({ authorization: 'Bearer lkp_abc' })).toEqual(refused);
    for (const authorization of ['Basic YTpi', 'Bearer', 'Bearer ']) {
      expect(await who({ authorization })).toEqual([401, 'UNAUTHENTICATED']);
    }
    const broken = await server.post('{ hello', {}, { headers: { 'x-api-key': mistyped } });
    expect(broken.status).toBe(401);
    expect(broken.headers.get('www-authenticate')).toBe('Bearer');
    expect(broken.headers.get('access-control-allow-origin')).toBe('*');
    expect(broken.json.errors[0].extensions.requestId).toBe(broken.headers.get('x-request-id'));
  });

  test('two different keys do not belong together', async () => {
    const headers = { 'x-api-key': publishable, authorization: `Bearer ${project.secret}` };
    expect(await who(headers)).toEqual([400, 'CREDENTIAL_MISMATCH']);
  });

  test('a secret key that a browser sends is refused, from any page but our own', async () => {
    const exposed = [401, 'UNAUTHENTICATED', 'SECRET_IN_BROWSER'];
    const key = { 'x-api-key': project.secret };
    expect(await who({ ...key, origin: foreign })).toEqual(exposed);
    expect(await who({ ...key, origin: 'null' })).toEqual(exposed);
    expect(await who({ ...key, 'sec-fetch-site': 'cross-site' })).toEqual(exposed);
    expect(await who({ ...key, 'sec-fetch-site': 'same-site' })).toEqual(exposed);
    const actor = `key ${project.secretKeyId}`;
    expect(await who({ ...key, origin: own, 'sec-fetch-site': 'same-origin' })).toBe(actor);
    expect(await who({ ...key, 'sec-fetch-site': 'none' })).toBe(actor);
  });

  test('a publishable key is refused from an origin that is not listed', async () => {
    const key = { 'x-api-key': publishable };
    expect(await who({ ...key, origin: foreign })).toEqual([
      401,
      'UNAUTHENTICATED',
      'ORIGIN_NOT_ALLOWED',
    ]);
    expect(await who(key)).toBe(`key ${project.publishableKeyId}`);
  });
});

describe('the sign-in cookie', () => {
  const json = { 'content-type': 'application/json' };

  test('names the user, in a POST of JSON from our own page or from none', async () => {
    expect(await who({}, user.token)).toBe(user.actor.id);
    expect(await who({ 'content-type': 'application/json; charset=utf-8' }, user.token)).toBe(
      user.actor.id,
    );
    expect(await who({ origin: own, 'sec-fetch-site': 'same-origin' }, user.token)).toBe(
      user.actor.id,
    );
    expect(await who({ cookie: `a=b; latchkey=${user.token}; c=d` })).toBe(user.actor.id);
    expect(await who({ cookie: 'notlatchkey=x; latchkeys=y' })).toBe('nobody');
  });

  test('is refused from any other page, in any other content type, and over GET', async () => {
    const forbidden = [403, 'FORBIDDEN'];
    expect(await who({ origin: foreign }, user.token)).toEqual(forbidden);
    expect(await who({ origin: 'null' }, user.token)).toEqual(forbidden);
    expect(await who({ origin: own.replace('http:', 'https:') }, user.token)).toEqual(forbidden);
    expect(await who({ 'sec-fetch-site': 'same-site' }, user.token)).toEqual(forbidden);
    for (const type of ['text/plain', 'application/graphql', 'application/graphql+json']) {
      expect(await who({ 'content-type': type }, user.token)).toEqual(forbidden);
    }
    const cookie = `latchkey=${user.token}`;
    const form = { cookie, 'content-type': 'application/x-www-form-urlencoded' };
    const body = 'query=mutation%7Bact%7D';
    const posted = await server.send('/graphql', { method: 'POST', headers: form, body });
    const got = await server.send('/graphql?query=%7Bhello%7D', { headers: { cookie } });
    for (const reply of [posted, got]) {
      expect(reply.status).toBe(403);
      expect(reply.json.errors[0].extensions.code).toBe('FORBIDDEN');
      expect(reply.headers.has('set-cookie')).toBe(false);
    }
    expect(seen.executed).toBe(0);
  });

  test('and a key do not belong together', async () => {
    expect(await who({ 'x-api-key': project.secret }, user.token)).toEqual([
      400,
      'CREDENTIAL_MISMATCH',
    ]);
  });

  test('of a sign-in that ended is refused and cleared, so that the next request may sign in', async () => {
    for (const token of ['A'.repeat(43), 'junk', '']) {
      const reply = await server.post('mutation { act }', {}, { cookie: token });
      expect(reply.status).toBe(401);
      expect(reply.json.errors[0]).toMatchObject({
        message: 'Your sign-in has ended. Sign in again.',
        extensions: { code: 'UNAUTHENTICATED' },
      });
      expect(reply.headers.get('set-cookie')).toBe(
        'latchkey=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax',
      );
    }
    expect(seen.executed).toBe(0);
    // A foreign page cannot make a browser forget its sign-in.
    const reply = await server.post('{ hello }', {}, { cookie: 'x', headers: { origin: foreign } });
    expect(reply.status).toBe(403);
    expect(reply.headers.has('set-cookie')).toBe(false);
  });

  test('is set and cleared with all its attributes', async () => {
    const set = await server.post('mutation { setCookie }');
    expect(set.headers.get('set-cookie')).toBe(
      'latchkey=token; Path=/; Expires=Wed, 02 Jan 2030 03:04:05 GMT; HttpOnly; SameSite=Lax',
    );
    const cleared = await server.post('mutation { setCookie clearCookie }');
    expect(cleared.headers.getSetCookie()).toEqual([
      'latchkey=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax',
    ]);
  });

  test('is not set in a request that could not have carried it', async () => {
    for (const reply of [
      await server.post('mutation { setCookie }', {}, { headers: { origin: foreign } }),
      await server.send('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/graphql' },
        body: 'mutation { setCookie }',
      }),
    ]) {
      expect(reply.status).toBe(403);
      expect(reply.json.errors[0].extensions.code).toBe('FORBIDDEN');
      expect(reply.headers.has('set-cookie')).toBe(false);
    }
  });

  test('goes by its prefixed name over https, and by no other', async () => {
    const publicUrl = 'https://auth.example.com';
    const secure = await startTestServer({
      schema: probeSchema,
      database,
      publicUrl,
      tools: { masterKeys: server.tools.masterKeys },
    });
    const ask = (headers: object) =>
      secure.post('{ who }', {}, { headers: { origin: publicUrl, ...headers } });
    const prefixed = await ask({ cookie: `__Host-latchkey=${user.token}` });
    expect(prefixed.json.data.who).toBe(user.actor.id);
    expect((await ask({ cookie: `latchkey=${user.token}` })).json.data.who).toBe('nobody');
    const local = { cookie: `__Host-latchkey=${user.token}`, origin: 'http://auth.example.com' };
    expect((await ask(local)).status).toBe(403);
    const set = await secure.post('mutation { setCookie }', {}, { headers: json });
    expect(set.headers.get('set-cookie')).toBe(
      '__Host-latchkey=token; Path=/; Expires=Wed, 02 Jan 2030 03:04:05 GMT; HttpOnly; SameSite=Lax; Secure',
    );
  });

  test('is taken on every name that a developer’s machine has for itself', async () => {
    const { port } = new URL(own);
    for (const name of ['localhost', '127.0.0.1', '[::1]']) {
      expect(await who({ origin: `http://${name}:${port}` }, user.token)).toBe(user.actor.id);
      expect(await who({ origin: `http://${name}:1` }, user.token)).toEqual([403, 'FORBIDDEN']);
    }
  });
});

describe('pages of other origins', () => {
  test('hear that they may ask, and never with the cookie', async () => {
    const reply = await server.send('/graphql', {
      method: 'OPTIONS',
      headers: {
        origin: foreign,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,x-api-key',
      },
    });
    expect(reply.status).toBe(204);
    const headers = Object.fromEntries(reply.headers);
    expect(headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'content-type, authorization, x-api-key, x-request-id',
      'access-control-max-age': '86400',
    });
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
  });

  test('may read replies, refusals too, with request id and retry time', async () => {
    for (const query of ['{ hello }', '{ nope }', '{ fail(how: "databaseAway") }']) {
      const { headers } = await server.post(query, {}, { headers: { origin: foreign } });
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(headers.get('access-control-expose-headers')).toBe(
        'X-Request-Id, Retry-After, RateLimit, RateLimit-Policy',
      );
      expect(headers.has('access-control-allow-credentials')).toBe(false);
    }
  });
});

describe('what a request says of its client', () => {
  const client = async (headers: Record<string, string>, at = server) =>
    JSON.parse((await at.graphql('{ client }', {}, { headers })).client);

  test('user agent and origin are cut, and our own origin is none', async () => {
    expect(await client({ 'user-agent': 'a'.repeat(600), origin: own })).toMatchObject({
      ip: '127.0.0.1',
      userAgent: 'a'.repeat(512),
      foreignOrigin: null,
      crossSite: false,
    });
    expect(await client({ origin: foreign })).toMatchObject({
      foreignOrigin: foreign,
      crossSite: true,
    });
  });

  test('nobody but a trusted proxy says for whom it asks and under which id', async () => {
    const forwarded = { 'x-forwarded-for': '203.0.113.7, 10.0.0.1', 'x-request-id': 'edge.42' };
    const plain = await client(forwarded);
    expect(plain.ip).toBe('127.0.0.1');
    expect(plain.requestId).not.toBe('edge.42');

    const trustedProxies = ['loopback', '10.0.0.0/8'];
    const proxied = await startTestServer({ schema: probeSchema, database, trustedProxies });
    expect(await client(forwarded, proxied)).toMatchObject({
      ip: '203.0.113.7',
      requestId: 'edge.42',
    });
    const spoofed = { 'x-forwarded-for': '1.1.1.1, 203.0.113.7' };
    expect((await client(spoofed, proxied)).ip).toBe('203.0.113.7');
    expect((await client({ 'x-forwarded-for': 'unknown' }, proxied)).ip).toBe(null);
    for (const id of ['', 'a b', 'x'.repeat(65), 'a"b']) {
      expect((await client({ 'x-request-id': id }, proxied)).requestId).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});

test('a browser signs up, is known by its cookie, and signs out', async () => {
  const whole = await startTestServer({ database });
  const input = { email: 'browser@example.com', password, name: 'Browser' };
  const signUp = `mutation ($input: SignUpInput!) {
    signUp(input: $input) { __typename ... on SignUpPayload { viewer { email } } }
  }`;
  const signedUp = await whole.post(signUp, { input }, { headers: { origin: whole.url } });
  expect(signedUp.json.data.signUp).toMatchObject({ viewer: { email: input.email } });
  const [cookie = ''] = signedUp.headers.getSetCookie();
  const token = /^latchkey=([^;]+);/.exec(cookie)?.[1];
  const viewer = async () =>
    (await whole.graphql('{ viewer { email } }', {}, { cookie: token })).viewer;
  expect(await viewer()).toEqual({ email: input.email });
  const signedOut = await whole.post('mutation { signOut { __typename } }', {}, { cookie: token });
  expect(signedOut.headers.get('set-cookie')).toMatch(/^latchkey=; /);
  await expect(viewer()).rejects.toThrow('401');
});
