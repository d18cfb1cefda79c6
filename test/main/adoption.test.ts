import { expect, test } from 'vitest';
import {
  makeDataDir,
  processesIn,
  readParent,
  readPostmaster,
  withToolsOf,
} from '../support/data-dir.ts';
import { type ServerProcess, startServer, until } from '../support/process.ts';
import { createTestProject } from '../support/projects.ts';
import { createSessionApi, subject, withKey } from '../support/session-api.ts';

const logged = (server: ServerProcess, message: string) =>
  server.log().find(({ msg }) => msg === message);

test('servers on one DATA_DIR share its database, until the one that started it ends', {
  timeout: 120_000,
}, async () => {
  const dataDir = await makeDataDir();
  const settings = { DATA_DIR: dataDir };
  // At once and on nothing: who comes second waits for the cluster, the key file and the tables.
  const started = await Promise.all([startServer(settings), startServer(settings)]);
  for (const server of started) {
    expect(logged(server, 'Latchkey is ready')).toMatchObject({ database: 'embedded' });
  }
  const migrated = started.filter((server) => logged(server, 'Migrations applied'));
  expect(migrated).toHaveLength(1);
  const project = await withToolsOf(dataDir, (tools) => createTestProject(tools));
  const by = withKey(project.production.secret);

  const [one, other] = [createSessionApi(started[0]!), createSessionApi(started[1]!)];
  const { sessionId } = (await one.start(by)).session;
  const confirmed = await other.confirm(by, { sessionId, subject });
  expect(confirmed).toMatchObject({ session: { status: 'CONFIRMED' } });
  expect(await one.exchange(by, { sessionId })).toMatchObject({ session: { status: 'USED' } });

  const starterPid = await readParent(await readPostmaster(dataDir));
  const starter = started.find(({ pid }) => pid === starterPid)!;
  const adopter = started.find(({ pid }) => pid !== starterPid)!;
  starter.kill('SIGKILL');
  expect(await adopter.ended).toEqual({ code: 1, signal: null });
  expect(logged(adopter, 'The embedded database has ended')).toMatchObject({ level: 'fatal' });
  expect(adopter.stderr()).toBe('');
  await until(() => processesIn(dataDir).length === 0);

  // Whatever restarts the two finds everything there, and who only adopted it leaves it running.
  const [next, guest] = [await startServer(settings), await startServer(settings)];
  guest.kill('SIGTERM');
  expect(await guest.ended).toEqual({ code: 0, signal: null });
  const { authSession } = await next.graphql(
    'query ($id: ID!) { authSession(id: $id) { status } }',
    { id: sessionId },
    by,
  );
  expect(authSession).toEqual({ status: 'USED' });
  next.kill('SIGTERM');
  expect(await next.ended).toEqual({ code: 0, signal: null });
  expect(processesIn(dataDir)).toEqual([]);
});
