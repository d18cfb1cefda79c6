import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import { closeDb } from '../../server/platform/db.ts';
import { MasterKeys } from '../../server/platform/master-keys.ts';
import { createTestTools } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';
import { runCommand } from '../support/process.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { callWithKey } from '../support/setup.ts';

const { url } = await createTestDatabase();
const bytes = randomBytes(32);
const tools = createTestTools(url, { masterKeys: new MasterKeys([{ id: 'k1', bytes }]) });
let project: TestProject;
beforeAll(async () => {
  project = await createTestProject(tools);
  await startSession(await callWithKey(tools, project.production.secret), {});
});
afterAll(() => closeDb(tools.db));

const command = (...args: string[]) =>
  runCommand(
    'verify-rollups',
    { DATABASE_URL: url, MASTER_KEY: `k1:${bytes.toString('base64')}` },
    ...args,
  );

const allRight = {
  code: 0,
  stdout: 'Every count is right, in 2 environments.\n',
  stderr: '',
};

test('the command says that every count is right', async () => {
  expect(await command()).toEqual(allRight);
});

test('it prints what differs and fails; with --repair it mends that', async () => {
  await tools.db.$executeRaw`UPDATE session_rollups SET started = started + 2`;
  const at = await tools.db.sessionRollup.findFirstOrThrow();
  const line = `${project.production.id}  ${at.quarterAt.toISOString()}  started: 1 by the sessions, 3 counted\n`;
  expect(await command()).toEqual({
    code: 1,
    stdout: line,
    stderr:
      '\n  1 counts are not what the sessions say. Mend them: npm run verify-rollups -- --repair\n\n',
  });
  expect(await command('--repair')).toEqual({
    code: 0,
    stdout: `${line}1 counts were not what the sessions say, in 2 environments.\nNow every count is right.\n`,
    stderr: '',
  });
  expect(await command()).toEqual(allRight);
});

test('it takes no other option', async () => {
  expect(await command('--mend')).toMatchObject({ code: 1, stdout: '' });
});
