/** What is read when somebody asks for the figures, beside what was counted meanwhile. */
import { collectDefaultMetrics, Gauge } from 'prom-client';
import type { Tools } from '../domain/call.ts';
import { version } from '../domain/server-info.ts';
import { readQueueFigures } from '../domain/webhooks/queue-figures.ts';
import type { Scrape } from '../http/metrics.ts';
import { latestMigrationSql } from '../platform/migrate.ts';

/** Longer no scrape waits for the database: it tells what is known without it. */
const databaseTimeoutMs = 2_000;
/** And no statement of a scrape holds a connection for longer: pg ends it then. */
const bounded = { query_timeout: databaseTimeoutMs };
/** Two beats of the listener, and some. */
const deafAfterMs = 1_000;

/**
 * The figures of this process. Those of the database are read when they are asked for.
 *
 * @param countLive how many WebSockets are open, and how many operations are under way on them
 */
export function createScrape(
  tools: Tools,
  countLive: () => { sockets: number; operations: number },
): Scrape {
  const { db, events, metrics } = tools;
  const { registry } = metrics;
  collectDefaultMetrics({ register: registry });
  const gauge = <Label extends string = never>(
    name: string,
    help: string,
    ...labelNames: Label[]
  ) => new Gauge({ name: `latchkey_${name}`, help, labelNames, registers: [registry] });

  const info = gauge('info', 'What runs: always 1.', 'version', 'migration');
  const databaseUp = gauge('database_up', 'Whether the database answered this scrape.');
  const connections = gauge(
    'database_connections',
    'Connections to the database that are open, and of those how many do nothing.',
    'pool',
    'state',
  );
  const waiting = gauge(
    'database_waiting',
    'Statements and transactions that wait for a free connection.',
    'pool',
  );
  const due = gauge('webhook_deliveries_due', 'Webhook deliveries that are due, in all processes.');
  const oldestDue = gauge(
    'webhook_oldest_due_seconds',
    'For how long the first delivery that is due has waited, other than of replays and to dead receivers.',
  );
  const eventsWaiting = gauge('webhook_events_waiting', 'Events that have no deliveries yet.');
  const listener = gauge(
    'listener_up',
    'Whether this process hears of changes that others make; else it asks the database instead.',
  );
  const sockets = gauge('websockets', 'WebSockets that are open.');
  const operations = gauge(
    'websocket_operations',
    'Operations under way on WebSockets: in the main, subscriptions.',
  );

  function readProcess(): void {
    for (const [pool, { totalCount, idleCount, waitingCount }] of [
      ['main', db.$pool],
      ['urgent', db.$urgent],
    ] as const) {
      connections.set({ pool, state: 'open' }, totalCount);
      connections.set({ pool, state: 'idle' }, idleCount);
      waiting.set({ pool }, waitingCount);
    }
    listener.set(performance.now() - events.heardUpTo < deafAfterMs ? 1 : 0);
    const live = countLive();
    sockets.set(live.sockets);
    operations.set(live.operations);
  }

  /** Beside the pool: that requests leave no connection free does not mean that the database is away. */
  const askWhetherUp = once(async () => {
    await db.$urgent.query({ text: 'SELECT', ...bounded });
    return true;
  });
  const askMigration = once(async () => {
    const { rows } = await db.$pool.query({ text: latestMigrationSql, ...bounded });
    return String(rows[0].name);
  });
  const askQueue = once(() => readQueueFigures(db, bounded));
  let migration: string | null = null;

  async function readDatabase(): Promise<void> {
    const [isUp, figures, latest] = await Promise.all([
      inTime(askWhetherUp()),
      inTime(askQueue()),
      migration ?? inTime(askMigration()),
    ]);
    migration = latest;
    databaseUp.set(isUp === null ? 0 : 1);
    info.reset();
    info.set({ version, migration: migration ?? '' }, 1);
    // What is not known is left out. Zero would look like a queue that is empty.
    if (figures === null) for (const each of [due, oldestDue, eventsWaiting]) each.remove();
    else {
      due.set(figures.due);
      oldestDue.set(figures.oldestDueSeconds);
      eventsWaiting.set(figures.eventsWaiting);
    }
  }

  return async () => {
    await readDatabase();
    readProcess();
    return { contentType: registry.contentType, text: await registry.metrics() };
  };
}

/** Who asks while somebody does gets the same answer: scrapes of a busy database do not pile up. */
function once<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let asked: Promise<Answer> | null = null;
  return () => {
    asked ??= ask().finally(() => {
      asked = null;
    });
    return asked;
  };
}

/** Null where there is no answer, or none in time. */
async function inTime<Answer>(answer: Promise<Answer>): Promise<Answer | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, databaseTimeoutMs, null);
  });
  const first = await Promise.race([answer.catch(() => null), late]);
  clearTimeout(timer);
  return first;
}
