/** Those who watch session counts, each by a socket and by an event stream, until their credential ends. */
import { expect } from 'vitest';
import type { GraphQLOptions } from './server.ts';
import { type EventStream, openSocket, openStream, type TestSocket } from './socket.ts';

/** A credential, in the ways in which it is sent, and what to watch with it. */
export interface Watcher {
  /** The payload of `connection_init`. */
  payload: object;
  /** Of the WebSocket itself. */
  socketHeaders: Record<string, string>;
  by: GraphQLOptions;
  variables: { projectId?: string };
}

export function watcherByKey(value: string): Watcher {
  const by = { headers: { 'x-api-key': value } };
  return { payload: { apiKey: value }, socketHeaders: {}, by, variables: {} };
}

export function watcherByCookie(value: string, projectId: string): Watcher {
  const cookie = `latchkey=${value}`;
  const by = { headers: { cookie } };
  return { payload: {}, socketHeaders: { cookie }, by, variables: { projectId } };
}

/** @param key beside the token, whose environment is then watched */
export function watcherByToken(token: string, projectId: string, key?: string): Watcher {
  const authorization = `Bearer ${token}`;
  const headers = { authorization, ...(key && { 'x-api-key': key }) };
  const payload = { authorization, ...(key && { apiKey: key }) };
  return { payload, socketHeaders: {}, by: { headers }, variables: key ? {} : { projectId } };
}

const counts = `subscription ($projectId: ID) {
  liveSessionCounts(projectId: $projectId) { lifetime { started } } }`;

export interface Watching {
  readonly socket: TestSocket;
  readonly stream: EventStream;
  /** When each was closed, on the clock of performance.now(). */
  readonly closedAt: { socket: number | null; stream: number | null };
  /** How many sessions each was told of last. */
  told(): [socket: number, stream: number];
}

/** Opens both at this server, and waits until both are told the present state. */
export async function watchAt(url: string, watcher: Watcher): Promise<Watching> {
  const { payload, socketHeaders, by, variables } = watcher;
  const [socket, stream] = await Promise.all([
    openSocket(url, { init: payload, headers: socketHeaders }),
    openStream(url, counts, variables, by.headers),
  ]);
  expect(socket.closed, 'the socket was refused').toBeNull();
  expect(stream.status, 'the stream was refused').toBe(200);
  const subscription = socket.subscribe(counts, variables);
  const closedAt: Watching['closedAt'] = { socket: null, stream: null };
  socket.socket.once('close', () => {
    closedAt.socket = performance.now();
  });
  void stream.over.then(() => {
    closedAt.stream = performance.now();
  });
  await Promise.all([subscription.until(() => true), stream.until(() => true)]);
  const last = (results: EventStream['results']) =>
    results.findLast(({ data }) => data)?.data.liveSessionCounts.lifetime.started;
  return {
    socket,
    stream,
    closedAt,
    told: () => [last(subscription.results), last(stream.results)],
  };
}

/**
 * On a loaded machine everything is late. Where nothing else runs, the tests hold with a thousand, too:
 * what a client is promised.
 */
const patienceMs = 2_000;

/**
 * All are closed, in time after `since`, with the word that says why, and the streams with an error.
 *
 * @param isGone what they watch ends with the credential, of which a stream may hear first
 */
export async function expectAllEnded(
  watching: Watching[],
  reason: string,
  since: number,
  { isGone = false }: { isGone?: boolean } = {},
): Promise<void> {
  const closed = () => watching.flatMap(({ closedAt }) => [closedAt.socket, closedAt.stream]);
  await expect.poll(closed, { timeout: 2 * patienceMs, interval: 5 }).not.toContain(null);
  const isOfKeys = !['SIGNED_OUT', 'ACCESS_CHANGED'].includes(reason);
  const expected = { code: 'UNAUTHENTICATED', word: isOfKeys ? reason : undefined };
  for (const { socket, stream } of watching) {
    expect(socket.closed).toEqual({ code: 4403, reason });
    const { code, reason: word } = stream.results.at(-1).errors[0].extensions;
    if (!isGone || code !== 'NOT_FOUND') expect({ code, word }).toEqual(expected);
    expect(stream.isComplete).toBe(true);
  }
  expect(Math.max(...closed().map((at) => at! - since))).toBeLessThan(patienceMs);
}

/**
 * All are open, and hear of what happens next. They watch the same, and all who do are among them: so
 * none has an earlier change still before it.
 *
 * @param start starts a session there
 */
export async function expectGoingOn(
  watching: Watching | Watching[],
  start: () => Promise<unknown>,
): Promise<void> {
  const all = [watching].flat();
  const told = () => all.flatMap((each) => each.told());
  const before = Math.max(...told());
  await start();
  await expect.poll(told).toEqual(told().map(() => before + 1));
  for (const { socket, closedAt } of all) {
    expect({ ...closedAt, closed: socket.closed }).toEqual({
      socket: null,
      stream: null,
      closed: null,
    });
  }
}
