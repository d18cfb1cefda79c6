/**
 * A process that asks an HTTP server, and looks into every reply: the first that is not what was
 * expected ends it. (CPU per request: see the tables' last column.)
 *
 * As fast as it answers, one request at a time on each of its connections; or, given a rate, so many a
 * second whatever it does. Then a request that finds every connection busy waits for one, and its
 * latency counts from when it was due: a server that stops for a moment makes all wait who would have
 * come meanwhile ("coordinated omission").
 */
import { bytesOf, type GraphQLRequest, HttpConnection, within } from './http-connection.ts';
import { type Measured, Tally } from './measured.ts';
import { answerTasks } from './processes.ts';

export interface HttpLoad {
  port: number;
  /** What each request is picked from, at random. */
  requests: readonly GraphQLRequest[];
  /** The one root field, and the names one of which it or its `__typename` must have; left out: any. */
  field: string;
  expected?: readonly string[];
  connections: number;
  seconds: number;
  /** Requests a second; left out: as many as it answers. */
  rate?: number;
}

/** A reply later than this is a failure. */
const replyTimeoutMs = 10_000;

answerTasks(async (load: HttpLoad): Promise<Measured> => {
  const requests = load.requests.map((request) => bytesOf(request, load.port));
  const connections: HttpConnection[] = [];
  try {
    for (let n = 0; n < load.connections; n += 1) {
      connections.push(await HttpConnection.open(load.port));
    }
    const tally = new Tally(load.seconds);
    const { rate } = load;
    const drives = () => connections.map((each) => drive(each, requests, load, tally));
    if (rate === undefined) await inTime(load, Promise.all(drives()));
    else await keepRate(connections, requests, { ...load, rate }, tally);
    return tally.result();
  } finally {
    for (const connection of connections) connection.close();
  }
});

/** @throws {Error} replies are missing that long after the load is over */
const inTime = <Value>({ seconds }: HttpLoad, work: Promise<Value>) =>
  within(seconds * 1000 + replyTimeoutMs, work);

const oneOf = (requests: readonly Buffer[]) =>
  requests[Math.floor(Math.random() * requests.length)]!;

/** Resolves when time is up and the last reply is there. */
function drive(
  connection: HttpConnection,
  requests: readonly Buffer[],
  load: HttpLoad,
  tally: Tally,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let sentAt = 0;
    function send(): void {
      sentAt = performance.now();
      connection.ask(oneOf(requests), onReply, reject);
    }
    function onReply(body: string): void {
      checkReply(body, load);
      if (tally.add(sentAt)) send();
      else resolve(null);
    }
    send();
  });
}

/** Resolves when all that were due are answered. */
async function keepRate(
  connections: readonly HttpConnection[],
  requests: readonly Buffer[],
  load: HttpLoad & { rate: number },
  tally: Tally,
): Promise<void> {
  const { rate, seconds } = load;
  const idle = [...connections];
  const count = Math.floor(rate * seconds);
  const beganAt = performance.now();
  const dueAt = (n: number) => beganAt + (n * 1000) / rate;
  let [sent, answered] = [0, 0];
  let timer: NodeJS.Timeout | undefined;
  const work = new Promise<void>((resolve, reject) => {
    function sendDue(): void {
      while (idle.length > 0 && sent < count && dueAt(sent) <= performance.now()) send();
    }
    function send(): void {
      const connection = idle.pop()!;
      const due = dueAt(sent);
      sent += 1;
      const onReply = (body: string) => {
        checkReply(body, load);
        tally.add(due);
        answered += 1;
        idle.push(connection);
        if (answered === count) resolve();
        else sendDue();
      };
      connection.ask(oneOf(requests), onReply, reject);
    }
    timer = setInterval(sendDue, 1);
  });
  try {
    await inTime(load, work);
  } finally {
    clearInterval(timer);
  }
}

function checkReply(body: string, { field, expected }: HttpLoad): void {
  const { data, errors } = JSON.parse(body);
  const value = data?.[field];
  const isRight = expected ? expected.includes(value?.__typename ?? value) : value != null;
  if (errors || !isRight) {
    throw new Error(`A reply without ${expected ?? field}:\n${body}`);
  }
}
