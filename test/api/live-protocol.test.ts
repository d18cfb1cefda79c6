/** The graphql-transport-ws protocol, and what is asked over a socket that is open. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createTestProject } from '../support/projects.ts';
import { startTestServer } from '../support/server.ts';
import { openSocket, type SocketOptions } from '../support/socket.ts';

const server = await startTestServer({ socketTimes: { initTimeoutMs: 500 } });
const { tools, url } = server;
const { owner, production } = await createTestProject(tools);
const { secret } = production;

async function expectToServe(): Promise<void> {
  const { ask } = await openSocket(url, { init: { apiKey: secret } });
  expect(await ask('{ __typename }')).toMatchObject({ data: { __typename: 'Query' } });
}

describe('the protocol', () => {
  const subscribe = JSON.stringify({
    id: '1',
    type: 'subscribe',
    payload: { query: '{ __typename }' },
  });
  const running = JSON.stringify({
    id: '1',
    type: 'subscribe',
    payload: { query: 'subscription { liveSessionCounts { pending } }' },
  });
  const init = (payload: object) => JSON.stringify({ type: 'connection_init', payload });

  /** Says this once the socket is open, and waits for how it is closed. */
  async function say(messages: (string | Buffer)[], options: SocketOptions = { init: null }) {
    const socket = await openSocket(url, options);
    for (const message of messages) socket.socket.send(message);
    const { code } = await socket.untilClosed();
    return { code, isAcknowledged: socket.isAcknowledged };
  }

  test.each<[string, (string | Buffer)[], SocketOptions | undefined, number]>([
    ['an operation before connection_init', [subscribe], undefined, 4401],
    [
      'an operation before the acknowledgement',
      [init({ apiKey: secret }), subscribe],
      undefined,
      4401,
    ],
    ['no connection_init in time', [], undefined, 4408],
    ['a second connection_init', [init({})], { init: { apiKey: secret } }, 4429],
    ['a second connection_init before the acknowledgement', [init({}), init({})], undefined, 4429],
    ['two operations of one id', [running, running], { init: { apiKey: secret } }, 4409],
    ['what is no JSON', ['hello'], { init: { apiKey: secret } }, 4400],
    ['what is no message', ['{"type":"hello"}'], { init: { apiKey: secret } }, 4400],
    ['what only servers say', ['{"type":"connection_ack"}'], { init: { apiKey: secret } }, 4400],
    ['what is no text', [Buffer.from(subscribe)], { init: { apiKey: secret } }, 4400],
    ['a key that is no text', [init({ apiKey: 7 })], undefined, 4400],
    ['a message of more than a megabyte', ['x'.repeat(1_048_577)], { init: null }, 1009],
  ])('closes for %s', async (_, messages, options, code) => {
    expect((await say(messages, options)).code).toBe(code);
    expect(server.faults()).toEqual([]);
  });

  test('reads a message of a megabyte', async () => {
    const { socket } = await openSocket(url, { init: { apiKey: secret } });
    const answer = once(socket, 'message');
    socket.send(subscribe.padEnd(1_048_576));
    expect(JSON.parse(String((await answer)[0]))).toMatchObject({ id: '1', type: 'next' });
  });

  test.each<[string, string[]]>([
    ['no subprotocol', []],
    ['the subprotocol of old', ['graphql-ws']],
  ])('closes with 4406 for %s, and survives what comes all the same', async (_, protocols) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, protocols);
    const closed = new Promise<number | string>((resolve) => {
      socket.once('close', resolve).once('error', ({ message }) => resolve(message));
    });
    socket.once('open', () => {
      for (let n = 0; n < 10; n += 1) socket.send(subscribe);
    });
    // A client that named one and got none breaks off by itself, which RFC 6455 has it do.
    expect(await closed).toBe(protocols.length === 0 ? 4406 : 'Server sent no subprotocol');
    await expectToServe();
  });

  test('answers pings, also before connection_init', async () => {
    const { socket } = await openSocket(url, { init: null });
    const answer = once(socket, 'message');
    socket.send('{"type":"ping","payload":{"n":1}}');
    expect(JSON.parse(String((await answer)[0]))).toEqual({ type: 'pong', payload: { n: 1 } });
  });

  test('is spoken at /graphql only, and nobody who asks elsewhere does any harm', async () => {
    const { hostname, port } = new URL(url);
    for (let n = 0; n < 20; n += 1) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {});
      let heard = '';
      socket.on('data', (bytes) => {
        heard += bytes;
      });
      const head = ['GET /elsewhere HTTP/1.1', `Host: ${hostname}`, 'Connection: Upgrade'];
      socket.write(`${[...head, 'Upgrade: websocket'].join('\r\n')}\r\n\r\n`);
      // Every other one is gone before it can be answered.
      if (n % 2 === 0) socket.once('connect', () => setImmediate(() => socket.resetAndDestroy()));
      await once(socket, 'close');
      if (n % 2 === 1) expect(heard).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
    }
    expect((await server.send('/health/live')).status).toBe(200);
  });
});

describe('over an open socket', () => {
  test('queries and mutations are answered as over HTTP, refusals too', async () => {
    const socket = await openSocket(url, { init: { apiKey: secret } });
    for (const query of [
      '{ viewerKey { id name preview } server { version } }',
      '{ nothing }',
      '{ viewer',
      '{ project(id: "") { id } }',
      'query One { server { version } } query Two { __typename }',
      'mutation { createProject(input: { name: "x" }) { __typename ... on UserError { code } } }',
    ]) {
      const answer = await socket.ask(query);
      const { json } = await server.post(query, {}, { headers: { 'x-api-key': secret } });
      const codes = ({ errors }: typeof json) =>
        errors?.map(({ extensions }: { extensions: { code: string } }) => extensions.code);
      expect({ query, data: answer.data ?? undefined, codes: codes(answer) }).toEqual({
        query,
        data: json.data ?? undefined,
        codes: codes(json),
      });
    }
    expect(socket.closed).toBeNull();
  });

  test('the sign-in cookie cannot be set', async () => {
    const headers = { cookie: `latchkey=${owner.token}`, origin: url };
    const socket = await openSocket(url, { headers });
    const { data } = await socket.ask(
      'mutation { signOut { __typename ... on UserError { code message } } }',
    );
    expect(data.signOut).toEqual({
      __typename: 'ForbiddenError',
      code: 'FORBIDDEN',
      message: 'A WebSocket cannot set the sign-in cookie. Send this over HTTP.',
    });
    const { data: later } = await socket.ask('{ viewer { email } }');
    expect(later.viewer.email).toBe(owner.email);
  });

  test('operations of which there is none, or more than one, take no place for good', async () => {
    const socket = await openSocket(url, { init: { apiKey: secret } });
    for (let n = 0; n < 120; n += 1) {
      const { errors } = await socket.ask('query One { __typename } query Two { __typename }');
      expect(errors[0].extensions.code).toBe('GRAPHQL_INVALID');
    }
    expect(await socket.ask('{ __typename }')).toMatchObject({ data: { __typename: 'Query' } });
  });

  test('a hundred operations run at once, and one more is refused', async () => {
    const socket = await openSocket(url, { init: { apiKey: secret } });
    const counts = 'subscription { liveSessionCounts { pending } }';
    const running = Array.from({ length: 100 }, () => socket.subscribe(counts));
    await Promise.all(running.map(({ until }) => until(() => true)));
    const { errors } = await socket.ask(counts);
    expect(errors[0].extensions.code).toBe('RATE_LIMITED');
    running[0]!.complete();
    await expect
      .poll(async () => (await socket.ask('{ __typename }')).data)
      .toEqual({ __typename: 'Query' });
  });

  test('one that ends makes room for another in the same breath', async () => {
    const { socket, subscribe } = await openSocket(url, { init: { apiKey: secret } });
    const counts = 'subscription { liveSessionCounts { pending } }';
    const running = Array.from({ length: 100 }, () => subscribe(counts));
    await Promise.all(running.map(({ until }) => until(() => true)));
    for (let times = 0; times < 20; times += 1) {
      const next = inOneBreath(socket, () => {
        running.pop()!.complete();
        return subscribe(counts);
      });
      running.unshift(next);
      await expect.poll(() => next.error ?? next.results.length).toBe(1);
    }
  });

  test('and its id is free for another, which lives on', async () => {
    const { socket } = await openSocket(url, { init: { apiKey: secret } });
    const heard: string[] = [];
    socket.on('message', (data) => void heard.push(JSON.parse(String(data)).type));
    const payload = { query: 'subscription { liveSessionCounts { pending } }' };
    const start = () => socket.send(JSON.stringify({ id: 'a', type: 'subscribe', payload }));
    const end = () => socket.send(JSON.stringify({ id: 'a', type: 'complete' }));
    start();
    await expect.poll(() => heard).toEqual(['next']);
    inOneBreath(socket, () => {
      end();
      start();
    });
    await expect.poll(() => heard).toEqual(['next', 'next']);
  });
});

/** What is said is sent, and arrives, as one. */
function inOneBreath<Result>(socket: WebSocket, say: () => Result): Result {
  const { _socket: stream } = socket as unknown as { _socket: Socket };
  stream.cork();
  const result = say();
  stream.uncork();
  return result;
}
