/** What is read when somebody asks for the figures, beside what was counted meanwhile. */
import { collectDefaultMetrics, Gauge } from 'prom-client';
import type { Tools } from '../domain/call.ts';
import { version } from '../domain/server-info.ts';
import { type QueueFigures, readQueueFigures } from '../domain/webhooks/queue-figures.ts';
import type { Scrape } from '../http/metrics.ts';
import { latestMigrationSql } from '../platform/migrate.ts';

/** Longer nobody waits for the database: a scrape tells what is known without it. */
const databaseTimeoutMs = 2_000;
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
    'For how long the first delivery that is due has waited.',
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

  let migration = '';

  async function askDatabase(): Promise<QueueFigures> {
    if (migration === '') migration = (await db.$pool.query(latestMigrationSql)).rows[0].name;
    return readQueueFigures(db);
  }

  async function readDatabase(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, databaseTimeoutMs, null);
    });
    const figures = await Promise.race([askDatabase().catch(() => null), late]);
    clearTimeout(timer);
    databaseUp.set(figures === null ? 0 : 1);
    info.reset();
    info.set({ version, migration }, 1);
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
