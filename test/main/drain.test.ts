import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { closeDb, type Db } from '../../server/platform/db.ts';
import { MasterKeys } from '../../server/platform/master-keys.ts';
import { password } from '../support/accounts.ts';
import { createTestTools } from '../support/call.ts';
import { makeDataDir, processesIn, withToolsOf } from '../support/data-dir.ts';
import { createTestDatabase } from '../support/database.ts';
import { countWaiting } from '../support/open-transaction.ts';
import { spawnServer, startServer, until } from '../support/process.ts';
import { createTestProject } from '../support/projects.ts';
import { createSessionApi, withKey } from '../support/session-api.ts';

/** Two, of which the second begins when the first is done: the server must still be whole then. */
const startTwo = JSON.stringify({
  query: `mutation {
    first: startSession(input: {}) { __typename }
    second: startSession(input: {}) { __typename }
  }`,
});
const signIn = `mutation ($input: SignInInput!) { result: signIn(input: $input) { __typename } }`;
/** None has an account: checking their passwords takes as long, and each leaves a count behind. */
const people = [1, 2, 3, 4, 5, 6].map((n) => `nobody.${n}@example.com`);

/** Holds up every start of a session until what it returns is called. */
async function lockCounters({ $pool }: Db): Promise<() => Promise<void>> {
  const other = await $pool.connect();
  await other.query('BEGIN; LOCK TABLE session_totals IN SHARE MODE');
  return async () => {
    await other.query('COMMIT');
    other.release();
  };
}

/** At whose passwords the server looks, or has looked. */
async function countAttempts({ $pool }: Db): Promise<number> {
  const { rowCount } = await $pool.query(
    "SELECT FROM rate_limits WHERE bucket LIKE 'passwords-of-strangers %'",
  );
  return rowCount ?? 0;
}

/** One connection that stays open: what is written to it, and what was heard so far. */
function openConnection(port: number) {
  const socket = connect(port, '127.0.0.1');
  let heard = '';
  socket.setEncoding('utf8').on('data', (text) => {
    heard += text;
  });
  return {
    heard: () => heard,
    closed: new Promise<void>((resolve) => socket.once('close', () => resolve())),
    send(method: string, path: string, headers: Record<string, string> = {}, body = '') {
      const lines = Object.entries({
        host: `127.0.0.1:${port}`,
        ...headers,
        'content-length': String(Buffer.byteLength(body)),
      }).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
    },
  };
}

/** Whether a new connection is refused. */
function isClosed(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(false));
    socket.once('error', () => resolve(true)).once('connect', () => socket.destroy());
  });
}

describe.concurrent('a server that is told to stop', { timeout: 120_000 }, () => {
  test('answers what is under way, takes nothing more and leaves no process behind', async () => {
    const dataDir = await makeDataDir();
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const server = await startServer({ DATA_DIR: dataDir });
      await withToolsOf(dataDir, async (tools) => {
        const { production } = await createTestProject(tools);
        const held = openConnection(server.port);
        const commit = await lockCounters(tools.db);
        held.send(
          'POST',
          '/graphql',
          { 'content-type': 'application/json', 'x-api-key': production.secret },
          startTwo,
        );
        await until(async () => (await countWaiting(tools.db)) === 1);
        const before = await countAttempts(tools.db);
        const signIns = people.map((email) =>
          server.graphql(signIn, { input: { email: `${signal}.${email}`, password } }),
        );
        await until(async () => (await countAttempts(tools.db)) === before + people.length);

        server.kill(signal);
        await until(() => isClosed(server.port));
        for (const { result } of await Promise.all(signIns)) {
          expect(result).toEqual({ __typename: 'InvalidCredentialsError' });
        }
        await commit();
        await held.closed;
        // The reply says that the connection will not be there for another request.
        expect(held.heard()).toMatch(
          /^HTTP\/1.1 200 .*Connection: close.*"second":{"__typename":"StartSessionPayload"}/s,
        );
        expect(await server.ended).toEqual({ code: 0, signal: null });
      });
      expect(processesIn(dataDir)).toEqual([]);
      expect(server.stderr()).toBe('');
      expect(server.log().filter(({ level }) => level !== 'info')).toEqual([]);
    }
  });

  test('does not wait for ever for what never ends', async () => {
    const { url } = await createTestDatabase();
    const masterKeys = [{ id: 'k1', bytes: randomBytes(32) }];
    const MASTER_KEY = `k1:${masterKeys[0]!.bytes.toString('base64')}`;
    const tools = createTestTools(url, { masterKeys: new MasterKeys(masterKeys) });
    const server = await startServer({ DATABASE_URL: url, MASTER_KEY });
    const { production } = await createTestProject(tools);
    const commit = await lockCounters(tools.db);
    const { start } = createSessionApi(server);
    const started = start(withKey(production.secret)).catch((error) => error);
    await until(async () => (await countWaiting(tools.db)) === 1);
    server.kill('SIGTERM');
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(await started).toBeInstanceOf(Error);
    await commit();
    await closeDb(tools.db);
  });

  test('leaves no process behind while it is still starting', async () => {
    const dataDir = await makeDataDir();
    const server = await spawnServer({ DATA_DIR: dataDir });
    await until(() => processesIn(dataDir).length > 0);
    server.kill('SIGTERM');
    expect(server.stdout()).toBe('');
    await server.ended;
    await until(() => processesIn(dataDir).length === 0);
  });
});
