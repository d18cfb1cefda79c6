import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { createLatchkeyClient, LatchkeyError, readAnswer } from '../../client/urql.ts';
import { probeSchema } from '../support/probe-schema.ts';
import { startTestServer } from '../support/server.ts';

const server = await startTestServer({ schema: probeSchema });
const secret = 'cs_0123456789';

/** What a failing operation is told as. */
async function failureOf(query: string, options: { url?: string; apiKey?: string } = {}) {
  const client = createLatchkeyClient({ url: server.url, ...options });
  const result = await client.query(query, {});
  try {
    return readAnswer(result);
  } catch (error) {
    return error as LatchkeyError;
  }
}

/** A server that says the same to everything, and keeps what it was asked. */
async function startStub(status: number, headers: Record<string, string>, body = '') {
  const asked: string[] = [];
  const stub = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => stub.listen(0, '127.0.0.1', resolve));
  afterAll(() => stub.close());
  return { url: `http://127.0.0.1:${(stub.address() as AddressInfo).port}`, asked };
}

describe('a request', () => {
  test('goes by POST, with variables and key outside the URL, however short it is', async () => {
    const sent: { url: string; init: RequestInit | undefined }[] = [];
    const client = createLatchkeyClient({
      url: `${server.url}/some/path?x=1`,
      apiKey: 'pk_test_1',
      fetch: (input, init) => {
        sent.push({ url: String(input), init });
        return fetch(input, { ...init, headers: { 'content-type': 'application/json' } });
      },
    });
    const query = 'query ($secret: String!) { secretly(secret: $secret) }';
    expect(readAnswer(await client.query(query, { secret }))).toEqual({ secretly: null });
    expect(sent).toMatchObject([
      {
        url: `${server.url}/graphql`,
        init: { method: 'POST', headers: { 'x-api-key': 'pk_test_1' }, credentials: 'omit' },
      },
    ]);
  });

  test('without a key carries none, and leaves the cookie to the browser', async () => {
    let init: RequestInit | undefined;
    const client = createLatchkeyClient({
      url: server.url,
      fetch: (input, given) => {
        init = given;
        return fetch(input, given);
      },
    });
    expect(readAnswer(await client.query('{ who }', {}))).toEqual({ who: 'nobody' });
    expect(init).toMatchObject({ credentials: 'same-origin' });
    expect(init?.headers).not.toHaveProperty('x-api-key');
  });

  test('follows no redirect, which would take the key to another host', async () => {
    const other = await startStub(200, {});
    const first = await startStub(307, { location: `${other.url}/graphql` });
    const failure = await failureOf('{ hello }', { url: first.url, apiKey: 'sk_live_1' });
    expect(failure).toBeInstanceOf(LatchkeyError);
    expect(first.asked).toEqual(['POST /graphql']);
    expect(other.asked).toEqual([]);
  });
});

describe('a failure', () => {
  const requestId = expect.stringMatching(/^[0-9a-f-]{36}$/);

  test('of a key names code, reason, status and request', async () => {
    const failure = await failureOf('{ hello }', { apiKey: 'sk_live_junk' });
    expect(failure).toBeInstanceOf(LatchkeyError);
    expect(failure).toMatchObject({
      message: 'This API key does not exist. Check that it was copied whole.',
      code: 'UNAUTHENTICATED',
      reason: 'UNKNOWN',
      status: 401,
      requestId,
      path: null,
    });
  });

  test('of a field names the field', async () => {
    expect(await failureOf('{ self { fail(how: "forbidden") } }')).toMatchObject({
      message: 'Not you.',
      code: 'FORBIDDEN',
      reason: null,
      requestId,
      path: 'self.fail',
    });
  });

  test('of a limit names when to try again', async () => {
    const extensions = { code: 'RATE_LIMITED', retryAfterSeconds: 7 };
    const body = JSON.stringify({ errors: [{ message: 'Too many.', extensions }] });
    const stub = await startStub(429, { 'content-type': 'application/json' }, body);
    expect(await failureOf('{ hello }', { url: stub.url })).toMatchObject({
      code: 'RATE_LIMITED',
      retryAfterSeconds: 7,
    });
    expect(await failureOf('{ hello }', { apiKey: 'sk_live_junk' })).toMatchObject({
      retryAfterSeconds: null,
    });
  });

  test('of ours says no more than its request id', async () => {
    expect(await failureOf('{ fail(how: "ours") }')).toMatchObject({
      message: 'Unexpected error.',
      code: 'INTERNAL',
      requestId,
    });
  });

  test('of something before the server is told by its status', async () => {
    const proxy = await startStub(502, { 'content-type': 'text/html', 'x-request-id': 'p-1' });
    expect(await failureOf('{ hello }', { url: proxy.url })).toMatchObject({
      message: 'The server answered HTTP 502 without GraphQL.',
      code: null,
      status: 502,
      requestId: 'p-1',
    });
  });

  test('to connect says so', async () => {
    const { url, close } = await startTestServer({ schema: probeSchema });
    await close();
    expect(await failureOf('{ hello }', { url })).toMatchObject({
      message: `The server did not answer: connect ECONNREFUSED ${new URL(url).host}`,
      code: null,
      status: null,
      requestId: null,
    });
  });
});
