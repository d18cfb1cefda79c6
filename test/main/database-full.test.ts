/** A database that has given all its connections to others. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { closeDb } from '../../server/platform/db.ts';
import { MasterKeys } from '../../server/platform/master-keys.ts';
import { createTestTools } from '../support/call.ts';
import { startOwnPostgres } from '../support/own-postgres.ts';
import { startServer, until } from '../support/process.ts';
import { createTestProject } from '../support/projects.ts';
import { createSessionApi, operations, withKey } from '../support/session-api.ts';

const postgres = await startOwnPostgres({ max_connections: '12' });
const bytes = randomBytes(32);
const masterKeys = new MasterKeys([{ id: 'k1', bytes }]);

/** Takes every connection there is, those of the server with them. */
async function takeAll(): Promise<pg.Client[]> {
  const taken: pg.Client[] = [];
  for (;;) {
    const client = new pg.Client({ connectionString: postgres.url, application_name: 'other' });
    client.on('error', () => {});
    try {
      await client.connect();
      taken.push(client);
    } catch (error) {
      if ((error as { code?: string }).code !== '53300') throw error;
      const { rowCount } = await taken[0]!.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE backend_type = 'client backend' AND application_name <> 'other'`,
      );
      if (rowCount === 0) return taken;
    }
  }
}

test('a full database is UNAVAILABLE, and recovery needs nobody', { timeout: 60_000 }, async () => {
  const server = await startServer({
    DATABASE_URL: postgres.url,
    DATABASE_POOL_MAX: '4',
    MASTER_KEY: `k1:${bytes.toString('base64')}`,
  });
  const tools = createTestTools(postgres.url, { masterKeys });
  const project = await createTestProject(tools);
  await closeDb(tools.db);
  const by = withKey(project.production.secret);
  const { start } = createSessionApi(server);
  await start(by);
  const ready = async () => (await fetch(`${server.url}/health/ready`)).status;
  const post = (headers: Record<string, string>, query: string, variables: object) =>
    fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables }),
    });

  const taken = await takeAll();
  onTestFinished(async () => void (await Promise.all(taken.map((client) => client.end()))));
  expect(await ready()).toBe(503);
  const cookie = { cookie: `latchkey=${project.owner.token}` };
  const list = '{ projects { edges { node { name authSessions { edges { cursor } } } } } }';
  const create = 'mutation { createProject(input: { name: "Other" }) { __typename } }';
  const replies = await Promise.all([
    post(by.headers!, operations.start, { input: {} }),
    post(cookie, list, {}),
    post(cookie, create, {}),
    post(by.headers!, '{ viewerKey { environment { logs(first: 1) { edges { cursor } } } } }', {}),
  ]);
  for (const reply of replies) {
    const { errors } = await reply.json();
    const codes = errors.map((error: { extensions: { code: string } }) => error.extensions.code);
    expect({ status: reply.status, codes: [...new Set(codes)] }).toEqual({
      status: 503,
      codes: ['UNAVAILABLE'],
    });
    expect(reply.headers.get('retry-after')).toBe('1');
  }

  await Promise.all(taken.splice(0).map((client) => client.end()));
  await until(async () => (await ready()) === 200);
  expect(await start(by)).toMatchObject({ session: { status: 'PENDING' } });
  const serious = server.log().filter(({ level }) => level !== 'info' && level !== 'warn');
  expect(serious).toEqual([]);
  expect(server.stderr()).toBe('');
});
