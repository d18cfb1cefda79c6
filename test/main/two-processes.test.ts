import { randomBytes } from 'node:crypto';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Tools } from '../../server/domain/call.ts';
import { closeDb } from '../../server/platform/db.ts';
import { MasterKeys } from '../../server/platform/master-keys.ts';
import { createTestTools } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';
import { type ServerProcess, startServer, until } from '../support/process.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import {
  createSessionApi,
  nobodyAtAll,
  type SessionApi,
  subject,
  withKey,
} from '../support/session-api.ts';
import { expectCountsToMatchRows, passDeadline } from '../support/sessions.ts';

/** Two server processes on one database, which was empty when both started at once. */
let servers: [ServerProcess, ServerProcess];
let apis: [SessionApi, SessionApi];
/** The first that anybody read from each. */
let jwks: [JSONWebKeySet, JSONWebKeySet];
let tools: Tools;
let project: TestProject;
let secretKey: ReturnType<typeof withKey>;

beforeAll(async () => {
  const { url } = await createTestDatabase({ empty: true });
  const bytes = randomBytes(32);
  const settings = {
    DATABASE_URL: url,
    MASTER_KEY: `k1:${bytes.toString('base64')}`,
    PUBLIC_URL: 'http://localhost:4000',
    // More are started here in a minute than strangers may.
    PUBLIC_STARTS_PER_ADDRESS: '1000000',
    PUBLIC_STARTS_PER_PROJECT: '1000000',
  };
  const start = async () => {
    const server = await startServer(settings);
    return { server, jwks: await readJwks(server) };
  };
  const [one, other] = await Promise.all([start(), start()]);
  servers = [one.server, other.server];
  jwks = [one.jwks, other.jwks];
  apis = [createSessionApi(servers[0]), createSessionApi(servers[1])];
  tools = createTestTools(url, { masterKeys: new MasterKeys([{ id: 'k1', bytes }]) });
  project = await createTestProject(tools);
  secretKey = withKey(project.production.secret);
}, 60_000);

afterAll(() => closeDb(tools.db));

async function readJwks({ url }: ServerProcess): Promise<JSONWebKeySet> {
  return (await fetch(`${url}/.well-known/jwks.json`)).json();
}

/** Changes the project's settings through one of the servers. */
async function updateProject(server: ServerProcess, changes: object): Promise<void> {
  const owner = { cookie: project.owner.token };
  const { project: read } = await server.graphql(
    'query ($id: ID!) { project(id: $id) { version } }',
    { id: project.id },
    owner,
  );
  const { result } = await server.graphql(
    'mutation ($input: UpdateProjectInput!) { result: updateProject(input: $input) { __typename } }',
    { input: { id: project.id, version: read.version, ...changes } },
    owner,
  );
  expect(result).toEqual({ __typename: 'UpdateProjectPayload' });
}

test('both starting at once on an empty database migrate it once, and make one signing key', async () => {
  expect(jwks[0].keys).toHaveLength(1);
  expect(jwks[1]).toEqual(jwks[0]);
  const { rows } = await tools.db.$pool.query('SELECT id FROM signing_keys');
  expect(rows).toEqual([{ id: jwks[0].keys[0]?.kid }]);

  const migrations = await tools.db.$pool.query(
    'SELECT count(*)::int, count(DISTINCT migration_name)::int AS names FROM _prisma_migrations',
  );
  expect(migrations.rows[0].count).toBe(migrations.rows[0].names);
  const migrated = servers.filter((server) =>
    server.log().some(({ msg }) => msg === 'Migrations applied'),
  );
  expect(migrated).toHaveLength(1);
});

test('a project that was switched off through one starts nothing more through the other', {
  timeout: 60_000,
}, async () => {
  await updateProject(servers[0], { publicAccess: true });
  const doors: Parameters<SessionApi['start']>[] = [
    [secretKey],
    [withKey(project.production.publishableValue)],
    [nobodyAtAll, { projectId: project.id }],
  ];
  /** Counts switches; even while it is on or on its way, odd from when it is known to be off. */
  let phase = 0;
  let done = false;
  const tooLate: unknown[] = [];
  /** Requests that are under way all the time, at both. */
  async function keepStarting(n: number): Promise<void> {
    while (!done) {
      const startedIn = phase;
      const { __typename } = await apis[n % 2]!.start(...doors[n % doors.length]!);
      const wasOff = startedIn % 2 === 1 && phase === startedIn;
      if (wasOff && __typename !== 'ProjectInactiveError') tooLate.push({ n, __typename });
    }
  }
  const load = Promise.all(Array.from({ length: 4 }, (_, n) => keepStarting(n)));

  for (let round = 0; round < 20; round += 1) {
    const [here, there] = round % 2 === 0 ? [0, 1] : [1, 0];
    await updateProject(servers[here]!, { active: false });
    phase += 1;
    const answers = await Promise.all(doors.map((door) => apis[there]!.start(...door)));
    for (const answer of answers) expect(answer).toMatchObject({ code: 'PROJECT_INACTIVE' });
    phase += 1;
    await updateProject(servers[here]!, { active: true });
    expect(await apis[there]!.start(...doors[round % doors.length]!)).toMatchObject({
      session: { status: 'PENDING' },
    });
  }
  done = true;
  await load;
  expect(tooLate).toEqual([]);
});

test('a session goes through both, and its proof holds against the keys of either', async () => {
  for (const [here, there] of [apis, [...apis].reverse()] as [SessionApi, SessionApi][]) {
    const { sessionId } = (await here.start(secretKey, { nonce: 'n-1' })).session;
    await there.confirm(secretKey, { sessionId, subject });
    const { proof } = await here.exchange(secretKey, { sessionId });
    for (const keys of jwks) {
      const { payload } = await jwtVerify(proof, createLocalJWKSet(keys), {
        issuer: 'http://localhost:4000',
        audience: project.id,
      });
      expect(payload).toMatchObject({ sid: sessionId, sub: 'server:customer-1', nonce: 'n-1' });
    }
  }
});

test('of a confirmation and a cancellation, and of two exchanges, one wins wherever they meet', async () => {
  const race = async () => {
    const { clientSecret, session } = await apis[0].start(secretKey);
    const { sessionId } = session;
    const [confirmed, cancelled] = await Promise.all([
      apis[0].confirm(secretKey, { sessionId, subject }),
      apis[1].cancel(nobodyAtAll, { clientSecret }),
    ]);
    const outcome = [confirmed, cancelled].map(({ __typename }) => __typename).sort();
    if (confirmed.session) {
      expect(outcome).toEqual(['ConfirmSessionPayload', 'SessionStateError']);
      const exchanges = await Promise.all(
        apis.map((api) => api.exchange(secretKey, { sessionId })),
      );
      expect(exchanges.filter(({ proof }) => proof)).toHaveLength(1);
      expect(exchanges).toContainEqual(expect.objectContaining({ code: 'SESSION_ALREADY_USED' }));
    } else {
      expect(outcome).toEqual(['CancelSessionPayload', 'SessionStateError']);
    }
  };
  await Promise.all(Array.from({ length: 20 }, race));
  await expectCountsToMatchRows(tools.db);
});

test('sessions that run out under the sweeps of both expire once', async () => {
  for (let round = 0; round < 3; round += 1) {
    const started = await Promise.all(
      Array.from({ length: 30 }, (_, n) => apis[n % 2]!.start(secretKey)),
    );
    const ids: string[] = started.map(({ session }) => session.sessionId);
    await Promise.all(ids.map((id) => passDeadline(tools.db, id)));
    await until(async () => {
      const { rowCount } = await tools.db.$pool.query(
        `SELECT FROM auth_sessions WHERE id = ANY($1) AND status = 'PENDING'`,
        [ids],
      );
      return rowCount === 0;
    });
  }
  // A sweep that lost its race writes nothing, but may not have come so far.
  await until(async () => {
    const { rowCount } = await tools.db.$pool.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'
         AND pid <> pg_backend_pid()`,
    );
    return rowCount === 0;
  });
  await expectCountsToMatchRows(tools.db);
});

test('neither had anything to complain of', () => {
  for (const server of servers) {
    expect(server.stderr()).toBe('');
    expect(server.log().filter(({ level }) => level !== 'info')).toEqual([]);
  }
});
