import { randomBytes } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { authenticateSignIn } from '../../server/domain/accounts/authenticate-sign-in.ts';
import { findWatchedSession } from '../../server/domain/auth-sessions/find.ts';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import { findMasterKeyUses, reencryptSecrets } from '../../server/domain/master-key-use.ts';
import { createWebhookEndpoint } from '../../server/domain/webhooks/create.ts';
import { revealWebhookSecret } from '../../server/domain/webhooks/secrets.ts';
import { closeDb } from '../../server/platform/db.ts';
import { MasterKeys } from '../../server/platform/master-keys.ts';
import { callAs, createTestTools, nobody } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';
import { createTestProject } from '../support/projects.ts';
import { passDeadline } from '../support/sessions.ts';
import { callWithKey } from '../support/setup.ts';

const { url } = await createTestDatabase();
const [k1, k2] = ['k1', 'k2'].map((id) => ({ id, bytes: randomBytes(32) })) as [Entry, Entry];
type Entry = { id: string; bytes: Buffer };
const processWith = (...entries: Entry[]) => {
  const tools = createTestTools(url, { masterKeys: new MasterKeys(entries) });
  afterAll(() => closeDb(tools.db));
  return tools;
};

test('everything moves to the first entry as it is used, and then the old one can go', async () => {
  const before = processWith(k1);
  const project = await createTestProject(before);
  const started = await startSession(await callWithKey(before, project.production.secret), {});
  const signingKey = await before.signingKeys.current();
  const environmentId = project.production.id;
  const url = 'https://example.com/hooks';
  const owner = callAs(before, project.owner.actor);
  const { id, secret } = await createWebhookEndpoint(owner, { environmentId, url });

  const during = processWith(k2, k1);
  const needs = async () =>
    (await findMasterKeyUses(during))
      .filter(({ masterKeyId }) => masterKeyId === 'k1')
      .map(({ what, count }) => `${count} ${what.split(',')[0]}`);
  expect(await needs()).toEqual([
    '3 API keys',
    '1 sessions under way',
    '1 sign-ins',
    '1 signing keys',
    '1 webhook secrets',
  ]);

  // All that was handed out before goes on working, and moves with its next use.
  await callWithKey(during, project.production.secret);
  await callWithKey(during, project.production.publishableValue);
  await callWithKey(during, project.development.publishableValue);
  expect(await authenticateSignIn(during, project.owner.token)).not.toBeNull();
  expect(await findWatchedSession(callAs(during, nobody), started.clientSecret)).not.toBeNull();
  expect(await needs()).toEqual(['1 sessions under way', '1 signing keys', '1 webhook secrets']);
  expect(await reencryptSecrets(during)).toBe(2);
  expect(await reencryptSecrets(during)).toBe(0);
  await passDeadline(during.db, started.session.id);
  expect(await needs()).toEqual([]);

  const after = processWith(k2);
  await callWithKey(after, project.production.secret);
  expect(await authenticateSignIn(after, project.owner.token)).not.toBeNull();
  expect((await after.signingKeys.current()).id).toBe(signingKey.id);
  const revealed = await revealWebhookSecret(callAs(after, project.owner.actor), { id });
  expect(revealed.secret).toBe(secret);
});
