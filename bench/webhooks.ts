/**
 * `npm run bench -- webhooks`: how many events a second go from a commit to a receiver, how long one
 * takes, and what an endpoint that is dead costs those who start sessions.
 */
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { readCpuTime } from './cpu.ts';
import type { HttpLoad } from './http-load.ts';
import {
  account,
  createProjects,
  type Latchkey,
  type Project,
  send,
  startLatchkey,
} from './latchkey.ts';
import { type Measured, median } from './measured.ts';
import type { Options } from './options.ts';
import { startWorker, type Worker } from './processes.ts';
import { showProgress } from './progress.ts';
import { startSession } from './sessions.ts';
import { formatTable } from './table.ts';
import type { Received } from './webhook-receiver.ts';

const endpointCounts = [1, 10, 100];
const burst = { connections: 32, seconds: 3 };
/** Few enough that nothing waits for anything else. */
const calm = { events: 60, everyMs: 50 };
const drainTimeoutMs = 120_000;
/** For a server that stood still to hear again what changed, before which it asks for each request. */
const wakeSeconds = 1.5;
/** What a dead endpoint has waiting before its cost is measured. */
const backlog = { connections: 16, seconds: 3 };

type Http = Worker<HttpLoad, Measured>;
type Receiver = Worker<{ reset: boolean }, Received>;

interface Throughput {
  endpoints: number;
  started: number;
  /** Of events that arrived, from the first start to the last arrival. */
  rate: number;
  /** The same after the starts were over, with nothing else to do. */
  drained: number;
  p50Ms: number;
  p95Ms: number;
}

const starting = (projects: Project[]) => ({
  requests: projects.map(({ secret }) => startSession(secret)),
  field: 'startSession',
  expected: ['StartSessionPayload'],
});

async function addEndpoints(port: number, projects: Project[], url: string): Promise<void> {
  const { email, password } = account;
  const { cookie } = await send(
    port,
    'mutation ($input: SignInInput!) { signIn(input: $input) { __typename } }',
    { email, password },
  );
  for (const { environmentId } of projects) {
    await send(
      port,
      `mutation ($input: CreateWebhookEndpointInput!) {
        createWebhookEndpoint(input: $input) { __typename } }`,
      { environmentId, url },
      cookie.split(';', 1)[0],
    );
  }
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
}

async function waitForEvents(receiver: Receiver, count: number): Promise<Received> {
  for (const before = Date.now(); Date.now() - before < drainTimeoutMs; ) {
    const received = await receiver.ask({ reset: false });
    if (received.events >= count) return received;
    await sleep(20);
  }
  throw new Error('Events were lost, or are very late.');
}

async function measureThroughput(
  { port }: Latchkey,
  http: Http,
  receiver: Receiver,
  projects: Project[],
): Promise<Throughput> {
  await receiver.ask({ reset: true });
  const startedAt = Date.now();
  const { acknowledged: started } = await http.ask({ port, ...starting(projects), ...burst });
  const overAt = Date.now();
  const atEnd = (await receiver.ask({ reset: false })).events;
  const { lastAt } = await waitForEvents(receiver, started);
  const left = started - atEnd;
  const throughput = {
    endpoints: projects.length,
    started,
    rate: (started / (lastAt - startedAt)) * 1000,
    drained: left > 100 ? (left / (lastAt - overAt)) * 1000 : Number.NaN,
  };

  await receiver.ask({ reset: true });
  const one = { connections: 1, seconds: 0.001 };
  let calmStarts = 0;
  for (let n = 0; n < calm.events; n += 1) {
    calmStarts += (await http.ask({ port, ...starting(projects), ...one })).acknowledged;
    await sleep(calm.everyMs);
  }
  const { latenciesMs } = await waitForEvents(receiver, calmStarts);
  return {
    ...throughput,
    p50Ms: percentile(latenciesMs, 0.5),
    p95Ms: percentile(latenciesMs, 0.95),
  };
}

/** Whom starts are measured for, on which server; the other stands still meanwhile. */
interface Case {
  name: string;
  server: Latchkey;
  other: Latchkey;
  projects: Project[];
}

interface Starts {
  rates: number[];
  /** Of the server and its database together, for each start. */
  cpuUs: number[];
}

async function measureStarts(http: Http, cases: Case[], options: Options): Promise<Starts[]> {
  const starts = cases.map((): Starts => ({ rates: [], cpuUs: [] }));
  for (let round = -1; round < options.rounds; round += 1) {
    showProgress(`dead endpoint: round ${round + 1} of ${options.rounds}`);
    const order = round % 2 === 0 ? [...cases.keys()] : [...cases.keys()].reverse();
    for (const index of order) {
      const { server, other, projects } = cases[index]!;
      const { pid } = server.program;
      process.kill(other.program.pid, 'SIGSTOP');
      try {
        const start = (seconds: number) =>
          http.ask({ port: server.port, ...starting(projects), connections: 16, seconds });
        await start(wakeSeconds);
        const before = await readCpuTime();
        const measured = await start(options.seconds);
        const after = await readCpuTime();
        await untilDelivered(server); // or the next case would pay for it
        if (round < 0) continue; // to warm up
        starts[index]!.rates.push(measured.rate);
        if (!before || !after) continue;
        const seconds = after.of(pid) + after.below(pid) - before.of(pid) - before.below(pid);
        starts[index]!.cpuUs.push((seconds / measured.acknowledged) * 1e6);
      } finally {
        process.kill(other.program.pid, 'SIGCONT');
      }
    }
  }
  return starts;
}

export async function webhooks(options: Options): Promise<string> {
  const receiver = startWorker<{ reset: boolean }, Received>('webhook-receiver.ts');
  const http = startWorker<HttpLoad, Measured>('http-load.ts');
  const { port: receiverPort } = await receiver.ask({ reset: true });
  const url = `http://127.0.0.1:${receiverPort}/`;

  const busy = await startLatchkey();
  const most = Math.max(...endpointCounts);
  const projects = await createProjects(busy, most + 2);
  const [quiet, dead, ...told] = projects as [Project, Project, ...Project[]];
  await addEndpoints(busy.port, told, url);
  const throughputs: Throughput[] = [];
  for (const count of endpointCounts) {
    showProgress(`${count} endpoints`);
    throughputs.push(await measureThroughput(busy, http, receiver, told.slice(0, count)));
  }

  const plain = await startLatchkey();
  const [only] = (await createProjects(plain, 1)) as [Project];
  await addEndpoints(busy.port, [dead], 'http://127.0.0.1:9/'); // nobody listens there
  await http.ask({ port: busy.port, ...starting([dead]), ...backlog });
  const cases: Case[] = [
    { name: 'no webhooks at all', server: plain, other: busy, projects: [only] },
    { name: 'elsewhere, beside a dead endpoint', server: busy, other: plain, projects: [quiet] },
    { name: 'told to the dead endpoint', server: busy, other: plain, projects: [dead] },
    { name: 'told to a living one', server: busy, other: plain, projects: [told[0]!] },
  ];
  const starts = await measureStarts(http, cases, options);
  const waiting = await countWaiting(busy, dead);
  showProgress('');

  const [base] = starts as [Starts];
  const more = (of: Starts, what: keyof Starts) => {
    const ratio = median(of[what]) / median(base[what]);
    return of === base ? '' : `${((ratio - 1) * 100).toFixed(1)} %`;
  };
  return [
    `webhooks: ${availableParallelism()} processors, Node ${process.versions.node}; one server, with receivers and clients on the same processors`,
    formatTable([
      ['endpoints', 'events', 'events/s under load', 'after', 'commit to receiver p50', 'p95'],
      ...throughputs.map(({ endpoints, started, rate, drained, p50Ms, p95Ms }) => [
        String(endpoints),
        String(started),
        rate.toFixed(0),
        Number.isNaN(drained) ? '(none left)' : drained.toFixed(0),
        `${p50Ms} ms`,
        `${p95Ms} ms`,
      ]),
    ]),
    formatTable([
      [
        `sessions started, medians of ${options.rounds} rounds of ${options.seconds} s`,
        ...['per second', '', 'CPU µs each', ''],
      ],
      ...cases.map(({ name }, index) => {
        const of = starts[index]!;
        const cpuUs = median(of.cpuUs);
        return [
          name,
          median(of.rates).toFixed(0),
          more(of, 'rates'),
          Number.isNaN(cpuUs) ? '?' : cpuUs.toFixed(0),
          Number.isNaN(cpuUs) ? '' : more(of, 'cpuUs'),
        ];
      }),
    ]),
    `The dead endpoint had ${waiting} deliveries waiting in the end. Aim: less than 10 % lost beside it.`,
  ].join('\n\n');
}

/** Waits until every event has its deliveries, and those to living endpoints are made. */
async function untilDelivered(latchkey: Latchkey): Promise<void> {
  for (const before = Date.now(); Date.now() - before < drainTimeoutMs; ) {
    const [{ left }] = await ask<{ left: boolean }>(
      latchkey,
      `SELECT EXISTS (SELECT FROM outbox_events WHERE fanned_out_at IS NULL) OR EXISTS (
         SELECT FROM webhook_deliveries d JOIN webhook_health h USING (endpoint_id)
         WHERE d.status = 'PENDING' AND h.last_success_at IS NOT NULL) AS left`,
    );
    if (!left) return;
    await sleep(100);
  }
  throw new Error('Webhooks are very late.');
}

async function countWaiting(latchkey: Latchkey, { environmentId }: Project): Promise<number> {
  const [{ count }] = await ask<{ count: number }>(
    latchkey,
    `SELECT count(*)::int AS count FROM webhook_deliveries WHERE environment_id = $1 AND status = 'PENDING'`,
    environmentId,
  );
  return count;
}

/** Of the database itself. @returns the rows, at least one */
async function ask<Row>({ databaseUrl }: Latchkey, text: string, ...values: string[]) {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query(text, values)).rows as [Row, ...Row[]];
  } finally {
    await client.end();
  }
}
