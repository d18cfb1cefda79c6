/** What Node gives up, or would, before a request is made of it is answered like everything else. */
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { probeSchema } from '../support/probe-schema.ts';
import { startTestServer } from '../support/server.ts';

const server = await startTestServer({ schema: probeSchema });

/** Everything that is said to these bytes, until the connection closes. */
function say(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => {
      socket.write(bytes);
    });
    let heard = '';
    socket.setEncoding('utf8').on('data', (text) => {
      heard += text;
    });
    socket.on('error', () => {}).once('close', () => resolve(heard));
  });
}

const host = 'Host: localhost\r\n';
const upgrade = `${host}Connection: Upgrade\r\nUpgrade: websocket\r\n`;
const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

test.each([
  ['no HTTP at all', 'hello\r\n\r\n', 400],
  ['a header that is none', `GET / HTTP/1.1\r\n${host}no header\r\n\r\n`, 400],
  ['headers without end', `GET / HTTP/1.1\r\n${host}X: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  [
    'a chunk that is none',
    `POST /graphql HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
    400,
  ],
  [
    'two lengths',
    `POST /graphql HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`,
    400,
  ],
  ['no host', `POST /graphql HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}`, 400],
  [
    'a socket elsewhere',
    `GET /other HTTP/1.1\r\n${upgrade}${key}Sec-WebSocket-Version: 13\r\n\r\n`,
    404,
  ],
  [
    'a socket without a key',
    `GET /graphql HTTP/1.1\r\n${upgrade}Sec-WebSocket-Version: 13\r\n\r\n`,
    400,
  ],
  [
    'a socket of another version',
    `GET /graphql HTTP/1.1\r\n${upgrade}${key}Sec-WebSocket-Version: 99\r\n\r\n`,
    400,
  ],
])('%s is answered with a request id, and closed', async (_, bytes, status) => {
  const heard = await say(bytes);
  const [head, body] = heard.split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [A-Z]`));
  expect(head).toMatch(/^x-content-type-options: nosniff$/m);
  expect(head).toMatch(/^connection: close$/im);
  const requestId = /^x-request-id: ([0-9a-f-]{36})$/m.exec(head!)?.[1];
  expect(JSON.parse(body!)).toEqual({ message: expect.stringMatching(/\.$/), requestId });
  await expect
    .poll(() => server.log.splice(0))
    .toMatchObject([{ level: 'info', requestId, status }]);
});

test('an expectation that nobody knows is ignored', async () => {
  const heard = await say(
    `GET /health/live HTTP/1.1\r\n${host}Expect: nonsense\r\nConnection: close\r\n\r\n`,
  );
  expect(heard).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(heard).toMatch(/^x-request-id: /m);
});
