import { expect, test } from 'vitest';
import { checkUrl } from '../../server/platform/outbound.ts';
import { createDnsResolve } from '../../server/platform/outbound-lookup.ts';
import { startDnsServer } from '../support/dns-server.ts';
import { listenSilently, send } from '../support/receivers.ts';

/** Public by the registry (RFC 7450) and nobody's server. */
const publicAddress = '192.52.193.77';

const dns = await startDnsServer({
  'silent.test': [null],
  'private.test': [['10.0.0.1', '127.0.0.1', '::1']],
  'mapped.test': [['::ffff:127.0.0.1', '64:ff9b::7f00:1']],
  'mixed.test': [['127.0.0.1', publicAddress, '::1']],
  'turning.test': [[publicAddress], ['127.0.0.1']],
  'broken.test': ['SERVFAIL'],
});
const resolve = createDnsResolve([dns.server]);
const publicOnly = { allowPrivate: false, resolve };

test('a name without an address is a failure of DNS', async () => {
  const outcome = await send('https://unknown.test/', publicOnly);
  const error = 'The name unknown.test has no address.';
  expect(outcome).toMatchObject({ kind: 'failed', code: 'DNS', error, address: null });
  const broken = await send('https://broken.test/', publicOnly);
  expect(broken).toMatchObject({ error: 'The name broken.test could not be resolved: ESERVFAIL.' });
  // As the system resolves, for those who may name private addresses.
  const local = await send('https://unknown.invalid/');
  expect(local).toMatchObject({ kind: 'failed', code: 'DNS', address: null });
});

test('a DNS server that is silent has until the deadline', async () => {
  const outcome = await send('https://silent.test/', { ...publicOnly, timeoutMs: 300 });
  const error = 'The name of the receiver was not resolved within 0.3 s.';
  expect(outcome).toMatchObject({ kind: 'failed', code: 'TIMEOUT', error, address: null });
});

test('a name that leads to private addresses is refused, and none of them is dialled', async () => {
  const receiver = await listenSilently();
  for (const name of ['private.test', 'mapped.test']) {
    expect(await send(`https://${name}:${receiver.port}/`, publicOnly)).toMatchObject({
      kind: 'failed',
      code: 'ADDRESS_REFUSED',
      error: `The name ${name} leads to a private address, and webhooks are not sent there.`,
      address: null,
    });
  }
  expect(receiver.connections()).toBe(0);
});

test('of a name with public and private addresses only the public ones are dialled', async () => {
  const receiver = await listenSilently();
  const url = `https://mixed.test:${receiver.port}/`;
  const outcome = await send(url, { ...publicOnly, timeoutMs: 300 });
  expect(outcome).toMatchObject({ kind: 'failed', address: publicAddress });
  expect(receiver.connections()).toBe(0);
});

test('a name that resolves first to a public, then to a private address never reaches the private one', async () => {
  const receiver = await listenSilently();
  const url = `https://turning.test:${receiver.port}/`;
  const first = await send(url, { ...publicOnly, timeoutMs: 300 });
  // One connection asks once: there is no second answer to be dialled instead of the checked one.
  expect(first).toMatchObject({ kind: 'failed', address: publicAddress });
  expect(dns.asked['turning.test']).toBe(1);
  const second = await send(url, publicOnly);
  expect(second).toMatchObject({ code: 'ADDRESS_REFUSED', address: null });
  expect(dns.asked['turning.test']).toBe(2);
  expect(receiver.connections()).toBe(0);
});

test('a private address in the URL is refused before it is dialled', async () => {
  const { port, connections } = await listenSilently('::');
  for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '[::1]', '[::ffff:7f00:1]', '0'])
    expect(await send(`https://${host}:${port}/`, { allowPrivate: false })).toMatchObject({
      code: 'ADDRESS_REFUSED',
      error: "The endpoint's URL cannot be used. Must not point to a private address.",
      address: null,
    });
  expect(connections()).toBe(0);
});

test.each([
  ['https://example.com', null],
  ['https://example.com:8443/a?b=c', null],
  ['https://[2606:4700:4700::1111]/', null],
  ['https://bücher.example/', null],
  ['http://example.com/', 'Must begin with https://.'],
  ['ftp://example.com/', 'Must begin with https://.'],
  ['javascript:alert(1)', 'Must begin with https://.'],
  ['', 'Must be a URL, like https://example.com/webhooks.'],
  ['example.com', 'Must be a URL, like https://example.com/webhooks.'],
  ['https://1.2.3.4.5/', 'Must be a URL, like https://example.com/webhooks.'],
  ['https://[fe80::1%25eth0]/', 'Must be a URL, like https://example.com/webhooks.'],
  ['https://example.com:65536/', 'Must be a URL, like https://example.com/webhooks.'],
  ['https://example.com:0/', 'Must not name port 0.'],
  [' https://example.com/', 'Must not contain spaces or control characters.'],
  ['https://exa\nmple.com/', 'Must not contain spaces or control characters.'],
  ['https://example.com/\0', 'Must not contain spaces or control characters.'],
  ['https://example.com/\ud800', 'Must not contain spaces or control characters.'],
  ['https://user@example.com/', 'Must not contain a user name or password.'],
  ['https://:secret@example.com/', 'Must not contain a user name or password.'],
  ['https://example.com/#', 'Must not contain a fragment, the part after #.'],
  ['https://localhost/', 'Must not point to a private address.'],
  ['https://LOCALHOST./', 'Must not point to a private address.'],
  ['https://api.localhost/', 'Must not point to a private address.'],
])('an endpoint may or may not be: %j', (url, problem) => {
  expect(checkUrl(url, { allowPrivate: false })).toBe(problem);
});

test('an endpoint has at most 2048 characters', () => {
  const check = (length: number) =>
    checkUrl('https://example.com/'.padEnd(length, 'a'), { allowPrivate: false });
  expect([check(2_048), check(2_049)]).toEqual([null, 'Must be at most 2048 characters long.']);
});

test('plain HTTP and private addresses may be where they are allowed', () => {
  for (const url of ['http://localhost:3000/', 'http://10.0.0.1', 'https://[::1]/'])
    expect(checkUrl(url, { allowPrivate: true })).toBeNull();
  expect(checkUrl('file:///etc/passwd', { allowPrivate: true })).toBe('Must begin with https://.');
});

test('a URL that may not be an endpoint is not sent to', async () => {
  expect(await send('http://example.com/', { allowPrivate: false })).toEqual({
    kind: 'failed',
    code: 'INVALID_URL',
    error: "The endpoint's URL cannot be used. Must begin with https://.",
    durationMs: expect.any(Number),
    address: null,
  });
});
