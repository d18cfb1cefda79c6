/** The whole product in one process: database, API, jobs. Drains on SIGTERM and SIGINT. */
import type { AddressInfo } from 'node:net';
import { printedSchema, schema } from '../../schema/index.ts';
import { createHttpServer, type HttpServer } from '../http/server.ts';
import { startJobs } from '../jobs/index.ts';
import {
  type Config,
  ConfigError,
  loadConfig,
  loadEnvFile,
  publicUrlAt,
} from '../platform/config.ts';
import { closeDb } from '../platform/db.ts';
import { createLogger, type Logger } from '../platform/log.ts';
import { openProduct } from './open.ts';

async function serve(config: Config, log: Logger): Promise<void> {
  const product = await openProduct(config, log);
  const { tools, database } = product;
  const http = createHttpServer(tools, {
    schema,
    printedSchema,
    log,
    trustedProxies: config.http.trustedProxies,
    isReady: async () => {
      await tools.db.$pool.query('SELECT');
      return true;
    },
  });
  await tools.events.start();
  const port = await listen(http, config);
  tools.publicUrl = publicUrlAt(config, port);
  const jobs = startJobs(tools, log);
  log.info({ url: tools.publicUrl, port, database: database.kind }, 'Latchkey is ready');
  process.stdout.write(
    `\n  Latchkey is ready at ${tools.publicUrl}\n  API and GraphiQL at ${tools.publicUrl}/graphql\n\n`,
  );

  let stopping = false;
  async function stop(reason: string, exitCode: number): Promise<void> {
    if (stopping) return;
    stopping = true;
    log.info({ reason }, 'Latchkey is stopping');
    await http.drain();
    await jobs.stop();
    await tools.events.stop();
    await closeDb(tools.db);
    await database.stop();
    process.exit(exitCode);
  }
  process.on('SIGTERM', () => void stop('SIGTERM', 0));
  process.on('SIGINT', () => void stop('SIGINT', 0));
  void database.ended.then(() => {
    if (!stopping) log.fatal('The embedded database has ended');
    return stop('database ended', 1);
  });
}

async function listen({ server }: HttpServer, { http: { host, port } }: Config): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** What a person can do something about, without a stack. */
function sentenceOf(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  const { code, message, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') return `Port ${port} is in use. Set PORT to another one.`;
  return message;
}

loadEnvFile();
try {
  const config = loadConfig(process.env);
  await serve(config, createLogger(config.log));
} catch (error) {
  process.stderr.write(`Latchkey could not start. ${sentenceOf(error)}\n`);
  if (!(error instanceof ConfigError)) process.stderr.write(`${(error as Error).stack}\n`);
  process.exit(1);
}
