import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { startEmbeddedPostgres } from '../../server/platform/embedded-postgres.ts';

const isRoot = process.getuid?.() === 0;
const fast = { settings: { fsync: 'off' } };

const root = await mkdtemp(join(tmpdir(), 'latchkey-embedded-'));
// Where PostgreSQL runs as the user nobody, that user must get here.
await chmod(root, 0o755);
afterAll(() => rm(root, { recursive: true, force: true }));

/** One cluster for most tests, each of which leaves it stopped: making one takes 0.6 s. */
const dataDir = join(root, 'latchkey');
const clusterFile = (name: string) => join(dataDir, 'postgres-18', name);

const starters: ChildProcess[] = [];
afterEach(() => {
  for (const starter of starters.splice(0)) starter.kill('SIGKILL');
});

/** Starts or adopts the server in another process, which `kill` ends without a last word. */
async function startElsewhere(dir = dataDir) {
  const script = fileURLToPath(new URL('../support/postgres-starter.ts', import.meta.url));
  const child = fork(script, [dir], { execArgv: ['--import', 'tsx'] });
  starters.push(child);
  const [{ url, adopted }] = (await once(child, 'message')) as [{ url: string; adopted: boolean }];
  const exited = once(child, 'exit');
  return {
    url,
    adopted,
    kill: () => child.kill('SIGKILL'),
    stop: () => child.send('stop'),
    exited,
  };
}

async function query(url: string, sql: string): Promise<unknown[][]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}

/** Every process of the server holds the lock, so a free lock means that none is left. */
const isDown = () => spawnSync('flock', ['--nonblock', clusterFile('lock'), 'true']).status === 0;
const waitUntilDown = () => vi.waitUntil(isDown, { timeout: 10_000, interval: 10 });

test('it starts with durable defaults, keeps its data and its port, and stops without a trace', async () => {
  const first = await startEmbeddedPostgres(dataDir, fast);
  expect(first.adopted).toBe(false);
  await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS id');
  expect(isDown()).toBe(false);
  await first.stop();
  await first.ended;
  expect(isDown()).toBe(true);

  const second = await startEmbeddedPostgres(dataDir);
  expect(second.url).toBe(first.url);
  const settings = "current_setting('fsync'), current_setting('synchronous_commit')";
  expect(await query(second.url, `SELECT ${settings}, current_database()`)).toEqual([
    ['on', 'on', 'latchkey'],
  ]);
  expect(await query(second.url, 'SELECT id FROM kept')).toEqual([[1]]);
  await second.stop();
});

test('processes that start at once on an empty directory share one server', async () => {
  const dir = join(root, 'shared');
  const servers = await Promise.all([1, 2].map(() => startElsewhere(dir)));
  expect(new Set(servers.map(({ url }) => url)).size).toBe(1);
  expect(servers.filter(({ adopted }) => !adopted)).toHaveLength(1);
  expect(await query(servers[0]!.url, 'SELECT 1')).toEqual([[1]]);
  // Those that adopted it leave it running; it ends with the one that started it.
  servers.sort((a, b) => Number(b.adopted) - Number(a.adopted));
  for (const server of servers) {
    expect(await query(server.url, 'SELECT 1')).toEqual([[1]]);
    server.stop();
    await server.exited;
  }
  await expect(query(servers[0]!.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
});

test('an adopted server ends with its starter, and whoever adopted it is told and can take over', async () => {
  const starter = await startElsewhere();
  const adopted = await startEmbeddedPostgres(dataDir, fast);
  expect(adopted).toMatchObject({ adopted: true, url: starter.url });
  starter.stop();
  await adopted.ended;
  const own = await startEmbeddedPostgres(dataDir, fast);
  expect(own).toMatchObject({ adopted: false, url: starter.url });
  await own.stop();
});

test('kill -9 of the process that started it leaves no process behind and loses nothing', async () => {
  const starter = await startElsewhere();
  await query(starter.url, 'CREATE TABLE acknowledged AS SELECT 1 AS id');
  starter.kill();
  await waitUntilDown();
  const next = await startEmbeddedPostgres(dataDir, fast);
  expect(await query(next.url, 'SELECT id FROM acknowledged')).toEqual([[1]]);
  await next.stop();
});

test('kill -9 of PostgreSQL itself is noticed, and the next start recovers', async () => {
  const server = await startEmbeddedPostgres(dataDir, fast);
  await query(server.url, 'CREATE TABLE recovered AS SELECT 1 AS id');
  const pid = Number((await readFile(clusterFile('data/postmaster.pid'), 'utf8')).split('\n')[0]);
  process.kill(pid, 'SIGKILL');
  await server.ended;
  const next = await startEmbeddedPostgres(dataDir, fast);
  expect(next.adopted).toBe(false);
  expect(await query(next.url, 'SELECT id FROM recovered')).toEqual([[1]]);
  await next.stop();
});

test('a pid file that a killed server left does not stop the next, even if the pid lives again', async () => {
  await writeFile(clusterFile('data/postmaster.pid'), `${process.ppid}\n${dataDir}\n1\n1\n\n\n\n`);
  const server = await startEmbeddedPostgres(dataDir, fast);
  expect(server.adopted).toBe(false);
  await server.stop();
});

test('a server that cannot start says why', async () => {
  const broken = startEmbeddedPostgres(dataDir, { settings: { shared_buffers: 'plenty' } });
  await expect(broken).rejects.toThrow(/PostgreSQL did not start: .*shared_buffers/);
});

test.runIf(isRoot)('root without user namespaces runs it as the user nobody', async () => {
  const server = await startEmbeddedPostgres(join(root, 'nobody'), {
    ...fast,
    userNamespace: false,
  });
  expect(await query(server.url, 'SELECT 1')).toEqual([[1]]);
  await server.stop();
});

test.runIf(isRoot)('a data directory of another user is refused in a clear sentence', async () => {
  const dir = join(dataDir, 'postgres-18');
  await chown(dir, 4321, 4321);
  await expect(startEmbeddedPostgres(dataDir)).rejects.toThrow(
    `${dir} belongs to user 4321, but PostgreSQL would run as user 0. Start Latchkey as the user ` +
      'who first started it, or set DATA_DIR to another directory.',
  );
});

/** As in a container that runs as any number: the kernel knows us, and /etc/passwd does not. */
const asUnknownUser = ['unshare', '--user', '--map-user=4321', '--map-group=4321'];
const canBeUnknown = spawnSync(asUnknownUser[0]!, [...asUnknownUser.slice(1), 'true']).status === 0;

test.runIf(canBeUnknown)('a user without a name is told what to do instead', () => {
  const script = fileURLToPath(new URL('../support/postgres-starter.ts', import.meta.url));
  const [program = '', ...options] = asUnknownUser;
  const args = [...options, process.execPath, '--import', 'tsx', script, join(root, 'unknown')];
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /could not look up effective user ID 4321.*\s+Set DATABASE_URL to a PostgreSQL of your own/,
  );
});
