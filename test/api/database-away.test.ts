/** What a request hears whose statement, or whose connection, PostgreSQL ends; and where it is not to be reached. */
import pg from 'pg';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { startDatabaseProxy } from '../support/database-proxy.ts';
import { until } from '../support/process.ts';
import { createTestProject } from '../support/projects.ts';
import { type GraphQLOptions, type Reply, startTestServer } from '../support/server.ts';
import { operations, withKey } from '../support/session-api.ts';

const database = await createTestDatabase();
const proxy = await startDatabaseProxy(database.url);
const server = await startTestServer({ database: { ...database, url: proxy.url } });
/** Past the proxy: one that holds locks, and one that looks, which inside a transaction would see the past. */
const [holder, looker] = [new pg.Client(database.url), new pg.Client(database.url)];
for (const client of [holder, looker]) {
  await client.connect();
  afterAll(() => client.end());
}
const project = await createTestProject(server.tools);
const owner = { cookie: project.owner.token };
const byKey = withKey(project.production.secret);
const byPublishable = withKey(project.development.publishableValue);
server.db.$pool.on('error', () => {});
afterEach(() => {
  server.log.length = 0;
});

const read = 'query ($id: ID!) { project(id: $id) { name authSessions { edges { cursor } } } }';
const create = `mutation { createProject(input: { name: "Other" }) { __typename } }`;
const createToken = `mutation { createAccessToken(input: { name: "CI", scope: READ }) { __typename } }`;

const graphql = (query: string, variables: object, by: GraphQLOptions) => () =>
  server.post(query, variables, by);
const requests: Record<string, () => Promise<Reply>> = {
  'a list': graphql(read, { id: project.id }, owner),
  'a start': graphql(operations.start, { input: {} }, byKey),
  'a public start': graphql(operations.start, { input: {} }, byPublishable),
  'a transaction': graphql(create, {}, owner),
  'a short transaction': graphql(createToken, {}, owner),
  'an export': () =>
    server.send('/export/logs', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...byKey.headers },
      body: '{"format": "csv"}',
    }),
};

/** It says in every way that the same may be sent again, and the log says why. */
function expectUnavailable({ status, headers, json }: Reply): void {
  const codes = json.errors.map((error: { extensions: object }) => error.extensions);
  const requestId = headers.get('x-request-id');
  for (const extensions of codes) expect(extensions).toEqual({ code: 'UNAVAILABLE', requestId });
  expect(status).toBe(503);
  expect(headers.get('retry-after')).toBe('1');
  expect(server.faults().filter((line) => line.requestId === requestId)).toMatchObject([
    { level: 'warn', msg: 'The database did not answer a request' },
  ]);
}

const waiting = `SELECT pid FROM pg_stat_activity
  WHERE datname = current_database() AND wait_event_type = 'Lock'`;
/** Every connection is back in its pool: those that are not would be missing for ever. */
async function expectNothingHeld(): Promise<void> {
  for (const pool of [server.db.$pool, server.db.$urgent]) {
    await expect.poll(() => pool.totalCount - pool.idleCount).toBe(0);
  }
}

const onWaiting = (verb: string) => () =>
  looker.query(`SELECT ${verb}(pid) FROM (${waiting}) waiting`);
const endings: Record<string, () => Promise<unknown>> = {
  // PostgreSQL says the same of a statement that took too long (57014).
  'a statement is cancelled': onWaiting('pg_cancel_backend'),
  'a connection is ended': onWaiting('pg_terminate_backend'),
  'a connection breaks': async () => proxy.recover(),
};

describe.each(Object.entries(endings))('where %s', (_, end) => {
  test.each(Object.entries(requests))('%s is UNAVAILABLE', async (_, request) => {
    // All that these read or write, but for who asks.
    await holder.query(`BEGIN; LOCK TABLE projects, auth_sessions, session_totals, log_entries`);
    try {
      const asked = request();
      let isAnswered = false;
      void asked.finally(() => {
        isAnswered = true;
      });
      await until(async () => {
        const { rows } = await looker.query(waiting);
        return rows.length > 0;
      });
      await until(async () => {
        await end();
        return isAnswered;
      });
      expectUnavailable(await asked);
    } finally {
      await holder.query('ROLLBACK');
    }
    await until(async () => (await request()).status === 200);
    await expectNothingHeld();
  });
});

test('a lock that is not to be had in time is UNAVAILABLE', async () => {
  await holder.query('BEGIN; LOCK TABLE projects, auth_sessions, session_totals, log_entries');
  const replies = await Promise.all(Object.values(requests).map((request) => request()));
  await holder.query('ROLLBACK');
  for (const reply of replies) expectUnavailable(reply);
});

test('documents are 503 while the database is not to be reached, and health says so', async () => {
  proxy.refuse();
  const jwks = await server.send('/.well-known/jwks.json');
  expect(jwks).toMatchObject({
    status: 503,
    json: {
      message: expect.stringContaining('Try again'),
      requestId: jwks.headers.get('x-request-id'),
    },
  });
  expect(jwks.headers.get('retry-after')).toBe('1');
  for (const request of Object.values(requests)) expectUnavailable(await request());
  expect((await server.send('/health/ready')).status).toBe(503);
  expect((await server.send('/health/live')).status).toBe(200);
  proxy.recover();
  await until(async () => (await server.send('/health/ready')).status === 200);
  expect((await server.send('/.well-known/jwks.json')).status).toBe(200);
});
