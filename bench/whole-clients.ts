/**
 * A process that takes sessions through their life: the server that starts, confirms and exchanges them,
 * and the devices that wait for them, each with an event stream of its own.
 */
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { bytesOf, HttpConnection, openSocket, within } from './http-connection.ts';
import { answerTasks } from './processes.ts';

export const steps = ['start', 'watch', 'confirm', 'exchange'] as const;
export type Step = (typeof steps)[number];

export interface WholeTask {
  port: number;
  /** A secret key. */
  key: string;
  /** What to do with all sessions that came through the step before; starting begins anew. */
  step: Step;
  /** How many are started. */
  count: number;
  /** How many requests are under way at once. */
  connections: number;
}

export interface WholeAnswer {
  seconds: number;
  /** From each request to its reply; of watching, to the first state. */
  latenciesMs: number[];
  /** Confirming: from the request until the waiting device was told. */
  toldMs: number[];
}

/** A step that takes longer is a failure. */
const timeoutMs = 60_000;

const starting = `mutation ($input: StartSessionInput!) { startSession(input: $input) {
  ... on StartSessionPayload { clientSecret session { sessionId } } } }`;
const watching = `subscription ($clientSecret: String!) {
  sessionChanged(clientSecret: $clientSecret) { status } }`;
const confirming = `mutation ($input: ConfirmSessionInput!) { confirmSession(input: $input) {
  ... on ConfirmSessionPayload { session { status } } } }`;
const exchanging = `mutation ($input: ExchangeSessionInput!) { exchangeSession(input: $input) {
  ... on ExchangeSessionPayload { proof subject { id } } } }`;

interface Session {
  id: string;
  clientSecret: string;
  /** Of its device. */
  address: string;
  device?: Device;
}

/** The end of one that waits: is told states until the session is used. */
class Device {
  readonly #socket: Socket;
  readonly #waiting = new Map<string, (at: number) => void>();
  #fail: ((error: Error) => void) | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    let unread = '';
    socket.on('data', (chunk: Buffer) => {
      const at = performance.now();
      const text = unread + chunk.toString('latin1');
      if (text.includes('"errors"')) this.#fail?.(new Error(`A device was refused:\n${text}`));
      let end = 0;
      for (const { 0: found, 1: status, index } of text.matchAll(/"status":"([A-Z]+)"/g)) {
        this.#waiting.get(status!)?.(at);
        end = index + found.length;
      }
      unread = text.slice(end); // a chunk may end in the middle of one
    });
  }

  /** Resolves with when it was told so, by `performance.now()`. */
  told(status: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(status, resolve);
      this.#fail = reject;
    });
  }

  ask(request: Buffer): void {
    this.#socket.write(request);
  }

  leave(): void {
    this.#socket.destroy();
  }
}

const connections: HttpConnection[] = [];
let sessions: Session[] = [];

answerTasks(async (task: WholeTask): Promise<WholeAnswer> => {
  const { port, step, count } = task;
  while (connections.length < task.connections) connections.push(await HttpConnection.open(port));
  if (step === 'start') {
    sessions = Array.from({ length: count }, (_, n) => ({
      id: '',
      clientSecret: '',
      address: `10.0.${n >> 8}.${n & 255}`,
    }));
  }
  const answer: WholeAnswer = { seconds: 0, latenciesMs: [], toldMs: [] };
  const beganAt = performance.now();
  await within(timeoutMs, takeAll(task, answer));
  answer.seconds = (performance.now() - beganAt) / 1000;
  return answer;
});

/** One step of all sessions, as many at once as there are connections. */
async function takeAll(task: WholeTask, { latenciesMs, toldMs }: WholeAnswer): Promise<void> {
  const left = [...sessions];
  const told: Promise<unknown>[] = [];
  const work = connections.slice(0, task.connections).map(async (connection) => {
    for (let session = left.pop(); session; session = left.pop()) {
      const sentAt = performance.now();
      if (task.step === 'confirm') {
        told.push(session.device!.told('CONFIRMED').then((at) => toldMs.push(at - sentAt)));
      }
      await takeOne(task, session, connection);
      latenciesMs.push(performance.now() - sentAt);
    }
  });
  await Promise.all(work);
  await Promise.all(told);
}

async function takeOne(
  { step, key, port }: WholeTask,
  session: Session,
  connection: HttpConnection,
): Promise<void> {
  const { id: sessionId, clientSecret } = session;
  async function send(query: string, input: object) {
    const text = await connection.answerTo(bytesOf({ query, variables: { input }, key }, port));
    const { data, errors } = JSON.parse(text);
    if (errors) throw new Error(`The step ${step} failed: ${text}`);
    return Object.values(data)[0] as never;
  }
  switch (step) {
    case 'start': {
      const started: { clientSecret: string; session: { sessionId: string } } = await send(
        starting,
        {},
      );
      session.id = started.session.sessionId;
      session.clientSecret = started.clientSecret;
      return;
    }
    case 'watch': {
      // As a browser does, which keeps the connection for as long as it watches.
      session.device = new Device(await openSocket(port));
      const pending = session.device.told('PENDING');
      const request = { query: watching, variables: { clientSecret } };
      const headers = { accept: 'text/event-stream', 'x-forwarded-for': session.address };
      session.device.ask(bytesOf(request, port, headers));
      await pending;
      return;
    }
    case 'confirm':
      await send(confirming, { sessionId, subject: { id: randomUUID(), name: 'Ada' } });
      return;
    case 'exchange': {
      const { proof }: { proof: string } = await send(exchanging, { sessionId });
      if (!proof) throw new Error('A session was exchanged for nothing.');
      session.device?.leave();
    }
  }
}
