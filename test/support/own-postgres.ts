/** A PostgreSQL of the test file's own, which it may stop, kill and start again at the same port. */
import { afterAll } from 'vitest';
import { startEmbeddedPostgres } from '../../server/platform/embedded-postgres.ts';
import { migrate } from '../../server/platform/migrate.ts';
import { makeDataDir, processesIn } from './data-dir.ts';
import { until } from './process.ts';

export interface OwnPostgres {
  readonly url: string;
  /** Fast shutdown: what runs is rolled back, and every connection is told that it ends. */
  stop(): Promise<void>;
  /** kill -9 of all of its processes at the same moment: nobody is told anything. */
  crash(): Promise<void>;
  start(): Promise<void>;
}

/** With our tables. Gone after the file. */
export async function startOwnPostgres(
  settings: Readonly<Record<string, string>> = {},
): Promise<OwnPostgres> {
  const dataDir = await makeDataDir();
  // What the system was given it keeps, whoever is killed: only a loss of power would lose it.
  const options = { settings: { fsync: 'off', ...settings } };
  let server = await startEmbeddedPostgres(dataDir, options);
  afterAll(() => server.stop());
  const { url } = server;
  await migrate(url);
  return {
    url,
    stop: () => server.stop(),
    async crash() {
      for (const pid of processesIn(dataDir)) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch (error) {
          // It has short-lived processes, and those of a killed one end by themselves.
          if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
        }
      }
      await server.ended;
      await until(() => processesIn(dataDir).length === 0);
    },
    async start() {
      server = await startEmbeddedPostgres(dataDir, options);
      if (server.url !== url) throw new Error('Its port was taken meanwhile.');
    },
  };
}
