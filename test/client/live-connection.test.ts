/** What becomes of subscriptions whatever a server does to their connection. */
import { createServer, type Socket } from 'node:net';
import { build } from 'esbuild';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import {
  createLiveConnection,
  type LiveOptions,
  type LiveSink,
  type LiveStatus,
  type LiveTransport,
} from '../../client/live-connection.ts';
import { retryDelayMs } from '../../client/retries.ts';
import { createLatchkeyClient, LatchkeyError, readAnswer } from '../../client/urql.ts';
import { startMoodyServer, type Visit } from '../support/moody-server.ts';

const query = 'subscription { number }';

/** A client's subscription, and all that it was told. */
function subscribe(url: string, apiKey?: LiveOptions['apiKey']) {
  const client = createLatchkeyClient({ url, webSocket: WebSocket, apiKey });
  onTestFinished(() => client.live.dispose());
  const states: LiveStatus['state'][] = [];
  client.live.onStatus(({ state }) => states.push(state));
  const numbers: number[] = [];
  let error: LatchkeyError | null = null;
  const { unsubscribe } = client.subscription(query, {}).subscribe((result) => {
    try {
      numbers.push(readAnswer(result).number);
    } catch (thrown) {
      error = thrown as LatchkeyError;
    }
  });
  return { client, live: client.live, states, numbers, error: () => error, unsubscribe };
}

/** The connection alone. Disposed of after the test. */
function connect(url: string, timing?: LiveOptions['timing']): LiveTransport {
  const live = createLiveConnection({
    url,
    apiKey: () => undefined,
    webSocket: WebSocket,
    ...(timing ? { timing } : {}),
  });
  onTestFinished(live.dispose);
  return live;
}

const deaf: LiveSink = { next: () => {}, fail: () => {}, complete: () => {} };

/** Answers the first subscription of a connection with its number. */
async function serve({ acknowledge, send }: Visit, number: number): Promise<string> {
  const { id } = await acknowledge();
  send({ id, type: 'next', payload: { data: { number } } });
  return id;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('the pauses between attempts', () => {
  test('double from half a second to ten, and half of each is left to chance', () => {
    const spans = Array.from({ length: 8 }, (_, attempt) => [
      retryDelayMs(attempt, 0),
      retryDelayMs(attempt, 1),
    ]);
    expect(spans).toEqual([
      [250, 500],
      [500, 1_000],
      [1_000, 2_000],
      [2_000, 4_000],
      [4_000, 8_000],
      [5_000, 10_000],
      [5_000, 10_000],
      [5_000, 10_000],
    ]);
    expect(retryDelayMs(Number.POSITIVE_INFINITY, 1)).toBe(10_000);
    expect(new Set(Array.from({ length: 50 }, () => retryDelayMs(0))).size).toBeGreaterThan(40);
  });

  test('are kept where each connection is closed at once, whatever for', async () => {
    const servers = await Promise.all(
      [1000, 1012, 4403].map((code) =>
        startMoodyServer(async (visit, number) => {
          await serve(visit, number);
          visit.socket.close(code, 'ACCESS_CHANGED');
        }),
      ),
    );
    const told = servers.map(({ url }) => subscribe(url).numbers);
    await pause(4_000);
    // 0.25…0.5, 0.5…1, 1…2, 2…4 s
    for (const { visits } of servers) {
      expect(visits.length).toBeGreaterThanOrEqual(3);
      expect(visits.length).toBeLessThanOrEqual(5);
    }
    for (const numbers of told) expect(numbers.length).toBeGreaterThanOrEqual(3);
  });
});

describe('a subscription', () => {
  test.each<[string, (socket: WebSocket) => void]>([
    ['1001', (socket) => socket.close(1001)],
    ['1006', (socket) => socket.terminate()],
    ['1012 SERVER_STOPPING', (socket) => socket.close(1012, 'SERVER_STOPPING')],
    ['1013 READING_TOO_SLOWLY', (socket) => socket.close(1013, 'READING_TOO_SLOWLY')],
    ['4403 ACCESS_CHANGED', (socket) => socket.close(4403, 'ACCESS_CHANGED')],
    ['4408', (socket) => socket.close(4408, 'Nothing is watched')],
    ['4500', (socket) => socket.close(4500, 'Unexpected error')],
  ])('goes on by another connection after %s', async (_name, end) => {
    const server = await startMoodyServer(async (visit, number) => {
      await serve(visit, number);
      if (number === 1) end(visit.socket);
    });
    const { numbers, states, live } = subscribe(server.url);
    const reconnected = vi.fn();
    live.onReconnected(reconnected);
    await expect.poll(() => numbers).toEqual([1, 2]);
    expect(states).toEqual(['connecting', 'connected', 'down', 'connected']);
    expect(reconnected).toHaveBeenCalledOnce();
  });

  test('refused with 4429 waits for seconds before it tries again', async () => {
    const server = await startMoodyServer(async (visit, number) => {
      if (number === 1) visit.socket.close(4429, 'At most 20');
      else await serve(visit, number);
    });
    const { numbers } = subscribe(server.url);
    await expect.poll(() => numbers, { timeout: 15_000 }).toEqual([2]);
    const [first = 0, second = 0] = server.visits;
    expect(second - first).toBeGreaterThanOrEqual(4_900);
  });

  test('that is refused for good ends with the error, and nothing is tried again', async () => {
    const ends: [number, string, object][] = [
      [4403, 'DELETED', { code: 'UNAUTHENTICATED', reason: 'DELETED' }],
      [4403, 'SIGNED_OUT', { code: 'UNAUTHENTICATED', reason: 'SIGNED_OUT' }],
      [4403, 'FORBIDDEN', { code: 'FORBIDDEN', reason: null }],
      [4400, 'apiKey must be text', { code: null, reason: null }],
      [1009, '', { code: null, reason: null }],
    ];
    const refused = await Promise.all(
      ends.map(async ([code, word, expected]) => {
        const server = await startMoodyServer(async (visit, number) => {
          await serve(visit, number);
          visit.socket.close(code, word);
        });
        return { server, expected, sentence: `${code} ${word}`.trim(), ...subscribe(server.url) };
      }),
    );
    for (const { error, expected, sentence, live } of refused) {
      await expect.poll(error).toBeInstanceOf(LatchkeyError);
      const message = `The connection was closed: ${sentence}.`;
      expect(error()).toMatchObject({ ...expected, message, status: null, requestId: null });
      expect(live.status).toEqual({ state: 'idle' });
    }
    await pause(1_500);
    for (const { server, numbers, client } of refused) {
      expect(server.visits).toHaveLength(1);
      expect(numbers).toEqual([1]);
      // Whoever subscribes anew is told anew.
      const { data, error } = await client.subscription(query, {}).toPromise();
      expect(data).toEqual({ number: 2 });
      expect(error).toBeDefined();
    }
  });

  test('that is refused before it is let in ends as well', async () => {
    const server = await startMoodyServer(({ socket }) => socket.close(4403, 'UNKNOWN'));
    const { error } = subscribe(server.url);
    await expect.poll(error).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'UNKNOWN' });
  });

  test('whose key was replaced meanwhile goes on with the new one', async () => {
    let key = 'old';
    const server = await startMoodyServer(async (visit, number) => {
      await serve(visit, number);
      if (number > 1) return;
      key = 'new';
      visit.socket.close(4403, 'ROTATED_OUT');
    });
    const inits: unknown[] = [];
    const { numbers } = subscribe(server.url, () => {
      inits.push(key);
      return key;
    });
    await expect.poll(() => numbers).toEqual([1, 2]);
    expect(inits).toEqual(['old', 'new', 'new']); // asked once more, to see whether another is at hand
  });

  test.each(['next', 'error'])(
    'is asked for again while the database is away, which %s says',
    async (type) => {
      const errors = [{ message: 'Later.', extensions: { code: 'UNAVAILABLE' } }];
      const server = await startMoodyServer(async (visit) => {
        const { id } = await visit.acknowledge();
        visit.socket.on('message', (data) => {
          const message = JSON.parse(String(data));
          if (message.type !== 'subscribe') return;
          visit.send({ id: message.id, type: 'next', payload: { data: { number: 7 } } });
        });
        await pause(50);
        visit.send({ id, type, payload: type === 'next' ? { data: null, errors } : errors });
        if (type === 'next') visit.send({ id, type: 'complete' });
      });
      const { client, numbers, error, live, states } = subscribe(server.url);
      const reconnected = vi.fn();
      live.onReconnected(reconnected);
      await expect.poll(() => states).toEqual(['connecting', 'connected']);
      client.subscription('subscription Other { number }', {}).subscribe(() => {});
      await expect.poll(() => numbers).toEqual([7]);
      // Nobody is told that what they see is live while it is not.
      await expect.poll(() => states).toEqual(['connecting', 'connected', 'down', 'connected']);
      expect(reconnected).toHaveBeenCalledOnce();
      expect(error()).toBeNull();
      expect(server.visits).toHaveLength(1);
    },
  );

  test('counts as going on again once nothing was said against it for a while', async () => {
    const errors = [{ message: 'Later.', extensions: { code: 'UNAVAILABLE' } }];
    const server = await startMoodyServer(async (visit, number) => {
      const { id } = await visit.acknowledge();
      if (number === 1) visit.send({ id, type: 'error', payload: errors });
    });
    const timing = { pingEvery: 60_000, answerWithin: 2_000, goodbyeWithin: 1_000 };
    const live = connect(server.url, timing);
    const states: LiveStatus['state'][] = [];
    live.onStatus(({ state }) => states.push(state));
    live.subscribe({ query }, deaf);
    await expect.poll(() => server.visits.length).toBe(2);
    expect(states).toEqual(['connecting', 'connected', 'down']);
    await expect.poll(() => states).toEqual(['connecting', 'connected', 'down', 'connected']);
  });

  test('is in doubt until it is told something itself, whatever others are told', async () => {
    const errors = [{ message: 'Later.', extensions: { code: 'UNAVAILABLE' } }];
    let attempts = 0;
    let answer = () => {};
    const server = await startMoodyServer(async (visit) => {
      visit.socket.on('message', (data) => {
        const { type, id, payload } = JSON.parse(String(data));
        if (type !== 'subscribe') return;
        const tell = () => visit.send({ id, type: 'next', payload: { data: { number: 1 } } });
        if (payload.query !== query) {
          const ticking = setInterval(tell, 20);
          visit.socket.on('close', () => clearInterval(ticking));
          return;
        }
        attempts += 1;
        if (attempts === 1) visit.send({ id, type: 'error', payload: errors });
        else answer = tell;
      });
      await visit.acknowledge();
    });
    const live = connect(server.url);
    let ticks = 0;
    live.subscribe({ query: 'subscription Other { number }' }, { ...deaf, next: () => ticks++ });
    live.subscribe({ query }, deaf);
    await expect.poll(() => attempts).toBe(2);
    const before = ticks;
    await expect.poll(() => ticks).toBeGreaterThan(before + 2);
    expect(live.status.state).toBe('down');
    answer();
    await expect.poll(() => live.status.state).toBe('connected');
    expect(server.visits).toHaveLength(1);
  });

  test('is in doubt no more once nobody waits for it', async () => {
    const errors = [{ message: 'Later.', extensions: { code: 'UNAVAILABLE' } }];
    const server = await startMoodyServer(async (visit) => {
      visit.socket.on('message', (data) => {
        const { type, id, payload } = JSON.parse(String(data));
        if (type !== 'subscribe' || payload.query !== query) return;
        visit.send({ id, type: 'error', payload: errors });
      });
      await visit.acknowledge();
    });
    const live = connect(server.url);
    live.subscribe({ query: 'subscription Other { number }' }, deaf);
    const leave = live.subscribe({ query }, deaf);
    await expect.poll(() => live.status.state).toBe('down');
    leave();
    expect(live.status.state).toBe('connected');
  });

  test('ends with the errors that it is told, once', async () => {
    const server = await startMoodyServer(async ({ acknowledge, send }) => {
      const { id } = await acknowledge();
      const extensions = { code: 'NOT_FOUND', requestId: 'r-1' };
      send({ id, type: 'error', payload: [{ message: 'Not found.', extensions }] });
    });
    const { error, live } = subscribe(server.url);
    await expect.poll(error).toMatchObject({ code: 'NOT_FOUND', requestId: 'r-1' });
    expect(live.status).toEqual({ state: 'idle' });
  });

  test('is told an error with one result and none with the next', async () => {
    const server = await startMoodyServer(async ({ acknowledge, send }) => {
      const { id } = await acknowledge();
      const errors = [{ message: 'Not now.' }];
      send({ id, type: 'next', payload: { data: { number: null }, errors } });
      send({ id, type: 'next', payload: { data: { number: 2 } } });
    });
    const { numbers, error } = subscribe(server.url);
    await expect.poll(() => numbers).toEqual([2]);
    expect(error()).toMatchObject({ message: 'Not now.' });
  });

  test('that is complete ends without a second telling of its last result', async () => {
    const server = await startMoodyServer(async (visit) => {
      const id = await serve(visit, 1);
      visit.send({ id, type: 'complete' });
    });
    const { numbers, live } = subscribe(server.url);
    await expect.poll(() => live.status).toEqual({ state: 'idle' });
    await pause(100);
    expect(numbers).toEqual([1]);
  });

  test('goes on where what its caller does with a result fails', async () => {
    const server = await startMoodyServer(async (visit) => {
      const id = await serve(visit, 1);
      visit.send({ id, type: 'next', payload: { data: { number: 2 } } });
    });
    const live = connect(server.url);
    const failures = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation(() => {});
    onTestFinished(() => failures.mockRestore());
    const results: unknown[] = [];
    live.subscribe(
      { query },
      {
        ...deaf,
        next(result) {
          results.push(result);
          throw new Error('Of the caller.');
        },
      },
    );
    await expect.poll(() => results).toHaveLength(2);
    const thrown = failures.mock.calls.map(([fail]) => fail);
    expect(thrown.some((fail) => String(fail).includes('throw'))).toBe(true);
  });
});

test('what a browser loads has neither ws nor anything of Node in it', async () => {
  const { metafile } = await build({
    entryPoints: ['client/urql.ts'],
    bundle: true,
    platform: 'browser',
    format: 'esm',
    write: false,
    metafile: true,
  });
  const packages = Object.keys(metafile.inputs).flatMap(
    (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [],
  );
  expect([...new Set(packages)].sort()).toEqual([
    '@0no-co/graphql.web',
    '@urql/core',
    'graphql-ws',
    'wonka',
  ]);
});

describe('the connection', () => {
  test('is one for all subscriptions, made for the first and closed after the last', async () => {
    const closed = vi.fn();
    const server = await startMoodyServer(async (visit, number) => {
      visit.socket.on('close', (code) => closed(code));
      await serve(visit, number);
    });
    const client = createLatchkeyClient({ url: server.url, webSocket: WebSocket });
    onTestFinished(() => client.live.dispose());
    await pause(100);
    expect(server.visits).toHaveLength(0);
    const [one, other] = ['{ number }', '{ number two: number }'].map((fields) =>
      client.subscription(`subscription ${fields}`, {}).subscribe(() => {}),
    );
    await expect.poll(() => client.live.status).toEqual({ state: 'connected' });
    one!.unsubscribe();
    await pause(100);
    expect(closed).not.toHaveBeenCalled();
    other!.unsubscribe();
    await expect.poll(() => closed.mock.calls).toEqual([[1000]]);
    expect(client.live.status).toEqual({ state: 'idle' });
    expect(server.visits).toHaveLength(1);
  });

  test('stays for the others where one leaves at its last result', async () => {
    const server = await startMoodyServer(async (visit) => {
      const { id } = await visit.acknowledge();
      visit.socket.on('message', () => {
        visit.send({ id, type: 'next', payload: { data: { number: 1 } } });
        visit.send({ id, type: 'complete' });
      });
    });
    const live = connect(server.url);
    const left = vi.fn(() => leave());
    const leave = live.subscribe({ query }, { ...deaf, next: left });
    await expect.poll(() => live.status).toEqual({ state: 'connected' });
    live.subscribe({ query }, deaf);
    await expect.poll(() => left.mock.calls).toHaveLength(1);
    await pause(200);
    expect(live.status).toEqual({ state: 'connected' });
    expect(server.visits).toHaveLength(1);
  });

  test('is made anew without a pause for a subscription that comes while it is closing', async () => {
    const server = await startMoodyServer(serve);
    const { client, states, numbers, unsubscribe } = subscribe(server.url);
    await expect.poll(() => numbers).toEqual([1]);
    unsubscribe();
    await pause(0);
    const before = performance.now();
    await new Promise((resolve) => client.subscription(query, {}).subscribe(resolve));
    expect(performance.now() - before).toBeLessThan(200);
    expect(states).toEqual(['connecting', 'connected', 'idle', 'connecting', 'connected']);
  });

  test('to a server that has fallen silent is given up, and is down since it was last heard', async () => {
    const server = await startMoodyServer(async (visit, number) => {
      await serve(visit, number);
      if (number === 1) visit.socket.pause(); // it reads no more, and so answers nothing
    });
    const live = connect(server.url, { pingEvery: 200, answerWithin: 500, goodbyeWithin: 100 });
    const results: unknown[] = [];
    let heardAt = 0;
    const next = (result: unknown) => {
      heardAt ||= Date.now();
      results.push(result);
    };
    live.subscribe({ query }, { ...deaf, next });
    await expect.poll(() => live.status.state, { interval: 5 }).toBe('down');
    const since = (live.status as { since: Date }).since.getTime();
    expect(Math.abs(since - heardAt)).toBeLessThan(100);
    expect(Date.now() - since).toBeGreaterThanOrEqual(500);
    await expect.poll(() => results).toHaveLength(2);
    expect(live.status).toEqual({ state: 'connected' });
    await pause(1_000); // one that answers is not given up
    expect(server.visits).toHaveLength(2);
  });

  test('that is never let in is tried again', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket.resume()));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const { port } = silent.address() as { port: number };
    const live = connect(`http://127.0.0.1:${port}`, {
      pingEvery: 200,
      answerWithin: 300,
      goodbyeWithin: 100,
    });
    live.subscribe({ query }, deaf);
    await expect.poll(() => sockets.length).toBe(3);
    expect(live.status).toMatchObject({ state: 'down', since: expect.any(Date) });
    await expect.poll(() => sockets.filter(({ destroyed }) => !destroyed).length).toBeLessThan(2);
  });

  test('is refused after its client was disposed of, and where there is no WebSocket', async () => {
    const server = await startMoodyServer(serve);
    const { client, live, numbers } = subscribe(server.url);
    await expect.poll(() => numbers).toEqual([1]);
    live.dispose();
    const refused = await client.subscription(query, {}).toPromise();
    expect(() => readAnswer(refused)).toThrow('This client was disposed of.');

    vi.stubGlobal('WebSocket', undefined);
    onTestFinished(() => void vi.unstubAllGlobals());
    const bare = createLatchkeyClient({ url: server.url });
    const failed = await bare.subscription(query, {}).toPromise();
    expect(() => readAnswer(failed)).toThrow('There is no WebSocket here.');
  });
});
