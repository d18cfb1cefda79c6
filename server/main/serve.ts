/** The whole product in one process: database, API, jobs. Drains on SIGTERM and SIGINT. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { printedSchema, schema } from '../../schema/index.ts';
import { forgetProcess } from '../domain/api-keys/open-connections.ts';
import { createMetricsServer } from '../http/metrics.ts';
import { createHttpServer, type HttpServer } from '../http/server.ts';
import { findClient } from '../http/static.ts';
import { startDelivery } from '../jobs/deliver-webhooks.ts';
import { startJobs } from '../jobs/index.ts';
import { type Config, loadConfig, loadEnvFile, publicUrlAt } from '../platform/config.ts';
import { closeDb } from '../platform/db.ts';
import { createLogger, type Logger } from '../platform/log.ts';
import { isSentence, openProduct } from './open.ts';
import { createScrape } from './scrape.ts';

/**
 * How long, once every request is answered or broken off, the rest may take to end. A statement that
 * waits for a lock would otherwise keep the process for ever. What it did is rolled back, or was
 * acknowledged to nobody.
 */
const finishTimeoutMs = 3_000;
/** How long attempts at webhooks that are under way may take to end: as long as replies may. */
const deliveryTimeoutMs = 10_000;

async function serve(config: Config, log: Logger): Promise<void> {
  const product = await openProduct(config, log);
  const { tools, database } = product;
  const figures = config.metrics && {
    ...config.metrics,
    scrape: createScrape(tools, () => http.countLive()),
  };
  const http: HttpServer = createHttpServer(tools, {
    schema,
    printedSchema,
    log,
    trustedProxies: config.http.trustedProxies,
    openIntrospection: config.introspection === 'OPEN',
    clientFolder: findClient(),
    // A token alone: they are beside the rest.
    metrics:
      figures?.own === null && figures.token !== null
        ? { scrape: figures.scrape, token: figures.token }
        : undefined,
    isReady: async () => {
      await tools.db.$pool.query('SELECT');
      return true;
    },
  });
  await tools.events.start();
  // Before anybody can ask for the JWKS: what they read of it, they keep for minutes.
  await tools.signingKeys.rotateIfDue();
  const metricsServer = figures?.own ? createMetricsServer(figures) : null;
  if (metricsServer && figures?.own) {
    const port = await listen(metricsServer, figures.own, 'METRICS_');
    log.info({ port }, 'Metrics are served');
  }
  const port = await listen(http.server, config.http);
  tools.publicUrl = publicUrlAt(config, port);
  const jobs = startJobs(tools, log);
  const delivery = startDelivery(tools, log);

  let stopping = false;
  async function stop(reason: string, exitCode: number): Promise<void> {
    if (stopping) return;
    stopping = true;
    log.info({ reason }, 'Latchkey is stopping');
    // Without the database no outcome can be recorded.
    const recordable = exitCode === 0;
    await Promise.all([http.drain(), delivery.stop(recordable ? deliveryTimeoutMs : 0)]);
    const finished = finish().catch((error) => log.error({ err: error }, 'Stopping failed'));
    if ((await Promise.race([finished, sleep(finishTimeoutMs, 'late')])) === 'late') {
      log.warn('Work was broken off that did not end');
    }
    await database.stop();
    process.exit(exitCode);
  }
  async function finish(): Promise<void> {
    await jobs.stop();
    await Promise.allSettled([
      tools.refusals.flush(),
      tools.failedSignIns.flush(),
      tools.apiKeyUsage.flush(true),
      forgetProcess(tools.db, tools.connections.processId),
    ]);
    metricsServer?.close();
    metricsServer?.closeAllConnections();
    await tools.events.stop();
    await closeDb(tools.db);
  }
  process.on('SIGTERM', () => void stop('SIGTERM', 0));
  process.on('SIGINT', () => void stop('SIGINT', 0));
  void database.ended.then(() => {
    if (!stopping) log.fatal('The embedded database has ended');
    return stop('database ended', 1);
  });

  // Said last: whoever waits for it may end us the moment after.
  log.info({ url: tools.publicUrl, port, database: database.kind }, 'Latchkey is ready');
  process.stdout.write(
    `\n  Latchkey is ready at ${tools.publicUrl}\n  API and GraphiQL at ${tools.publicUrl}/graphql\n\n`,
  );
}

/**
 * @param prefix of the settings that said where
 * @throws {Error} in a sentence, why one cannot listen there
 */
async function listen(
  server: Server,
  { host, port }: { host: string; port: number },
  prefix = '',
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  }).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(sentenceOfListening(cause, host, port, prefix), { cause });
  });
  return (server.address() as AddressInfo).port;
}

function sentenceOfListening(
  { code, message }: NodeJS.ErrnoException,
  host: string,
  port: number,
  prefix: string,
) {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is in use. Set ${prefix}PORT to another one.`;
    case 'EACCES':
      return `This user may not listen on port ${port}. Set ${prefix}PORT to one from 1024 on.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${prefix}HOST is ${host}, which is no address of this machine.`;
    default:
      return `Nothing can listen on ${host}, port ${port}: ${message}.`;
  }
}

loadEnvFile();
try {
  const config = loadConfig(process.env);
  await serve(config, createLogger(config.log));
} catch (error) {
  process.stderr.write(
    `Latchkey could not start. ${isSentence(error) ? error.message : inspect(error)}\n`,
  );
  process.exit(1);
}
