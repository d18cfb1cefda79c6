import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { closeDb } from '../../server/platform/db.ts';
import { MasterKeys } from '../../server/platform/master-keys.ts';
import { signUpSomebody } from '../support/accounts.ts';
import { createTestTools } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';
import { runCommand } from '../support/process.ts';

const { url } = await createTestDatabase();
const [k1, k2] = ['k1', 'k2'].map((id, index) => ({ id, bytes: Buffer.alloc(32, index) }));
const tools = createTestTools(url, { masterKeys: new MasterKeys([k1!]) });
afterAll(() => closeDb(tools.db));
const rotate = (...entries: (typeof k1)[]) =>
  runCommand('rotate-master-key', {
    DATABASE_URL: url,
    MASTER_KEY: entries.map((entry) => `${entry!.id}:${entry!.bytes.toString('base64')}`).join(),
  });

test('the command moves what can be moved, and says when the old entry can go', async () => {
  await tools.signingKeys.current();
  await signUpSomebody(tools);
  const first = await rotate(k2, k1);
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout.replace(/\d{4}-[\d:.T-]+Z/, 'INSTANT')).toMatchInlineSnapshot(`
    "The first entry is "k2". 1 ciphertexts were moved to it.
    "k1" is still needed by:
      1 sign-ins, until each is next used; at the latest until INSTANT
    "
  `);

  await tools.db.signIn.deleteMany();
  expect(await rotate(k2, k1)).toMatchObject({
    stdout:
      'The first entry is "k2". 0 ciphertexts were moved to it.\n' +
      'Nothing needs "k1" any more: it can go from MASTER_KEY.\n',
  });
});

test('the command says in a sentence that an entry is missing', async () => {
  expect(await rotate(k1)).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^\n {2}[^\n]*k2[^\n]*\n\n$/),
  });
});

test('every script of npm that needs generated files makes them first', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  const needNone = new Set(['format']);
  for (const [name, line] of Object.entries(scripts)) {
    if (!needNone.has(name)) expect(line, name).toMatch(/^node server\/build\.mjs/);
  }
});
