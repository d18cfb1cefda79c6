import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import * as https from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { createDnsResolve } from '../../server/platform/outbound-lookup.ts';
import { createCertificate } from '../support/certificate.ts';
import { makeDataDir, removeDataDirs } from '../support/data-dir.ts';
import { startDnsServer } from '../support/dns-server.ts';
import { drip, listen, listenSilently, options, receive, say, send } from '../support/receivers.ts';

const ok = 'HTTP/1.1 200 OK\r\n';

afterAll(removeDataDirs);

test('a request carries what it was given, and says who sends it', async () => {
  const heard: object[] = [];
  const receiver = await receive(async (request, response) => {
    const { method, url, headers, httpVersion } = request;
    heard.push({ method, url, headers, httpVersion, body: await text(request) });
    response.writeHead(201, [
      ...['X-Request-Id', '7', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', '__proto__', 'x'],
      ...['Content-Type', 'text/plain'],
    ]);
    response.end('thanks');
  });
  const outcome = await send(`${receiver.url}hooks?a=b`);
  expect(outcome).toMatchObject({ kind: 'response', status: 201, body: 'thanks' });
  expect(outcome).toMatchObject({ address: '127.0.0.1', durationMs: expect.any(Number) });
  expect(Object.entries('headers' in outcome ? outcome.headers : {})).toEqual(
    expect.arrayContaining([
      ['x-request-id', '7'],
      ['set-cookie', 'a=1, b=2'],
      ['__proto__', 'x'],
      ['content-type', 'text/plain'],
    ]),
  );
  expect(heard).toEqual([
    {
      method: 'POST',
      url: '/hooks?a=b',
      httpVersion: '1.1',
      headers: {
        'content-type': 'application/json',
        'webhook-id': 'evt_1',
        'user-agent': 'Latchkey-Webhooks/1',
        'accept-encoding': 'identity',
        'content-length': '26',
        connection: 'keep-alive',
        host: `127.0.0.1:${receiver.port}`,
      },
      body: '{"type":"session.started"}',
    },
  ]);
});

test.each([200, 204, 304, 400, 410, 429, 500, 503])('%i is a response', async (status) => {
  const receiver = await receive((_, response) => response.writeHead(status).end());
  expect(await send(receiver.url)).toMatchObject({ kind: 'response', status, body: '' });
});

test.each([301, 302, 303, 307, 308])(
  'a redirect by %i is answered and not followed',
  async (status) => {
    const target = await receive((_, response) => response.end());
    const receiver = await receive((_, response) =>
      response.writeHead(status, { location: target.url }).end(),
    );
    const outcome = await send(receiver.url);
    expect(outcome).toMatchObject({ kind: 'response', status, headers: { location: target.url } });
    expect(target.connections()).toBe(0);
  },
);

test('a body without end is cut, and its status counts', async () => {
  const receiver = await say((socket) => drip(socket, `${ok}\r\n`, 'x'.repeat(1_000)));
  const outcome = await send(receiver.url);
  expect(outcome).toMatchObject({ kind: 'response', status: 200, body: 'x'.repeat(4_096) });
  await expect.poll(() => receiver.sockets.size).toBe(0);
});

test('a body is text that a database can store, of at most the bytes asked for', async () => {
  const bodies = [Buffer.from([0x61, 0, 0xff, 0x62]), Buffer.from(`x${'é'.repeat(9)}`)];
  bodies.push(Buffer.alloc(10, 0xff), Buffer.from(`${'\0'.repeat(9)}é`));
  const receiver = await receive((_, response) => response.end(bodies.shift()));
  const texts: string[] = [];
  while (bodies.length > 0) {
    const outcome = await send(receiver.url, { bodyBytesMax: 10 });
    texts.push('body' in outcome ? outcome.body : outcome.error);
  }
  expect(texts).toEqual(['a\ufffdb', 'xéééé', '\ufffd\ufffd\ufffd', '']);
});

test('the next address of a name is tried where one does not answer', async () => {
  const receiver = await receive((_, response) => response.end());
  const resolve = async () => ['127.0.0.2', '127.0.0.1'];
  const outcome = await send(`http://receiver.test:${receiver.port}/`, { resolve });
  expect(outcome).toMatchObject({ kind: 'response', status: 200, address: '127.0.0.1' });
});

test('requests in turn share a connection, which is closed soon after the last', async () => {
  const receiver = await receive((_, response) => response.end('ok'));
  for (let turn = 0; turn < 5; turn++)
    expect(await send(receiver.url)).toMatchObject({ status: 200, address: '127.0.0.1' });
  expect(receiver.connections()).toBe(1);
  await expect.poll(() => receiver.sockets.size, { timeout: 4_000 }).toBe(0);
});

test('a receiver that closes a kept connection under our hands is asked on a new one', async () => {
  let requests = 0;
  const receiver = await say((socket) => {
    requests += 1;
    if (requests === 2) socket.resetAndDestroy();
    else socket.write(`${ok}content-length: 0\r\n\r\n`);
  });
  expect(await send(receiver.url)).toMatchObject({ status: 200 });
  expect(await send(receiver.url)).toMatchObject({ status: 200 });
  expect([requests, receiver.connections()]).toEqual([3, 2]);
});

test('an abort ends a request at once, with the reason it gave', async () => {
  const receiver = await say((socket) => socket.write(`${ok}content-length: 9\r\n\r\nhalf`));
  const silent = await listenSilently();
  const dns = await startDnsServer({ 'silent.test': [null] });
  const resolve = createDnsResolve([dns.server]);
  const reason = new Error('The server stops.');
  for (const url of [receiver.url, silent.url, 'https://silent.test/']) {
    const stop = new AbortController();
    const sent = send(url, { resolve, signal: stop.signal });
    sent.catch(() => {});
    await sleep(100);
    stop.abort(reason);
    await expect(sent).rejects.toBe(reason);
    await expect(send(url, { signal: stop.signal })).rejects.toBe(reason);
  }
  await expect.poll(() => receiver.sockets.size + silent.sockets.size).toBe(0);
  expect(receiver.connections()).toBe(1);
});

/** In a process of its own, which is told whom to trust when it starts. */
async function runScript(script: string, settings: Record<string, string>) {
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
  const env = { ...process.env, ...settings };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  expect(code).toBe(0);
  return JSON.parse(output);
}

test('a process trusts whom it is told to, uses no proxy, and keeps nothing that holds it back', async () => {
  const certificate = createCertificate('receiver.test');
  const server = https.createServer(certificate, (_, response) => response.end('hello'));
  const receiver = await listen(server);
  const silent = await listenSilently();
  const proxy = await listenSilently();
  const ca = join(await makeDataDir(), 'ca.pem');
  await writeFile(ca, certificate.cert);
  const script = `
    const { post } = await import('./server/platform/outbound.ts');
    const options = { ...${JSON.stringify(options)}, resolve: async () => ['127.0.0.1'] };
    const send = (url, some) => post(url, {}, '{}', { ...options, ...some });
    const outcomes = [
      await send('https://receiver.test:${receiver.port}/'),
      await send('https://receiver.test:${receiver.port}/', { allowPrivate: false }),
      await send('https://receiver.test:${receiver.port}/'),
      await send('https://other.test:${receiver.port}/'),
      await send('${silent.url}', { timeoutMs: 100 }),
    ];
    const endedAt = performance.now();
    process.on('exit', () => {
      const heldMs = performance.now() - endedAt;
      console.log(JSON.stringify({ outcomes, heldMs }));
    });`;
  const proxies = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, https_proxy: proxy.url };
  const settings = { ...proxies, NO_PROXY: '', NODE_USE_ENV_PROXY: '1', NODE_EXTRA_CA_CERTS: ca };
  const { outcomes, heldMs } = await runScript(script, settings);
  expect(outcomes).toMatchObject([
    { kind: 'response', status: 200, body: 'hello' },
    // Not by the connection that was kept for those who may dial it.
    { kind: 'failed', code: 'ADDRESS_REFUSED', address: null },
    { kind: 'response', status: 200, address: '127.0.0.1' },
    { code: 'TLS', error: 'The certificate is not trusted: ERR_TLS_CERT_ALTNAME_INVALID.' },
    { code: 'TIMEOUT' },
  ]);
  expect(receiver.connections()).toBe(2);
  expect(proxy.connections()).toBe(0);
  expect(heldMs).toBeLessThan(1_000);
});

test('whoever turns the check of certificates off turns it off for others, not for webhooks', async () => {
  const server = https.createServer(createCertificate('receiver.test'));
  const { port } = await listen(server);
  const script = `
    const { post } = await import('./server/platform/outbound.ts');
    const options = { ...${JSON.stringify(options)}, resolve: async () => ['127.0.0.1'] };
    console.log(JSON.stringify(await post('https://receiver.test:${port}/', {}, '{}', options)));`;
  const settings = { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1' };
  expect(await runScript(script, settings)).toMatchObject({ kind: 'failed', code: 'TLS' });
});
