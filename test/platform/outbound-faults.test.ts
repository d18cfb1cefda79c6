import * as https from 'node:https';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { createCertificate } from '../support/certificate.ts';
import { drip, listen, listenSilently, receive, say, send } from '../support/receivers.ts';

const ok = 'HTTP/1.1 200 OK\r\n';

test.each<[string, (socket: Socket) => unknown, string]>([
  ['says nothing', () => {}, 'No response came'],
  ['never ends its headers', (it) => drip(it, ok, 'x-a: b\r\n'), 'No response came'],
  ['only promises', (it) => drip(it, '', 'HTTP/1.1 103 Early Hints\r\n\r\n'), 'No response came'],
  [
    'never ends its body',
    (it) => drip(it, `${ok}content-length: 4000\r\n\r\n`, '.'),
    'The response did not end',
  ],
  [
    'never ends its chunks',
    (it) => drip(it, `${ok}transfer-encoding: chunked\r\n\r\n`, '1\r\n.\r\n'),
    'The response did not end',
  ],
])('a receiver that %s has until the deadline', async (_, answer, sentence) => {
  const receiver = await say(answer);
  const outcome = await send(receiver.url, { timeoutMs: 400 });
  expect(outcome).toEqual({
    kind: 'failed',
    code: 'TIMEOUT',
    error: `${sentence} within 0.4 s.`,
    address: '127.0.0.1',
    durationMs: expect.any(Number),
  });
  expect(outcome.durationMs).toBeGreaterThanOrEqual(399);
  expect(outcome.durationMs).toBeLessThan(3_000);
  await expect.poll(() => receiver.sockets.size).toBe(0);
});

test('a receiver that never agrees on TLS has until the deadline', async () => {
  const receiver = await listenSilently();
  const url = `https://127.0.0.1:${receiver.port}/`;
  const outcome = await send(url, { timeoutMs: 300 });
  expect(outcome).toMatchObject({ code: 'TIMEOUT', error: 'No connection was made within 0.3 s.' });
  await expect.poll(() => receiver.sockets.size).toBe(0);
});

const broken = 'The connection broke before the response was complete.';

test.each<[string, (socket: Socket) => unknown, string, string]>([
  ['resets', (it) => it.resetAndDestroy(), 'CONNECTION', broken],
  ['hangs up', (it) => it.end(), 'CONNECTION', broken],
  ['hangs up in its headers', (it) => it.end(`${ok}x-a: `), 'CONNECTION', broken],
  [
    'hangs up in its body',
    (it) => it.end(`${ok}content-length: 9\r\n\r\nhalf`),
    'CONNECTION',
    broken,
  ],
  [
    'resets in its body',
    (it) => {
      it.write(`${ok}content-length: 9\r\n\r\nhalf`);
      setTimeout(() => it.resetAndDestroy(), 50);
    },
    'CONNECTION',
    broken,
  ],
  [
    'says no HTTP',
    (it) => it.end('220 mail\r\n'),
    'PROTOCOL',
    'The response is not valid HTTP/1.1.',
  ],
  [
    'ends a chunk wrong',
    (it) => it.end(`${ok}transfer-encoding: chunked\r\n\r\nzz\r\n`),
    'PROTOCOL',
    'The response is not valid HTTP/1.1.',
  ],
  [
    'sends huge headers',
    (it) => it.end(`${ok}x-a: ${'a'.repeat(17_000)}\r\n\r\n`),
    'PROTOCOL',
    "The response's headers are too large.",
  ],
  [
    'sends many headers',
    (it) => it.end(`${ok}${'x-a: b\r\n'.repeat(5_000)}\r\n`),
    'PROTOCOL',
    "The response's headers are too large.",
  ],
  [
    'switches protocols',
    (it) => it.write('HTTP/1.1 101 Go\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
    'PROTOCOL',
    'The receiver sent no response that HTTP knows.',
  ],
])('a receiver that %s has failed', async (_, answer, code, error) => {
  const receiver = await say(answer);
  const outcome = await send(receiver.url);
  expect(outcome).toMatchObject({ kind: 'failed', code, error, address: '127.0.0.1' });
  await expect.poll(() => receiver.sockets.size).toBe(0);
});

test('nobody listens: it is said so, with the address', async () => {
  const receiver = await receive(() => {});
  receiver.server.close();
  const refused = { code: 'CONNECTION', error: 'The receiver refused the connection.' };
  expect(await send(receiver.url)).toMatchObject({ ...refused, address: '127.0.0.1' });
  const resolve = async () => ['127.0.0.1', '::1', '127.0.0.2'];
  const url = `http://receiver.test:${receiver.port}/`;
  expect(await send(url, { resolve })).toMatchObject({ ...refused, address: '127.0.0.2' });
});

test('a certificate that nobody vouches for is refused, and the request is not sent', async () => {
  let requests = 0;
  const server = https.createServer(createCertificate('receiver.test'), () => (requests += 1));
  const { port } = await listen(server);
  const resolve = async () => ['127.0.0.1'];
  const outcome = await send(`https://receiver.test:${port}/`, { resolve });
  expect(outcome).toMatchObject({
    code: 'TLS',
    error: 'The certificate is not trusted: DEPTH_ZERO_SELF_SIGNED_CERT.',
    address: '127.0.0.1',
  });
  expect(requests).toBe(0);
});

test('a server without TLS is told from one with a bad certificate', async () => {
  const { port } = await receive((_, response) => response.end());
  const outcome = await send(`https://127.0.0.1:${port}/`);
  expect(outcome).toMatchObject({
    code: 'TLS',
    error: 'No secure connection could be agreed on: wrong version number.',
  });
});
