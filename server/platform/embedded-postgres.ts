/**
 * The PostgreSQL that comes with Latchkey, for whoever has no database of their own.
 *
 * `DATA_DIR/postgres-18` holds the cluster (`data`), the password of its only user, its port and
 * a lock. The server listens on 127.0.0.1 alone and belongs to the process that started it: it
 * ends with that process, however that ends. A second process on the same directory adopts the
 * server that runs there. An adopted server ends with its starter, so whoever adopts one
 * should watch `ended`; starting again then takes the cluster over, at the same port if it is free.
 */
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { ensureCluster, readPassword, readPidFile } from './postgres-cluster.ts';
import {
  collectTail,
  createPostgresLauncher,
  EXIT_LOCKED,
  type LauncherOptions,
  type PostgresLauncher,
} from './postgres-launcher.ts';

const DATABASE = 'latchkey';
/** Recovery after a crash reads at most `max_wal_size` (1 GB), which took seconds, not minutes. */
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 15_000;

/**
 * What the server says is kept only to explain why it did not start, so errors of single
 * statements (which may quote a row) stay out of it. Durability is PostgreSQL's default: a
 * commit is acknowledged when it is on disk.
 */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '256MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_messages: 'log',
  log_checkpoints: 'off',
};

export interface EmbeddedPostgresOptions extends LauncherOptions {
  /** Server settings over ours, such as `{ fsync: 'off' }` where the data may be lost (tests). */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface EmbeddedPostgres {
  /** `postgresql://…/latchkey`, password included: not for the log. */
  readonly url: string;
  /** Another process started it, and it ends with that process. */
  readonly adopted: boolean;
  /** Resolves when the server is gone, stopped by us or otherwise, and when we let go of it. */
  readonly ended: Promise<void>;
  /** Rolls back what is open and resolves when no process is left. An adopted server runs on. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL in `dataDir`, or adopts the server that already runs there. Makes the cluster
 * (about 0.6 s) and the database `latchkey` when they are missing; later starts take 0.1 s.
 * It does not keep the process alive. Call it from the main thread: Linux counts the end of the
 * starting thread as the end of the starter.
 *
 * @param dataDir made if missing (mode 0700); everything of ours is in a subdirectory
 * @throws {Error} the directory belongs to another user, there are no binaries for this platform,
 *   or the server did not start; the message says which and carries the server's own words
 */
export async function startEmbeddedPostgres(
  dataDir: string,
  options: EmbeddedPostgresOptions = {},
): Promise<EmbeddedPostgres> {
  const launcher = await createPostgresLauncher(options);
  const noSync = options.settings?.fsync === 'off';
  const clusterDir = await ensureCluster(resolve(dataDir), launcher, { noSync });
  // The port of last time, so that clients which reconnect find the server.
  let port = Number(await readFile(join(clusterDir, 'port'), 'utf8').catch(() => 0));
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    port ||= await findFreePort();
    const server = await start(clusterDir, port, launcher, options);
    if (server === 'port taken') port = 0;
    else if (server !== 'cluster in use') return server;
    const adopted = await adopt(clusterDir);
    if (adopted) return adopted;
    await sleep(50);
  }
  throw new Error(`Another process holds ${clusterDir}, but no PostgreSQL answers there.`);
}

async function start(
  clusterDir: string,
  port: number,
  launcher: PostgresLauncher,
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres | 'cluster in use' | 'port taken'> {
  const settings = { ...SETTINGS, ...options.settings, port: String(port) };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = await launcher.postgres(clusterDir, args);
  const log = collectTail(child);
  let running = true;
  const ended = new Promise<void>((done) => {
    child.once('error', () => done()).once('exit', () => done());
  }).then(() => {
    running = false;
  });
  // Neither the process nor the pipe of its messages may keep us alive.
  child.unref();
  (child.stderr as Socket).unref();

  try {
    const url = urlOf(port, await readPassword(clusterDir));
    while (running) {
      // While our child finds the cluster in use, another's server may answer at the same port.
      const isOurs = (await readPidFile(clusterDir)).pid === child.pid;
      if (isOurs && (await ensureDatabase(url))) {
        await writeFile(join(clusterDir, 'port'), `${port}\n`);
        return { url, adopted: false, ended, stop };
      }
      await sleep(10);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  if (child.exitCode === EXIT_LOCKED) return 'cluster in use';
  if (/lock file .* already exists|shared memory block .* in use/.test(log())) {
    return 'cluster in use';
  }
  if (/could not bind/.test(log())) return 'port taken';
  throw new Error(`PostgreSQL did not start: ${log().trim() || child.spawnargs.join(' ')}`);

  async function stop(): Promise<void> {
    if (!running) return;
    child.ref();
    child.kill('SIGINT');
    // Nothing known holds a fast shutdown up this long; an immediate one loses no commit either.
    const timer = setTimeout(() => child.kill('SIGQUIT'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  }
}

/** Returns null when no server answers there, or not yet. */
async function adopt(clusterDir: string): Promise<EmbeddedPostgres | null> {
  const { port } = await readPidFile(clusterDir);
  if (!port) return null;
  const url = urlOf(port, await readPassword(clusterDir));
  // Only a connection tells us when a server that is not our child has gone.
  const watch = new pg.Client({ connectionString: url });
  const ended = new Promise<void>((done) => {
    watch.once('end', done).on('error', () => done());
  });
  try {
    if (!(await ensureDatabase(url))) return null;
    await watch.connect();
  } catch {
    // The file may be that of a server which is just being replaced, the port by now another's.
    return null;
  }
  const { stream } = (watch as unknown as { connection: { stream: Socket } }).connection;
  stream.unref();
  return { url, adopted: true, ended, stop };

  function stop(): Promise<void> {
    stream.ref(); // or the process ends before this does
    return watch.end();
  }
}

/** Returns false while the server cannot be reached, or another process makes the database. */
async function ensureDatabase(url: string): Promise<boolean> {
  const system = new URL(url);
  system.pathname = '/postgres';
  const client = new pg.Client({ connectionString: system.href, connectionTimeoutMillis: 5000 });
  client.on('error', () => {});
  try {
    await client.connect();
    const found = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
    return true;
  } catch (error) {
    // No code: timed out, cut off. 57P0x: starting up, shutting down. The rest: made meanwhile.
    const { code = '' } = error as { code?: string };
    if (/^(|ECONN.*|57P0\d|42P04|23505|55006)$/.test(code)) return false;
    throw error;
  } finally {
    await client.end().catch(() => {});
  }
}

const urlOf = (port: number, password: string) =>
  `postgresql://postgres:${password}@127.0.0.1:${port}/${DATABASE}`;

async function findFreePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
