/** Two server processes on one database: what is done through one, the other must know of. */
import { expect } from 'vitest';
import type { Tools } from '../../server/domain/call.ts';
import { type ServerProcess, type Settings, startServer, until } from './process.ts';
import { createSessionApi, type SessionApi } from './session-api.ts';
import { setUpProcesses } from './setup.ts';
import { type Watcher, type Watching, watchAt } from './watching.ts';

export interface TwoServers {
  /** Where things are changed. */
  readonly here: ServerProcess;
  readonly there: ServerProcess;
  /** Those of a third process, beside them. */
  readonly tools: Tools;
  /** At `there`. */
  readonly api: SessionApi;
  /** With which another can be started. */
  readonly settings: Settings;
  /**
   * Runs a mutation through `here`, which must succeed.
   *
   * @param mutation one field with its arguments
   * @returns its payload, and when the reply was there, on the clock of performance.now()
   */
  mutate(
    cookie: string | undefined,
    mutation: string,
    selection?: string,
    // biome-ignore lint/suspicious/noExplicitAny: tests look into payloads of every shape
  ): Promise<{ payload: any; repliedAt: number }>;
  /** Watches through both. */
  watchBoth(watcher: Watcher): Promise<Watching[]>;
}

/** @param settingsOf what `there` is started with beside the usual, from the URL of the database */
export async function startTwoServers(
  settingsOf: (databaseUrl: string) => Promise<Settings> | Settings = () => ({}),
): Promise<TwoServers> {
  const { tools, settings } = await setUpProcesses();
  const more = await settingsOf(settings.DATABASE_URL);
  const [here, there] = await Promise.all([
    startServer(settings),
    startServer({ ...settings, ...more }),
  ]);
  return {
    here,
    there,
    tools,
    api: createSessionApi(there),
    settings,
    async mutate(cookie, mutation, selection = '') {
      const { payload } = await here.graphql(
        `mutation { payload: ${mutation} { __typename ${selection} ... on UserError { message } } }`,
        {},
        { cookie },
      );
      const repliedAt = performance.now();
      expect(payload).toMatchObject({ __typename: expect.stringMatching(/Payload$/) });
      return { payload, repliedAt };
    },
    watchBoth: (watcher) => Promise.all([here, there].map(({ url: at }) => watchAt(at, watcher))),
  };
}

/** The processes of the database that tell the servers what changes, once there are so many. */
export async function findListeners({ db }: Pick<Tools, 'db'>, count = 2): Promise<number[]> {
  let pids: number[] = [];
  await until(async () => {
    const { rows } = await db.$pool.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'latchkey events'`,
    );
    pids = rows.map(({ pid }) => pid);
    return pids.length === count;
  });
  return pids;
}

export async function cutListeners(tools: Pick<Tools, 'db'>): Promise<void> {
  const pids = await findListeners(tools);
  await tools.db.$pool.query('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid', [
    pids,
  ]);
}

/** Has the listeners hang without a word while something runs. */
export async function hangListeners(
  tools: Pick<Tools, 'db'>,
  run: () => Promise<void>,
): Promise<void> {
  const pids = await findListeners(tools);
  const signal = (name: NodeJS.Signals) => {
    for (const pid of pids) process.kill(pid, name);
  };
  signal('SIGSTOP');
  try {
    await run();
  } finally {
    signal('SIGCONT');
  }
}
