import { randomBytes } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { type Difference, verifyRollups } from '../../server/domain/analytics/verify-rollups.ts';
import { closeDb, type Db } from '../../server/platform/db.ts';
import { MasterKeys } from '../../server/platform/master-keys.ts';
import { signUpSomebody } from '../support/accounts.ts';
import { createTestTools } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';
import { ownWorkspace, setRole } from '../support/people.ts';
import { runCommand, spawnCommand, until } from '../support/process.ts';
import { createTestProject } from '../support/projects.ts';
import { expectLogToMatchRows } from '../support/sessions.ts';

// Thousands of sessions, by a process of its own.
vi.setConfig({ testTimeout: 60_000 });

/** A database of one's own, and the command on it. */
async function setUp() {
  const { url } = await createTestDatabase();
  const bytes = randomBytes(32);
  const masterKeys = new MasterKeys([{ id: 'k1', bytes }]);
  const tools = createTestTools(url, { masterKeys });
  const settings = { DATABASE_URL: url, MASTER_KEY: `k1:${bytes.toString('base64')}` };
  const run = (...args: string[]) => runCommand('seed', settings, ...args);
  const start = (...args: string[]) => spawnCommand('seed', settings, ...args);
  return { tools, db: tools.db, run, start, [Symbol.asyncDispose]: () => closeDb(tools.db) };
}

/** Counters, histograms and the log say what the sessions say, folded into days or not. */
async function expectNothingWrong(db: Db): Promise<void> {
  const all: Difference[] = [];
  await verifyRollups({ db }, (_, differences) => void all.push(...differences));
  expect(all).toEqual([]);
  await expectLogToMatchRows(db);
}

test('killed half-way, a run goes on where it stopped, and counts nothing twice', async () => {
  await using the = await setUp();
  const args = ['--sessions', '9000', '--days', '40'];
  const first = await the.start(...args);
  await until(() => / 4,000 of 9,000/.test(first.stderr()));
  first.kill('SIGKILL');
  await first.ended;
  const [run] = await the.db.seedRun.findMany();
  expect(run!.sessionsDone).toBeLessThan(9_000);
  // A statement that was under way when its client was killed is still to end, one way or the other.
  await until(async () => {
    const { sessionsDone } = await the.db.seedRun.findFirstOrThrow();
    return (await the.db.authSession.count()) === sessionsDone;
  });
  await expectNothingWrong(the.db);

  const second = await the.run(...args);
  expect(second).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/ (5|1),000 sessions from /),
  });
  expect(await the.db.authSession.count()).toBe(9_000);
  expect(await the.db.project.count()).toBe(4);
  await expectNothingWrong(the.db);

  const third = await the.run(...args);
  expect(third).toMatchObject({ code: 0, stdout: expect.stringContaining('were there already') });
  expect(await the.db.authSession.count()).toBe(9_000);
});

test('of two that seed at once the second says so and adds nothing', async () => {
  await using the = await setUp();
  const first = await the.start('--sessions', '12000');
  await until(() => / of 12,000/.test(first.stderr()));
  const second = await the.run('--sessions', '1000');
  expect(second).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Another process is seeding'),
  });
  expect(await first.ended).toMatchObject({ code: 0 });
  expect(await the.db.authSession.count()).toBe(12_000);
});

test('where there is nobody it makes an account, and its projects are older than their sessions', async () => {
  await using the = await setUp();
  const { code, stdout } = await the.run('--sessions', '500', '--days', '120');
  expect(code).toBe(0);
  expect(stdout).toMatch(/demo@example\.com\.\n.*password, shown this once: [\w-]{16}\n/);
  const { rows } = await the.db.$pool.query(
    `SELECT count(*)::int AS count FROM auth_sessions a JOIN projects p ON p.id = a.project_id
       JOIN environments e ON e.id = a.environment_id LEFT JOIN api_keys k ON k.id = a.api_key_id
     WHERE a.created_at < greatest(p.created_at, e.created_at, k.created_at)`,
  );
  expect(rows).toEqual([{ count: 0 }]);
  const workspace = await the.db.workspace.findFirstOrThrow();
  expect(workspace).toMatchObject({ logRetentionDays: 120, sessionRetentionDays: 400 });
  const used = await the.db.apiKey.count({ where: { lastUsedAt: { not: null } } });
  expect(used).toBeGreaterThan(4);
});

test('in a project that is there, it uses what that has and makes nothing', async () => {
  await using the = await setUp();
  const owner = await signUpSomebody(the.tools);
  const project = await createTestProject(the.tools, owner);
  await createTestProject(the.tools);
  const args = ['--sessions', '300', '--days', '10', '--project', project.id];
  expect(await the.run(...args)).toMatchObject({ code: 0 });
  const sessions = await the.db.authSession.groupBy({ by: ['projectId'], _count: true });
  expect(sessions).toEqual([{ projectId: project.id, _count: 300 }]);
  expect(await the.db.project.count()).toBe(2);
  const other = await the.run(
    '--workspace',
    ownWorkspace(owner),
    '--email',
    'Person.2@example.com',
  );
  expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('owner or admin of it') });
  const guest = await signUpSomebody(the.tools);
  await setRole(the.tools, guest.actor.id, ownWorkspace(guest), null);
  expect(await the.run('--email', guest.email.toUpperCase())).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is owner or admin of no workspace'),
  });
});

test.each([
  [['--sessions', '0'], '--sessions must be a whole number from 1 to 20,000,000.'],
  [['--sessions', '1.5'], '--sessions must be a whole number'],
  [['--sessions', 'many'], '--sessions must be a whole number'],
  [['--days', '4000'], '--days must be a whole number from 1 to 3,650.'],
  [['--seed', ''], '--seed needs a word.'],
  [['--session', '1'], "Unknown option '--session'"],
  [['1000'], "Unexpected argument '1000'"],
  [['--sessions'], 'argument missing'],
  [['--workspace', 'mine'], 'There is no workspace mine. Ids begin with wsp_.'],
  [
    ['--project', 'prj_01h2xcejqtf2nbrexx3vqjhp41'],
    'There is no project prj_01h2xcejqtf2nbrexx3vqjhp41.',
  ],
  [['--email', 'nobody'], 'Must be an email address'],
])('it refuses %j, and says why', async (args, message) => {
  await using the = await setUp();
  expect(await the.run(...args)).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining(message),
  });
  expect(await the.db.user.count()).toBe(0);
});

test('a workspace that keeps sessions for less long is not filled with what it would remove', async () => {
  await using the = await setUp();
  await signUpSomebody(the.tools);
  expect(await the.run('--days', '500')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('keeps sessions for 400 days'),
  });
  expect(await the.db.project.count()).toBe(0);
});
