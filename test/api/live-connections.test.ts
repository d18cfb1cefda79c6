import { describe, expect, test } from 'vitest';
import { createApiKey } from '../../server/domain/api-keys/create.ts';
import { updateEnvironment } from '../../server/domain/environments/update.ts';
import { ageKey } from '../support/api-keys.ts';
import { callAs } from '../support/call.ts';
import { giveToken } from '../support/people.ts';
import { createTestProject } from '../support/projects.ts';
import { startTestServer } from '../support/server.ts';
import { openSocket, type SocketOptions } from '../support/socket.ts';

const server = await startTestServer({ socketTimes: { initTimeoutMs: 500 } });
const { tools, url } = server;
const project = await createTestProject(tools);
const { owner, production, development } = project;
const call = callAs(tools, owner.actor);
const { secret } = production;
const cookie = `latchkey=${owner.token}`;
const own = { origin: url };
const foreign = { origin: 'https://evil.example' };

async function makeKey(environmentId = production.id) {
  const key = { environmentId, name: 'Server', type: 'SECRET' } as const;
  const { id, secret: value } = await createApiKey(call, key);
  return { id, value: value! };
}

/** Runs a mutation as the owner. */
async function mutate(mutation: string): Promise<void> {
  const query = `mutation { answer: ${mutation} { __typename } }`;
  const { answer } = await server.graphql(query, {}, { cookie: owner.token });
  expect(answer.__typename).toMatch(/Payload$/);
}

/** Whose socket it is, or how it was closed. */
async function open(options: SocketOptions): Promise<unknown> {
  const socket = await openSocket(url, options);
  if (socket.closed) return `${socket.closed.code} ${socket.closed.reason}`;
  const { data, errors } = await socket.ask(
    '{ viewer { email accessTokens { name } } viewerKey { type environment { kind } } }',
  );
  if (errors) return 'nobody';
  const { viewer, viewerKey } = data;
  return [viewer?.email, viewerKey && `${viewerKey.type} ${viewerKey.environment.kind}`]
    .filter(Boolean)
    .join(', ');
}

describe('connection_init takes', () => {
  test.each<[string, () => SocketOptions | Promise<SocketOptions>, string]>([
    ['a secret key', () => ({ init: { apiKey: secret } }), 'SECRET PRODUCTION'],
    [
      'a publishable key, from a page too',
      () => ({
        init: { apiKey: development.publishableValue },
        headers: { origin: 'http://localhost:3000' },
      }),
      'PUBLISHABLE DEVELOPMENT',
    ],
    [
      'a key in authorization',
      () => ({ init: { authorization: `Bearer ${secret}` } }),
      'SECRET PRODUCTION',
    ],
    [
      'an access token',
      async () => ({
        init: { authorization: `Bearer ${(await giveToken(tools, owner)).token}` },
      }),
      owner.email,
    ],
    [
      'the headers of the same meaning',
      () => ({ headers: { 'x-api-key': secret } }),
      'SECRET PRODUCTION',
    ],
    [
      'both, where they say the same',
      () => ({ init: { apiKey: secret }, headers: { 'x-api-key': secret } }),
      'SECRET PRODUCTION',
    ],
    ['the cookie, from our own pages', () => ({ headers: { cookie, ...own } }), owner.email],
    ['the cookie, from programs', () => ({ headers: { cookie } }), owner.email],
    [
      'a key, beside which the cookie counts nothing',
      () => ({ init: { apiKey: secret }, headers: { cookie } }),
      'SECRET PRODUCTION',
    ],
    [
      'a key, beside which the cookie counts nothing, from a page of another site either',
      async () => {
        const { version } = await tools.db.environment.findUniqueOrThrow({
          where: { id: production.id },
        });
        const allowedOrigins = ['https://shop.example'];
        await updateEnvironment(call, { id: production.id, version, allowedOrigins });
        return {
          init: { apiKey: production.publishableValue },
          headers: { cookie, origin: 'https://shop.example' },
        };
      },
      'PUBLISHABLE PRODUCTION',
    ],
  ])('%s', async (_, options, who) => {
    expect(await open(await options())).toBe(who);
  });
});

describe('connection_init is refused with 4403 and the word for', () => {
  const dead: [string, () => Promise<string>][] = [
    ['UNKNOWN', async () => `${secret.slice(0, -1)}x`],
    ['UNKNOWN', async () => ''],
    [
      'INACTIVE',
      async () => {
        const { id, value } = await makeKey();
        await mutate(`updateApiKey(input: { id: "${id}", version: 1, active: false })`);
        return value;
      },
    ],
    [
      'EXPIRED',
      async () => {
        const { id, value } = await makeKey();
        const expiresAt = new Date(Date.now() + 60_000).toISOString();
        await mutate(`updateApiKey(input: { id: "${id}", version: 1, expiresAt: "${expiresAt}" })`);
        await ageKey(tools.db, id, 120);
        return value;
      },
    ],
    [
      'DELETED',
      async () => {
        const { id, value } = await makeKey();
        await mutate(`deleteApiKey(input: { id: "${id}", confirmName: "Server" })`);
        return value;
      },
    ],
    [
      'ROTATED_OUT',
      async () => {
        const { id, value } = await makeKey();
        await mutate(`regenerateApiKey(input: { id: "${id}" })`);
        return value;
      },
    ],
  ];
  test.each(dead)('%s', async (word, make) => {
    const value = await make();
    expect(await open({ init: { apiKey: value } })).toBe(`4403 ${word}`);
    expect(await open({ headers: { 'x-api-key': value } })).toBe(`4403 ${word}`);
  });

  const token = `Bearer lkp_${'x'.repeat(49)}`;
  test.each<[string, SocketOptions, string]>([
    [
      'a page that the publishable key is not for',
      { init: { apiKey: production.publishableValue }, headers: foreign },
      'ORIGIN_NOT_ALLOWED',
    ],
    ['a secret key in a page', { init: { apiKey: secret }, headers: foreign }, 'SECRET_IN_BROWSER'],
    ['an access token that is none', { init: { authorization: token } }, 'UNKNOWN'],
    ['authorization of another kind', { init: { authorization: 'Basic x' } }, 'UNAUTHENTICATED'],
    ['an access token where a key belongs', { init: { apiKey: 'lkp_x' } }, 'UNAUTHENTICATED'],
    ['a cookie whose sign-in has ended', { headers: { cookie: 'latchkey=gone' } }, 'SIGNED_OUT'],
    ["the cookie on another site's page", { headers: { cookie, ...foreign } }, 'FORBIDDEN'],
    [
      "the cookie on another site's page, by what the browser says of it",
      { headers: { cookie, 'sec-fetch-site': 'same-site' } },
      'FORBIDDEN',
    ],
    [
      'a payload and a header that differ',
      { init: { apiKey: secret }, headers: { 'x-api-key': development.publishableValue } },
      'CREDENTIAL_MISMATCH',
    ],
    [
      'two keys that differ',
      { init: { apiKey: secret, authorization: `Bearer ${development.publishableValue}` } },
      'CREDENTIAL_MISMATCH',
    ],
  ])('%s', async (_, options, word) => {
    expect(await open(options)).toBe(`4403 ${word}`);
  });

  test('a token beside a key of a workspace that it does not open', async () => {
    const other = await createTestProject(tools);
    const { token: value } = await giveToken(tools, owner);
    const init = { authorization: `Bearer ${value}`, apiKey: other.production.secret };
    expect(await open({ init })).toBe('4403 CREDENTIAL_MISMATCH');
  });
});
