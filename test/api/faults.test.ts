import { afterEach, expect, test } from 'vitest';
import { probeSchema, seen } from '../support/probe-schema.ts';
import { startTestServer } from '../support/server.ts';

const server = await startTestServer({ schema: probeSchema });

afterEach(() => {
  server.log.length = 0;
});

/** The only error of a reply, in one object with the rest; its request id is that of the header. */
async function failWith(query: string, variables: object = {}, headers = {}) {
  const reply = await server.post(query, variables, { headers });
  const [{ message, path, extensions }, ...others] = reply.json.errors;
  expect(others).toEqual([]);
  const { requestId, ...rest } = extensions;
  expect(requestId).toBe(reply.headers.get('x-request-id'));
  return { status: reply.status, data: reply.json.data, message, path, ...rest, reply };
}

const fail = (how: string) => failWith('query ($how: String!) { fail(how: $how) }', { how });

test('a domain error outside a union shows its message, code and details', async () => {
  const { reply: _, ...conflict } = await fail('conflict');
  expect(conflict).toEqual({
    status: 200,
    data: { fail: null },
    message: 'It changed.',
    path: ['fail'],
    code: 'CONFLICT',
    currentVersion: 7,
  });
  expect(await fail('missing')).toMatchObject({
    status: 200,
    message: 'The thing was not found.',
    code: 'NOT_FOUND',
  });
  expect(await fail('invalid')).toMatchObject({
    status: 200,
    code: 'VALIDATION_FAILED',
    issues: [{ path: ['input', 'name'], message: 'Must not be empty.' }],
  });
  expect(await fail('forbidden')).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  expect(server.faults()).toEqual([]);
});

test('a refused credential is HTTP 401 with its reason, and asks for one', async () => {
  const refused = await fail('refusedKey');
  expect(refused).toMatchObject({ status: 401, code: 'UNAUTHENTICATED', reason: 'INACTIVE' });
  expect(refused.reply.headers.get('www-authenticate')).toBe('Bearer');
  const signedOut = await fail('signedOut');
  expect(signedOut).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
  expect(signedOut).not.toHaveProperty('reason');
});

test('a malformed cursor is the caller’s mistake', async () => {
  expect(await fail('badCursor')).toMatchObject({
    status: 200,
    message: 'Invalid cursor',
    code: 'VALIDATION_FAILED',
    issues: [{ path: [], message: 'Invalid cursor' }],
  });
  expect(server.faults()).toEqual([]);
});

test('a database that is away is 503 and says when to come back, not where it was', async () => {
  const away = await fail('databaseAway');
  expect(away).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
  expect(away.reply.headers.get('retry-after')).toBe('1');
  expect(away.reply.text).not.toContain('10.1.2.3');
  expect(server.faults()).toMatchObject([
    { level: 'warn', requestId: away.reply.headers.get('x-request-id'), path: 'fail' },
  ]);
});

test('what we broke says only a request id, under which the log has the cause, once', async () => {
  const broken = await fail('ours');
  expect(broken).toMatchObject({ message: 'Unexpected error.', code: 'INTERNAL', path: ['fail'] });
  expect(broken.reply.text).not.toContain('secret plan');
  expect(server.faults()).toMatchObject([
    {
      level: 'error',
      requestId: broken.reply.headers.get('x-request-id'),
      actor: { kind: 'nobody' },
      err: { message: 'the secret plan failed: deeper' },
      path: 'fail',
    },
  ]);
});

test('a list whose every item fails is one line in the log', async () => {
  const { json } = await server.post('{ failures }');
  expect(json.errors).toHaveLength(3);
  expect(server.faults()).toMatchObject([{ path: 'failures.0', more: 2 }]);
});

test.each(['notAnInt', 'nullWhereNoneMayBe'])(
  'a value of ours that breaks the schema is our fault: %s',
  async (field) => {
    expect(await failWith(`{ ${field} }`)).toMatchObject({
      message: 'Unexpected error.',
      code: 'INTERNAL',
    });
    expect(server.faults()).toHaveLength(1);
  },
);

test.each([
  ['a syntax error', '{ hello', {}],
  ['an unknown field', '{ nope }', {}],
  ['a missing variable', 'query ($n: Int!) { double(n: $n) }', {}],
  ['a variable of the wrong type', 'query ($n: Int!) { double(n: $n) }', { n: 'two' }],
  ['null by variable where none may be', 'query ($n: Int = 1) { double(n: $n) }', { n: null }],
  ['an operation that is not there', 'query a { hello } query b { hello }', {}],
])('%s is GRAPHQL_INVALID, each time it is sent', async (_, query, variables) => {
  const accept = { accept: 'application/graphql-response+json' };
  const first = await failWith(query, variables, accept);
  const second = await failWith(query, variables, accept); // from Yoga's caches
  expect(first).toMatchObject({ status: 400, code: 'GRAPHQL_INVALID' });
  expect(second).toMatchObject({ status: 400, code: 'GRAPHQL_INVALID', message: first.message });
  expect(server.faults()).toEqual([]);
});

test('a client of application/json hears 200 to a document that is wrong, as the standard asks', async () => {
  const headers = { accept: 'application/json' };
  expect(await failWith('{ nope }', {}, headers)).toMatchObject({ status: 200 });
  expect(await failWith('{ hello', {}, headers)).toMatchObject({ status: 200 });
});

test.each([
  ['broken JSON', '{"query": "{ hello }"', 400],
  ['no object', '"{ hello }"', 400],
  ['nothing', '', 400],
  ['no query', '{"variables": {}}', 400],
  ['variables that are no object', '{"query": "{ hello }", "variables": [1]}', 400],
  ['a parameter that is none', '{"query": "{ hello }", "extra": 1}', 400],
  ['a batch', '[{"query": "{ hello }"}, {"query": "{ hello }"}]', 400],
])('a body with %s is refused with a typed error', async (_, body, status) => {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/graphql-response+json',
  };
  const reply = await server.send('/graphql', { method: 'POST', headers, body });
  expect(reply.status).toBe(status);
  expect(reply.json.errors).toMatchObject([
    { extensions: { code: 'GRAPHQL_INVALID', requestId: reply.headers.get('x-request-id') } },
  ]);
  expect(Object.keys(reply.json.errors[0].extensions)).toEqual(['code', 'requestId']);
});

test.each([
  ['text/plain', 415],
  ['multipart/form-data; boundary=x', 415],
  ['application/json; charset=utf-8', 200],
])('a POST of %s is answered %i', async (type, status) => {
  const reply = await server.send('/graphql', {
    method: 'POST',
    headers: { 'content-type': type },
    body: '{"query": "{ hello }"}',
  });
  expect(reply.status).toBe(status);
  if (status === 415) expect(reply.json.errors[0].extensions.code).toBe('GRAPHQL_INVALID');
});

test('a compressed body, a reply nobody accepts and another method are refused with typed errors', async () => {
  const json = { 'content-type': 'application/json' };
  const body = '{"query": "{ hello }"}';
  const send = (headers: object, method = 'POST') =>
    server.send('/graphql', { method, headers: { ...json, ...headers }, body });
  for (const [reply, status] of [
    [await send({ 'content-encoding': 'gzip' }), 415],
    [await send({ accept: 'image/png' }), 406],
    [await send({}, 'PUT'), 405],
  ] as const) {
    expect(reply.status).toBe(status);
    expect(reply.json.errors[0].extensions).toEqual({
      code: 'GRAPHQL_INVALID',
      requestId: reply.headers.get('x-request-id'),
    });
  }
});

test('variables in a URL that are no JSON are refused with a typed error', async () => {
  const reply = await server.send('/graphql?query=%7Bhello%7D&variables=%7B');
  expect(reply.status).toBe(400);
  expect(reply.json.errors[0].extensions.code).toBe('GRAPHQL_INVALID');
  expect(server.faults()).toEqual([]);
});

test('a mutation over GET is refused, and nothing is executed', async () => {
  seen.executed = 0;
  const query = encodeURIComponent('mutation { act }');
  const reply = await server.send(`/graphql?query=${query}`);
  expect(reply.status).toBe(405);
  expect(reply.headers.get('allow')).toBe('POST');
  expect(reply.json.errors[0].extensions.code).toBe('GRAPHQL_INVALID');
  expect(seen.executed).toBe(0);
});

test('a field that takes a secret is refused over GET, however it is asked for, and not over POST', async () => {
  seen.executed = 0;
  for (const query of [
    '{ secretly(secret: "x") }',
    '{ self { hidden: secretly(secret: "x") } }',
    'query { ...F } fragment F on Query { secretly(secret: "x") }',
  ]) {
    const reply = await server.send(`/graphql?query=${encodeURIComponent(query)}`);
    expect(reply.status).toBe(405);
    expect(reply.json.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    expect(seen.executed).toBe(0);
    await server.graphql(query);
    expect(seen.executed).toBe(1);
    seen.executed = 0;
  }
});

test('a query over GET is answered', async () => {
  const reply = await server.send('/graphql?query=%7Bhello%7D');
  expect(reply).toMatchObject({ status: 200, json: { data: { hello: 'world' } } });
});

test('a stream ends with its client', async () => {
  seen.ticksEnded = 0;
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query: 'subscription { ticks }' }),
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const reader = response.body!.getReader();
  let text = '';
  while (!text.includes('"ticks":2')) text += new TextDecoder().decode((await reader.read()).value);
  await reader.cancel();
  await expect.poll(() => seen.ticksEnded).toBe(1);
  expect(server.faults()).toEqual([]);
});
