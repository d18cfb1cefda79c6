import { cp, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { createWebhookEndpoint } from '../../server/domain/webhooks/create.ts';
import { closeDb, openDb } from '../../server/platform/db.ts';
import { startEmbeddedPostgres } from '../../server/platform/embedded-postgres.ts';
import { hasCluster, readPassword, readPidFile } from '../../server/platform/postgres-cluster.ts';
import { password } from '../support/accounts.ts';
import { callAs } from '../support/call.ts';
import { makeDataDir, processesIn, withToolsOf } from '../support/data-dir.ts';
import { createTestDatabase } from '../support/database.ts';
import { runCommand, spawnCommand, startServer, until } from '../support/process.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { createSessionApi, subject, withKey } from '../support/session-api.ts';
import { expectCountsToMatchRows } from '../support/sessions.ts';
import { hashTables } from '../support/table-hashes.ts';
import { createVault } from '../support/vault.ts';
import { startReceiver } from '../support/webhooks.ts';

/** Tables that a crash empties too: no backup has them. */
const unlogged = ['rate_limits', 'server_processes', 'open_connections'];

let dataDir: string;
let file: string;
let project: TestProject;
let backedUp: Awaited<ReturnType<typeof runCommand>>;
/** Of the database that was backed up. */
let hashes: Record<string, string>;
const vault = createVault();

/** Runs something on the database of a directory where nobody runs one. */
async function withDatabase<Result>(
  dir: string,
  run: (url: string) => Promise<Result>,
): Promise<Result> {
  const postgres = await startEmbeddedPostgres(dir);
  try {
    return await run(postgres.url);
  } finally {
    await postgres.stop();
  }
}

/** What is in it, but for what means nothing elsewhere. */
function hashesOf(dir: string): Promise<Record<string, string>> {
  return withDatabase(dir, async (url) => {
    const db = openDb({ url, poolMax: 4 });
    // When each migration ran is of no account.
    const { _prisma_migrations, ...all } = await hashTables(db, ['xid']);
    await closeDb(db);
    return Object.fromEntries(Object.entries(all).filter(([name]) => !unlogged.includes(name)));
  });
}

/** A directory with the master key of the server that was backed up, and nothing else. */
async function makeTarget(): Promise<string> {
  const target = await makeDataDir();
  await cp(join(dataDir, 'master-key'), join(target, 'master-key'));
  return target;
}

const restore = (dir: string, ...args: string[]) =>
  runCommand('restore', { DATA_DIR: dir }, ...args);

beforeAll(async () => {
  dataDir = await makeDataDir();
  file = join(dataDir, 'first.backup');
  const server = await startServer({ DATA_DIR: dataDir });
  const receiver = await startReceiver(500);
  const api = createSessionApi(server);
  await withToolsOf(dataDir, async (tools) => {
    project = await createTestProject(tools);
    const { secret } = await createWebhookEndpoint(callAs(tools, project.owner.actor), {
      environmentId: project.production.id,
      url: receiver.url,
    });
    vault.add('webhook secret', secret);
  });
  const key = withKey(project.production.secret);
  for (let n = 0; n < 3; n += 1) {
    const started = await api.start(key, { metadata: { text: 'a\tb\\n\n\\.\n\u{1F511}' } });
    const { sessionId } = started.session;
    vault.add('client secret', started.clientSecret);
    vault.add('link token', started.linkToken);
    if (n > 0) await api.confirm(key, { sessionId, subject });
    if (n > 1) await api.exchange(key, { sessionId });
  }
  await receiver.got(3);
  server.kill('SIGTERM');
  await server.ended;
  // Enough that a restore takes a moment
  await runCommand('seed', { DATA_DIR: dataDir }, '--sessions', '4000', '--days', '10');
  vault.add('master key', /:(\S+)/.exec(await readFile(join(dataDir, 'master-key'), 'utf8'))![1]!);
  vault.add('API key', project.production.secret);
  vault.add('sign-in', project.owner.token);
  hashes = await hashesOf(dataDir);
  backedUp = await runCommand('backup', { DATA_DIR: dataDir }, file);
}, 240_000);

test('a backup says what is in it, what is not, and where that is', async () => {
  expect(backedUp).toMatchObject({ code: 0, stderr: '' });
  expect(backedUp.stdout).toContain(file);
  expect(backedUp.stdout).toMatch(/\d,\d{3} rows of \d\d tables as of \d{4}-/);
  expect(backedUp.stdout).toContain('master key is NOT in it');
  expect(backedUp.stdout).toContain(join(dataDir, 'master-key'));
  expect(vault.find(backedUp.stdout)).toEqual([]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await readdir(dataDir)).filter((name) => name.includes('partial'))).toEqual([]);
  expect(processesIn(dataDir)).toEqual([]);
  expect(await runCommand('backup', { DATA_DIR: dataDir }, file)).toMatchObject({
    code: 1,
    stderr: `\n  ${file} is there already. Name another file.\n\n`,
  });
});

test('it holds no master key, and no secret that could be used', async () => {
  const bytes = gunzipSync(await readFile(file));
  expect(bytes.includes(project.owner.email)).toBe(true);
  expect(vault.find(bytes.toString('latin1'))).toEqual([]);
  const key = Buffer.from(vault.secrets.find(({ name }) => name === 'master key')!.value, 'base64');
  expect(bytes.includes(key)).toBe(false);
  expect(bytes.includes(password)).toBe(false);
});

test('restored elsewhere it is the same database, which serves people and keys', {
  timeout: 240_000,
}, async () => {
  const target = await makeTarget();
  expect(await restore(target, file)).toMatchObject({ code: 0, stderr: '' });
  expect(await hashesOf(target)).toEqual(hashes);

  const server = await startServer({ DATA_DIR: target });
  const signedIn = await server.graphql(
    `mutation ($input: SignInInput!) { signIn(input: $input) {
      ... on SignInPayload { viewer { email } } ... on UserError { code } } }`,
    { input: { email: project.owner.email, password } },
  );
  expect(signedIn).toEqual({ signIn: { viewer: { email: project.owner.email } } });
  const api = createSessionApi(server);
  const key = withKey(project.production.secret);
  const { session } = await api.start(key);
  await api.confirm(key, { sessionId: session.sessionId, subject });
  expect(await api.exchange(key, { sessionId: session.sessionId })).toMatchObject({
    session: { status: 'USED' },
    proof: expect.stringMatching(/^ey/),
  });
  const { value } = vault.secrets.find(({ name }) => name === 'client secret')!;
  expect(await api.watch({}, value)).toBe('PENDING');
  // And whoever runs there already keeps it.
  expect(await restore(target, file, '--force')).toMatchObject({
    code: 1,
    stderr: `\n  A server or a command of Latchkey runs on ${target}. Stop it first.\n\n`,
  });
});

test('of a database that is written to all the while, it has one moment', {
  timeout: 240_000,
}, async () => {
  const source = await makeDataDir();
  const server = await startServer({ DATA_DIR: source });
  const { production } = await withToolsOf(source, (tools) => createTestProject(tools));
  const api = createSessionApi(server);
  const key = withKey(production.secret);
  let stopped = false;
  let started = 0;
  const writers = Array.from({ length: 8 }, async () => {
    while (!stopped) {
      const { session } = await api.start(key);
      await api.confirm(key, { sessionId: session.sessionId, subject });
      started += 1;
    }
  });
  await until(() => started > 50);
  const path = join(source, 'running.backup');
  expect(await runCommand('backup', { DATA_DIR: source }, path)).toMatchObject({ code: 0 });
  const after = started;
  await until(() => started > after + 50);
  stopped = true;
  await Promise.all(writers);

  const target = await makeDataDir();
  await cp(join(source, 'master-key'), join(target, 'master-key'));
  expect(await restore(target, path)).toMatchObject({ code: 0 });
  const there = await startServer({ DATA_DIR: target });
  await withToolsOf(target, async (tools) => {
    expect(await tools.db.authSession.count()).toBeGreaterThan(50);
    await expectCountsToMatchRows(tools.db);
  });
  there.kill('SIGKILL');
});

describe('a restore is refused, and touches nothing,', () => {
  /** @returns the sentence */
  async function refuse(dir: string, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await restore(dir, ...args);
    expect(code).toBe(1);
    expect(stdout).not.toContain('Done');
    expect(stderr).toMatch(/^\n {2}[^\n]+\n\n$/);
    return stderr.trim();
  }

  test('of a file that was cut short or changed', { timeout: 180_000 }, async () => {
    const target = await makeTarget();
    const whole = await readFile(file);
    const at = join(target, 'other.backup');
    for (const length of [0, 10, whole.length >> 1, whole.length - 1]) {
      await writeFile(at, whole);
      await truncate(at, length);
      expect(await refuse(target, at), String(length)).toBe(
        `${at} is not whole: it was cut short.`,
      );
    }
    const bytes = gunzipSync(whole);
    const inName = bytes.indexOf(project.owner.email);
    bytes[inName] = bytes[inName]! ^ 1;
    const flipped = Buffer.from(whole);
    flipped[whole.length >> 1] = flipped[whole.length >> 1]! ^ 1;
    for (const changed of [
      gzipSync(bytes),
      flipped,
      gzipSync('{}'),
      Buffer.from('no gzip at all'),
    ]) {
      await writeFile(at, changed);
      expect(await refuse(target, at)).toMatch(/ is no backup, or was changed| was cut short\.$/);
    }
    expect(await refuse(target, join(target, 'missing'))).toMatch(/^There is no file /);
    expect(hasCluster(target)).toBe(false);
  });

  test('without the master key that it was made under', { timeout: 180_000 }, async () => {
    const bare = await makeDataDir();
    expect(await refuse(bare, file)).toMatch(/^There is no master key here\. Put the key of /);
    await writeFile(join(bare, 'master-key'), `k1:${Buffer.alloc(32, 1).toString('base64')}\n`);
    expect(await refuse(bare, file)).toMatch(
      /^The backup was made under the master key "k1", which is another here\. Put the key of /,
    );
    await writeFile(join(bare, 'master-key'), `k2:${Buffer.alloc(32, 1).toString('base64')}\n`);
    expect(await refuse(bare, file)).toMatch(/"k1", which is not here\./);
    expect(hasCluster(bare)).toBe(false);
  });

  test('over a database that is not empty, unless it is told so', {
    timeout: 180_000,
  }, async () => {
    const target = await makeTarget();
    const server = await startServer({ DATA_DIR: target });
    const empty = await restore(target, file);
    expect(empty.stderr).toContain('Stop it first');
    server.kill('SIGTERM');
    await server.ended;
    // One that was started and never used is empty; then it is not.
    expect(await restore(target, file)).toMatchObject({ code: 0 });
    expect(await refuse(target, file)).toBe(
      `The database in ${target} is not empty. Set DATA_DIR to a new directory, or say --force to replace it: what is in it now is then gone.`,
    );
    await withDatabase(target, (url) => query(url, `UPDATE workspaces SET name = 'Later'`));
    expect(await hashesOf(target)).not.toEqual(hashes);
    expect(await restore(target, file, '--force')).toMatchObject({ code: 0 });
    expect(await hashesOf(target)).toEqual(hashes);
  });

  test('where the database is one’s own, as a backup is', async () => {
    const { url: DATABASE_URL } = await createTestDatabase();
    const MASTER_KEY = `k1:${Buffer.alloc(32, 1).toString('base64')}`;
    for (const [command, tool] of [
      ['backup', 'pg_dump'],
      ['restore', 'pg_restore'],
    ] as const) {
      const { code, stderr } = await runCommand(command, { DATABASE_URL, MASTER_KEY }, file);
      expect(code).toBe(1);
      expect(stderr).toMatch(new RegExp(`^\\n {2}DATABASE_URL is set: .* ${tool}\\..*\\n\\n$`));
    }
  });

  test('where there is nothing to do it with', async () => {
    const target = await makeTarget();
    expect(await refuse(target)).toBe('Name one file. npm run restore -- FILE [--force]');
    expect(await refuse(target, file, '--gently')).toMatch(/--gently.*npm run restore/);
    const { code, stderr } = await runCommand('backup', { DATA_DIR: target });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `\n  There is no database in ${target}. DATA_DIR says where it is.\n\n`,
    });
  });
});

test('killed in the middle it leaves what was there, whole, and the next one tidies up', {
  timeout: 240_000,
}, async () => {
  const target = await makeTarget();
  expect(await restore(target, file)).toMatchObject({ code: 0 });
  const change = () =>
    withDatabase(target, (url) => query(url, `UPDATE workspaces SET name = 'Later'`));
  await change();
  const before = await hashesOf(target);

  for (const moment of ['the tables are made', 'rows are copied'] as const) {
    // A quick machine may be done before anybody has looked.
    while (!(await killWhen(target, moment))) await change();
    await until(() => processesIn(target).length === 0);
    expect(await hashesOf(target), moment).toEqual(before);
  }
  const spares = () =>
    withDatabase(target, (url) =>
      query(url, `SELECT datname FROM pg_database WHERE datname LIKE 'latchkey_%'`),
    );
  expect(await spares()).not.toEqual([]);
  // So does a server, if nobody restores again.
  const server = await startServer({ DATA_DIR: target });
  expect(await spares()).toEqual([]);
  server.kill('SIGTERM');
  await server.ended;
  expect(await restore(target, file, '--force')).toMatchObject({ code: 0 });
  expect(await hashesOf(target)).toEqual(hashes);
  expect(await spares()).toEqual([]);
});

test('what somebody does there meanwhile is not replaced', { timeout: 240_000 }, async () => {
  const target = await makeTarget();
  expect(await restore(target, file)).toMatchObject({ code: 0 });
  const connect = async (url: string) => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
  };
  expect(await meddle(() => target, connect, '--force')).toBe(
    'A server was started meanwhile, so nothing was restored. Stop it, and restore again.',
  );
  const write = async (url: string) => {
    await query(url, 'CREATE TABLE kept AS SELECT 1');
  };
  expect(await meddle(makeTarget, write)).toMatch(/^The database in \S+ is not empty\./);
});

test('no table has a sequence, of which a backup would have to know', async () => {
  const { url } = await createTestDatabase();
  expect(await query(url, 'SELECT * FROM pg_sequences')).toEqual([]);
});

/** @returns false: it was done before that */
async function killWhen(
  dir: string,
  moment: 'the tables are made' | 'rows are copied',
): Promise<boolean> {
  const command = await spawnCommand('restore', { DATA_DIR: dir }, file, '--force');
  let isOver = false;
  void command.ended.then(() => {
    isOver = true;
  });
  const isCopying = moment === 'rows are copied';
  await until(async () => isOver || (await countRestoring(dir, isCopying)) > 0, 60_000);
  command.kill('SIGKILL');
  return (await command.ended).signal === 'SIGKILL';
}

/** Does something while a restore works, and returns what the restore says of it. */
async function meddle(
  dirOf: () => string | Promise<string>,
  act: (url: string) => Promise<void>,
  ...args: string[]
): Promise<string> {
  for (;;) {
    const dir = await dirOf();
    const command = await spawnCommand('restore', { DATA_DIR: dir }, file, ...args);
    let isOver = false;
    void command.ended.then(() => {
      isOver = true;
    });
    await until(async () => isOver || (await countRestoring(dir, false)) > 0, 60_000);
    command.kill('SIGSTOP');
    const url = await urlOf(dir);
    if (!isOver && url !== null) await act(`${url}/latchkey`);
    command.kill('SIGCONT');
    const { code } = await command.ended;
    // A quick machine may be done before anybody has looked.
    if (code !== 0) return command.stderr().trim();
  }
}

/** How many connections restore there, or copy rows; 0 while nobody answers. */
async function countRestoring(dir: string, isCopying: boolean): Promise<number> {
  const url = await urlOf(dir);
  if (url === null) return 0;
  const condition = isCopying ? `query LIKE 'COPY%'` : 'true';
  const text = `SELECT FROM pg_stat_activity WHERE starts_with(datname, 'latchkey_restoring_') AND ${condition}`;
  return (await query(`${url}/postgres`, text).catch(() => [])).length;
}

/** Where the server of a directory answers, without the name of a database. */
async function urlOf(dir: string): Promise<string | null> {
  const cluster = join(dir, 'postgres-18');
  const { port } = await readPidFile(cluster);
  if (!port) return null;
  return `postgresql://postgres:${await readPassword(cluster)}@127.0.0.1:${port}`;
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end().catch(() => {});
  }
}
