import { expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { probeSchema } from '../support/probe-schema.ts';
import { createTestProject } from '../support/projects.ts';
import { startTestServer } from '../support/server.ts';
import { openSocket } from '../support/socket.ts';

const server = await startTestServer({ schema: probeSchema, database: await createTestDatabase() });
const { production } = await createTestProject(server.tools);
const json = { 'content-type': 'application/json' };
const byKey = { ...json, 'x-api-key': production.secret };
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const linesOf = (requestId: unknown) => server.log.filter((line) => line.requestId === requestId);
const broken = 'query { fail(how: "ours") }';

test.each<[string, string, RequestInit, number]>([
  ['a preflight', '/graphql', { method: 'OPTIONS' }, 204],
  ['a page that is nowhere', '/nothing', {}, 404],
  ['an export', '/export/logs', { method: 'POST', headers: byKey, body: '{"format": "csv"}' }, 200],
  ['an export that is refused', '/export/logs', { method: 'POST', headers: json, body: '{' }, 400],
  [
    'an event stream',
    '/graphql',
    {
      method: 'POST',
      headers: { ...byKey, accept: 'text/event-stream' },
      body: '{"query": "{ hello }"}',
    },
    200,
  ],
  [
    'a refused key',
    '/graphql',
    { method: 'POST', headers: { ...json, 'x-api-key': 'sk_live_nonsense' }, body: '{}' },
    401,
  ],
])('%s has a request id of its own', async (_, path, init, status) => {
  const ids = new Set<string | null>();
  for (let time = 0; time < 2; time += 1) {
    const reply = await server.send(path, init);
    expect(reply.status).toBe(status);
    const requestId = reply.headers.get('x-request-id');
    expect(requestId).toMatch(uuid);
    ids.add(requestId);
    const line = { level: 'info', msg: 'Request failed', status };
    if (status >= 400) await expect.poll(() => linesOf(requestId)).toMatchObject([line]);
    const said = reply.json?.requestId ?? reply.json?.errors?.[0].extensions.requestId;
    if (status >= 400) expect(said).toBe(requestId);
  }
  expect(ids.size).toBe(2);
});

test('what fails for a reason of ours says an id that finds its line in the log, and no more', async () => {
  const overHttp = await server.post(broken, {}, { headers: byKey });
  const overStream = await server.send('/graphql', {
    method: 'POST',
    headers: { ...byKey, accept: 'text/event-stream' },
    body: JSON.stringify({ query: broken }),
  });
  const socket = await openSocket(server.url, { init: { apiKey: production.secret } });
  const overSocket = await socket.ask(broken);
  const inStream = JSON.parse(/^data: (\{.+\})$/m.exec(overStream.text)![1]!);
  for (const result of [overHttp.json, inStream, overSocket]) {
    const [{ message, extensions }] = result.errors;
    expect({ message, code: extensions.code }).toEqual({
      message: 'Unexpected error.',
      code: 'INTERNAL',
    });
    const { requestId } = extensions;
    await expect
      .poll(() => linesOf(requestId))
      .toMatchObject([
        { level: 'error', err: { message: expect.stringContaining('the secret plan failed') } },
        { level: 'info', outcome: 'INTERNAL' },
      ]);
    const shown = JSON.stringify(result);
    expect(shown).not.toMatch(/secret plan|node_modules|\.ts\b|\bat |SELECT/);
  }
});

test.each([
  ['GRAPHQL_INVALID', '{ nothing }'],
  ['FORBIDDEN', 'query { fail(how: "forbidden") }'],
])('what answers %s has a line at info, over HTTP and over a socket', async (code, query) => {
  const overHttp = await server.post(query, {}, { headers: byKey });
  const socket = await openSocket(server.url, { init: { apiKey: production.secret } });
  for (const result of [overHttp.json, await socket.ask(query)]) {
    const { extensions } = result.errors[0];
    expect(extensions.code).toBe(code);
    await expect
      .poll(() => linesOf(extensions.requestId))
      .toMatchObject([{ level: 'info', outcome: code, actor: { kind: 'apiKey' } }]);
  }
});

test('a socket that is refused has a line, and says no more of it than its peer is told', async () => {
  const before = server.log.length;
  const socket = await openSocket(server.url, { init: { apiKey: 'sk_live_nonsense' } });
  expect(await socket.untilClosed()).toMatchObject({ code: 4403, reason: 'UNKNOWN' });
  expect(server.log.slice(before)).toMatchObject([
    { level: 'info', msg: 'WebSocket refused', closeCode: 4403, reason: 'UNKNOWN' },
  ]);
  expect(JSON.stringify(server.log)).not.toContain('nonsense');
});

test('what succeeds has no line', async () => {
  const asked = await server.post('{ hello }', {}, { headers: byKey });
  const after = await server.send('/nothing');
  await expect.poll(() => linesOf(after.headers.get('x-request-id'))).toHaveLength(1);
  expect(linesOf(asked.headers.get('x-request-id'))).toEqual([]);
});
