import { beforeAll, expect, test } from 'vitest';
import { newApiKeyValue } from '../../server/domain/api-keys/format.ts';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import { updateProject } from '../../server/domain/projects/update.ts';
import { closeDb } from '../../server/platform/db.ts';
import { callAs, createTestTools, newAddress } from '../support/call.ts';
import { actorOfKey, createTestProject, type TestProject } from '../support/projects.ts';
import { callWithKey, setUpTools } from '../support/setup.ts';
import { youngMinute } from '../support/young-minute.ts';

const tools = await setUpTools();
let project: TestProject;
let keyId: string;
beforeAll(async () => {
  project = await createTestProject(tools);
  const actor = await actorOfKey(tools, project.production.secret);
  keyId = actor.kind === 'apiKey' ? actor.key.id : '';
});

const entries = (type: string) =>
  tools.db.logEntry.findMany({
    where: { type, environmentId: project.production.id },
    orderBy: { id: 'asc' },
    select: { level: true, reason: true, ip: true, apiKeyId: true, data: true },
  });
const exposed = async (ip: string) => {
  const client = { foreignOrigin: 'https://page.example', crossSite: true, ip };
  await expect(actorOfKey(tools, project.production.secret, client)).rejects.toMatchObject({
    reason: 'SECRET_IN_BROWSER',
  });
};

test('refusals are counted, and logged once for each key, reason, address and minute', async () => {
  const [one, other] = [newAddress(), newAddress()];
  await youngMinute();
  for (const ip of [one, one, other, one]) {
    await exposed(ip);
    await tools.refusals.flush();
  }
  expect(await tools.db.apiKeyRefusal.findMany()).toMatchObject([
    { apiKeyId: keyId, reason: 'SECRET_IN_BROWSER', count: 4n },
  ]);
  expect(await entries('key.refused')).toEqual([
    { level: 'WARN', reason: 'SECRET_IN_BROWSER', ip: one, apiKeyId: keyId, data: { count: 3 } },
    { level: 'WARN', reason: 'SECRET_IN_BROWSER', ip: other, apiKeyId: keyId, data: { count: 1 } },
  ]);
});

test('a switched-off project logs who still knocks', async () => {
  const call = await callWithKey(tools, project.production.secret);
  const owner = callAs(tools, project.owner.actor);
  await updateProject(owner, { id: project.id, version: 1, active: false });
  await expect(startSession(call, {})).rejects.toThrow();
  await tools.refusals.flush();
  expect(await entries('session.refused')).toMatchObject([
    { reason: 'PROJECT_INACTIVE', apiKeyId: keyId, data: { count: 1 } },
  ]);
  await updateProject(owner, { id: project.id, version: 2, active: true });
});

test('what could not be written is written with the next', async () => {
  const before = await tools.db.apiKeyRefusal.findFirst();
  await exposed(newAddress());
  await tools.db.$executeRaw`ALTER TABLE api_key_refusals RENAME TO away`;
  await expect(tools.refusals.flush()).rejects.toThrow('does not exist');
  await tools.db.$executeRaw`ALTER TABLE away RENAME TO api_key_refusals`;
  await tools.refusals.flush();
  const after = await tools.db.apiKeyRefusal.findFirst();
  expect(after!.count).toBe(before!.count + 1n);
});

test('uses are written with time, address and agent, once a minute', async () => {
  const call = await callWithKey(tools, project.production.secret, {
    ip: '192.0.2.1',
    userAgent: 'one',
  });
  await tools.apiKeyUsage.flush(true);
  const key = () => tools.db.apiKey.findUniqueOrThrow({ where: { id: keyId } });
  const first = await key();
  expect(first).toMatchObject({ lastUsedIp: '192.0.2.1', lastUsedUserAgent: 'one' });
  expect(Math.abs(first.lastUsedAt!.getTime() - Date.now())).toBeLessThan(10_000);

  await callWithKey(tools, project.production.secret, { ip: '192.0.2.2', userAgent: 'two' });
  await tools.apiKeyUsage.flush();
  expect(await key()).toEqual(first);
  await tools.apiKeyUsage.flush(true);
  expect(await key()).toMatchObject({ lastUsedIp: '192.0.2.2', lastUsedUserAgent: 'two' });
  expect(call.actor.kind).toBe('apiKey');
});

test('an address that makes up keys is stopped before the database, and others are not', async () => {
  const { connectionString } = tools.db.$pool.options;
  const fresh = createTestTools(connectionString!, { masterKeys: tools.masterKeys });
  const [attacker, neighbour] = [newAddress(), newAddress()];
  const reasons: string[] = [];
  for (let round = 0; round < 40; round += 1) {
    const made = newApiKeyValue('SECRET', 'PRODUCTION');
    reasons.push(
      await actorOfKey(fresh, made, { ip: attacker }).then(
        () => 'accepted',
        ({ reason, code }) => reason ?? code,
      ),
    );
  }
  expect(new Set(reasons.slice(0, 30))).toEqual(new Set(['UNKNOWN']));
  expect(new Set(reasons.slice(30))).toEqual(new Set(['RATE_LIMITED']));
  const actor = await actorOfKey(fresh, project.production.secret, { ip: neighbour });
  expect(actor.kind).toBe('apiKey');
  // A key that is known already works from the same address.
  await actorOfKey(fresh, project.production.secret, { ip: attacker });
  await closeDb(fresh.db);
});
