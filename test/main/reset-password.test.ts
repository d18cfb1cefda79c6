import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { resetPassword } from '../../server/domain/accounts/reset-password.ts';
import { signIn } from '../../server/domain/accounts/sign-in.ts';
import { closeDb } from '../../server/platform/db.ts';
import { startEmbeddedPostgres } from '../../server/platform/embedded-postgres.ts';
import { loadOrCreateMasterKey } from '../../server/platform/master-key-file.ts';
import { MasterKeys } from '../../server/platform/master-keys.ts';
import { migrate } from '../../server/platform/migrate.ts';
import { signUpSomebody } from '../support/accounts.ts';
import { callAs, createTestTools, nobody } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';
import { runCommand } from '../support/process.ts';

const command = (env: Record<string, string>, ...args: string[]) =>
  runCommand('reset-password', { PUBLIC_URL: 'https://auth.example.com', ...env }, ...args);

describe("the command, on a database of one's own", async () => {
  const { url } = await createTestDatabase();
  const bytes = randomBytes(32);
  const masterKeys = new MasterKeys([{ id: 'k1', bytes }]);
  const tools = createTestTools(url, { masterKeys });
  afterAll(() => closeDb(tools.db));
  const env = { DATABASE_URL: url, MASTER_KEY: `k1:${bytes.toString('base64')}` };

  test('prints a link whose token sets a new password', async () => {
    const { email } = await signUpSomebody(tools);
    const { code, stdout, stderr } = await command(env, email.toLowerCase());
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`for ${email}.`);
    const token = /https:\/\/auth\.example\.com\/reset-password#token=([\w-]{43})\n/.exec(
      stdout,
    )?.[1];
    await resetPassword(callAs(tools, nobody), { token: token!, password: 'a new password' });
    await signIn(callAs(tools, nobody), { email, password: 'a new password' });
  });

  test('says so where there is no such account, or no email', async () => {
    expect(await command(env, 'none@example.com')).toEqual({
      code: 1,
      stdout: '',
      stderr: '\n  An account with the email none@example.com was not found.\n\n',
    });
    expect(await command(env, 'none')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Must be an email address'),
    });
    expect(await command(env)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('npm run reset-password -- <email>'),
    });
  });
});

test('the command uses the embedded database of a server that runs, and leaves it running', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'latchkey-reset-'));
  const postgres = await startEmbeddedPostgres(dataDir, { settings: { fsync: 'off' } });
  try {
    await migrate(postgres.url);
    const masterKeys = new MasterKeys(await loadOrCreateMasterKey(dataDir));
    const tools = createTestTools(postgres.url, { masterKeys });
    const { email } = await signUpSomebody(tools);
    const { code, stdout } = await command({ DATA_DIR: dataDir }, email);
    expect(code).toBe(0);
    const token = /#token=([\w-]{43})\n/.exec(stdout)?.[1];
    await resetPassword(callAs(tools, nobody), { token: token!, password: 'a new password' });
    await closeDb(tools.db);
  } finally {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
});
