import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { probeSchema } from '../support/probe-schema.ts';
import { startTestServer } from '../support/server.ts';

const database = await createTestDatabase();
const server = await startTestServer({ schema: probeSchema, database });
const linkToken = '0123456789abcdefghjkmnpqrsABCDEFGHIJKLMNOPQRSTUVWXYZa';

const paths = [
  '/schema.graphql',
  '/.well-known/jwks.json',
  '/health/live',
  '/health/ready',
  `/s/${linkToken}/qr.svg`,
];

test('every reply has the headers that keep browsers from making more of it', async () => {
  for (const path of [...paths, '/graphql', '/nothing']) {
    const { headers } = await server.send(path);
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(headers.has('x-powered-by')).toBe(false);
  }
});

test('what is nowhere is a small 404', async () => {
  for (const path of ['/', '/graphql/', '/GRAPHQL', '/s/short/qr.svg', `/s/${linkToken}0/qr.svg`]) {
    const reply = await server.send(path);
    expect(reply.status).toBe(404);
    expect(reply.json).toEqual({
      message: 'There is nothing here.',
      requestId: reply.headers.get('x-request-id'),
    });
  }
});

test('documents are read with GET or HEAD, and nothing else', async () => {
  for (const path of paths) {
    const get = await server.send(path);
    const head = await server.send(path, { method: 'HEAD' });
    expect([get.status, head.status]).toEqual([200, 200]);
    expect(head.text).toBe('');
    expect(head.headers.get('content-length')).toBe(String(Buffer.byteLength(get.text)));
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const reply = await server.send(path, { method });
      expect(reply.status).toBe(405);
      expect(reply.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
    }
  }
});

test('the schema is served as text, and not again to who has it', async () => {
  const whole = await startTestServer({ database });
  const first = await whole.send('/schema.graphql');
  expect(first.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(first.text).toContain('type Query');
  const again = await whole.send('/schema.graphql', {
    headers: { 'if-none-match': first.headers.get('etag')! },
  });
  expect(again).toMatchObject({ status: 304, text: '' });
});

test('the keys that check proofs may be read by all and kept for five minutes', async () => {
  const reply = await server.send('/.well-known/jwks.json');
  expect(reply.headers.get('cache-control')).toBe('public, max-age=300');
  expect(reply.headers.get('access-control-allow-origin')).toBe('*');
  expect(reply.json).toEqual({ keys: expect.any(Array) });
  expect(reply.text).not.toContain('"d":');
});

test('a QR code is drawn for what looks like a link token, and kept by nobody', async () => {
  const reply = await server.send(`/s/${linkToken}/qr.svg`);
  expect(reply.headers.get('content-type')).toBe('image/svg+xml');
  expect(reply.headers.get('cache-control')).toBe('no-store');
  expect(reply.text).toMatch(/^<svg /);
  const other = await server.send(`/s/${linkToken.replace('0', '1')}/qr.svg`);
  const digest = (text: string) => createHash('sha256').update(text).digest('hex');
  expect(digest(other.text)).not.toBe(digest(reply.text));
});

test('a server is ready while the database answers', async () => {
  expect(await server.send('/health/ready')).toMatchObject({
    status: 200,
    json: { status: 'ready' },
  });
});

test.each([
  ['says no', () => false],
  ['fails', () => Promise.reject(new Error('away'))],
  [
    'throws',
    () => {
      throw new Error('away');
    },
  ],
  ['hangs', () => new Promise<boolean>(() => {})],
])('a server whose database %s is alive but not ready', async (_, isReady) => {
  const unready = await startTestServer({ schema: probeSchema, database, isReady });
  expect((await unready.send('/health/live')).status).toBe(200);
  const reply = await unready.send('/health/ready');
  expect(reply).toMatchObject({ status: 503, json: { status: 'unready', reason: 'database' } });
  expect(reply.headers.get('retry-after')).toBe('1');
});

test('a document that fails says only a request id, and the log the cause', async () => {
  const broken = await startTestServer({ schema: probeSchema, database });
  broken.tools.signingKeys.jwks = () => Promise.reject(new Error('the vault is shut'));
  const reply = await broken.send('/.well-known/jwks.json');
  const requestId = reply.headers.get('x-request-id');
  expect(reply).toMatchObject({ status: 500, json: { message: 'Unexpected error.', requestId } });
  expect(broken.faults()).toMatchObject([{ requestId, err: { message: 'the vault is shut' } }]);
});

/** A request over a connection of its own, which it would keep. */
function askAlone(url: string, path: string, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', connection: 'keep-alive' };
    const method = body ? 'POST' : 'GET';
    const asked = httpRequest(`${url}${path}`, { agent: false, method, headers }, async (reply) => {
      let text = '';
      for await (const chunk of reply) text += chunk;
      resolve(text);
    });
    asked.on('error', reject).end(body);
  });
}

test('a draining server answers what is under way, says that it drains, and takes no more', async () => {
  const draining = await startTestServer({ schema: probeSchema, database });
  // A connection with half a request, so that there is one to ask over later.
  const open = connect(Number(new URL(draining.url).port));
  let heard = '';
  open.setEncoding('utf8').on('data', (text) => {
    heard += text;
  });
  open.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /health/ready HTT');
  const underWay = askAlone(draining.url, '/graphql', '{"query": "{ wait(ms: 300) }"}');
  await expect.poll(() => heard).toContain('"live"');

  const started = Date.now();
  const drained = draining.http.drain(5_000);
  open.write('P/1.1\r\nHost: x\r\n\r\n');
  await expect.poll(() => heard).toContain('"draining"');
  expect(heard).toContain('Connection: close');
  expect(JSON.parse(await underWay)).toMatchObject({ data: { wait: 'waited' } });
  await drained;
  expect(Date.now() - started).toBeLessThan(3_000); // no connection was waited for
  await expect(askAlone(draining.url, '/health/live')).rejects.toThrow('ECONNREFUSED');
});

test('a reply that outlasts the drain is broken off', async () => {
  const draining = await startTestServer({ schema: probeSchema, database });
  const underWay = draining.graphql('{ wait(ms: 10000) }');
  const broken = expect(underWay).rejects.toThrow();
  await expect
    .poll(() => new Promise((resolve) => draining.http.server.getConnections((_, n) => resolve(n))))
    .toBe(1);
  const started = Date.now();
  await draining.http.drain(100);
  expect(Date.now() - started).toBeLessThan(2_000);
  await broken;
});

test('a client that goes away in the middle of a body disturbs nobody', async () => {
  const socket = connect(Number(new URL(server.url).port));
  socket.write(
    'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"qu',
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.destroy();
  await server.graphql('{ hello }');
  expect(server.faults()).toEqual([]);
});
