/** Clients of many kinds that go on asking whatever happens, as good clients do: what may be sent again they send again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { newAddress } from './call.ts';
import type { ServerProcess } from './process.ts';
import type { GraphQLOptions } from './server.ts';
import { nobodyAtAll, operations, subject, withKey } from './session-api.ts';

/** What became of a session, as a client was told. */
export type Outcome = 'PENDING' | 'CANCELLED' | 'CONFIRMED' | 'USED';

export interface SteadyLoad {
  /** By session: the last that was acknowledged. */
  readonly acknowledged: ReadonlyMap<string, Outcome>;
  /** Each start that was asked for, however often, has one of these. */
  readonly idempotencyKeys: ReadonlySet<string>;
  /** By what was asked: how often it was refused as UNAVAILABLE. */
  readonly refused: ReadonlyMap<string, number>;
  /** By what was asked: how often it was answered. */
  readonly answered: ReadonlyMap<string, number>;
  /** What was answered otherwise than a client may expect. */
  readonly surprises: readonly string[];
  /** Resolves when everything that was begun has been acknowledged. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  secret: string;
  /** Of an environment in which it may start sessions. */
  publishable: string;
  /** Of somebody who is a member. */
  cookie: string;
  projectId: string;
}

/** The server cannot do this right now. */
class Refused extends Error {}

interface FaultShape {
  extensions: { code: string };
}

const writers = 6;
const jwksPath = '/.well-known/jwks.json';
const list = `query ($id: ID!) { project(id: $id) {
  authSessions(first: 5) { edges { node { id status } } } logs(first: 5) { edges { node { id type } } } } }`;
const byId = 'query ($id: ID!) { node(id: $id) { id ... on AuthSession { status } } }';

export function startSteadyLoad(server: ServerProcess, options: LoadOptions): SteadyLoad {
  const acknowledged = new Map<string, Outcome>();
  const idempotencyKeys = new Set<string>();
  const refused = new Map<string, number>();
  const answered = new Map<string, number>();
  const surprises: string[] = [];
  let isOver = false;
  const secretKey = withKey(options.secret);
  /** Each from an address of its own, which the server takes a proxy's word for. */
  const newDevice = () => withKey(options.publishable, { 'x-forwarded-for': newAddress() });
  const count = (counts: Map<string, number>, name: string) =>
    counts.set(name, (counts.get(name) ?? 0) + 1);

  /** @throws {Refused} where the same may be sent again, and the reply says so in every way */
  async function send(name: string, path: string, init: RequestInit): Promise<string> {
    const reply = await fetch(`${server.url}${path}`, init);
    const text = await reply.text();
    const told = `${name}: HTTP ${reply.status} ${text}`;
    const { headers, status } = reply;
    if (!headers.get('x-request-id')) throw new Error(`No request id. ${told}`);
    if (status === 200 && !text.startsWith('{"errors"')) {
      count(answered, name);
      return text;
    }
    const errors = path === jwksPath ? [] : JSON.parse(text).errors;
    const isTyped = errors.every((error: FaultShape) => error.extensions.code === 'UNAVAILABLE');
    if (!isTyped || status !== 503 || headers.get('retry-after') !== '1') throw new Error(told);
    count(refused, name);
    throw new Refused(told);
  }

  async function ask(
    name: string,
    query: string,
    variables: object,
    { headers, cookie }: GraphQLOptions,
    // biome-ignore lint/suspicious/noExplicitAny: members of every shape
  ): Promise<any> {
    const text = await send(name, '/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...headers,
        ...(cookie !== undefined && { cookie: `latchkey=${cookie}` }),
      },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = JSON.parse(text);
    if (errors) throw new Error(`${name}: errors beside data: ${text}`);
    return data;
  }

  /** Sends it until it is answered. @param attempt is told whether it was sent before */
  async function insist<Result>(attempt: (isRepeat: boolean) => Promise<Result>): Promise<Result> {
    for (let isRepeat = false; ; isRepeat = true) {
      try {
        return await attempt(isRepeat);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        await sleep(50);
      }
    }
  }

  async function begin(idempotencyKey: string) {
    idempotencyKeys.add(idempotencyKey);
    const { answer } = await insist(() =>
      ask('start', operations.start, { input: { idempotencyKey } }, secretKey),
    );
    const { sessionId } = answer.session;
    acknowledged.set(sessionId, 'PENDING');
    return { sessionId, clientSecret: answer.clientSecret };
  }

  /** Moves a session; where no answer came, the repeat may find it moved already. */
  async function move(
    name: 'confirm' | 'cancel',
    input: { sessionId: string; subject?: object },
    to: Outcome,
  ): Promise<void> {
    const { answer } = await insist((isRepeat) =>
      ask(name, operations[name], { input }, secretKey).then((data) => {
        const isDone =
          data.answer.session?.status === to || (isRepeat && data.answer.status === to);
        if (!isDone) throw new Error(`${name}: ${JSON.stringify(data)}`);
        return data;
      }),
    );
    acknowledged.set(input.sessionId, to);
    return answer;
  }

  async function write(writer: number): Promise<void> {
    for (let n = 0; !isOver; n += 1) {
      const { sessionId, clientSecret } = await begin(`${writer} ${n}`);
      await insist(() => ask('watch', operations.watch, { secret: clientSecret }, nobodyAtAll));
      if (n % 4 === 0) await move('cancel', { sessionId }, 'CANCELLED');
      if (n % 4 > 1) {
        await move('confirm', { sessionId, subject }, 'CONFIRMED');
        const input = { sessionId, idempotencyKey: sessionId };
        const { answer } = await insist(() =>
          ask('exchange', operations.exchange, { input }, secretKey),
        );
        if (!answer.proof) throw new Error(`exchange: ${JSON.stringify(answer)}`);
        acknowledged.set(sessionId, 'USED');
      }
      await sleep(10);
    }
  }

  const member = { cookie: options.cookie };
  const json = { 'content-type': 'application/json', ...secretKey.headers };
  const reads: Record<string, () => Promise<unknown>> = {
    'list by a member': () => ask('list by a member', list, { id: options.projectId }, member),
    'start by a device': () =>
      ask('start by a device', operations.start, { input: {} }, newDevice()).then(({ answer }) =>
        acknowledged.set(answer.session.sessionId, 'PENDING'),
      ),
    'node by a key': () =>
      ask('node by a key', byId, { id: [...acknowledged.keys()].at(-1) ?? 'none' }, secretKey),
    export: () =>
      send('export', '/export/logs', {
        method: 'POST',
        headers: json,
        body: JSON.stringify({ format: 'csv', filter: { types: ['key.created'] } }),
      }),
    jwks: () => send('jwks', jwksPath, {}),
  };

  async function goOn(once: () => Promise<unknown>): Promise<void> {
    while (!isOver) {
      await once().catch((error) => {
        if (!(error instanceof Refused)) throw error;
      });
      await sleep(100);
    }
  }

  const surprised = (error: Error) => void surprises.push(error.message);
  const running = Promise.all([
    ...Array.from({ length: writers }, (_, writer) => write(writer).catch(surprised)),
    ...Object.values(reads).map((read) => goOn(read).catch(surprised)),
  ]);
  return {
    acknowledged,
    idempotencyKeys,
    refused,
    answered,
    surprises,
    async stop() {
      isOver = true;
      await running;
    },
  };
}
