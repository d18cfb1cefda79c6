import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ApiKey } from '../../prisma/generated/client.ts';
import { createApiKey } from '../../server/domain/api-keys/create.ts';
import { deleteApiKey } from '../../server/domain/api-keys/delete.ts';
import { finishApiKeyRotation } from '../../server/domain/api-keys/finish-rotation.ts';
import { purgeTombstones } from '../../server/domain/api-keys/purge-tombstones.ts';
import { regenerateApiKey } from '../../server/domain/api-keys/regenerate.ts';
import { loadApiKeyState } from '../../server/domain/api-keys/state.ts';
import { updateApiKey } from '../../server/domain/api-keys/update.ts';
import { confirmSession } from '../../server/domain/auth-sessions/confirm.ts';
import { exchangeSession } from '../../server/domain/auth-sessions/exchange.ts';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import type { Call } from '../../server/domain/call.ts';
import { overlapSecondsMax } from '../../server/domain/overlap.ts';
import { ageKey, checkAfresh, keyBehind, startWith } from '../support/api-keys.ts';
import { callAs } from '../support/call.ts';
import { countWaiting, inOpenTransaction } from '../support/open-transaction.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { callWithKey, setUpTools } from '../support/setup.ts';

const tools = await setUpTools();
let project: TestProject;
let owner: Call;
beforeAll(async () => {
  project = await createTestProject(tools);
  owner = callAs(tools, project.owner.actor);
});

async function createKey(type: 'SECRET' | 'PUBLISHABLE' = 'SECRET', name = 'CI') {
  const environmentId = project.production.id;
  const { id, secret } = await createApiKey(owner, { environmentId, name, type });
  return { id, value: secret ?? (await readKey(id)).publishableValue! };
}

function readKey(id: string): Promise<ApiKey> {
  return tools.db.apiKey.findUniqueOrThrow({ where: { id } });
}

/** Regenerates as the owner. @returns the new value */
async function regenerate(id: string, overlapSeconds: number | null = null): Promise<string> {
  const { secret } = await regenerateApiKey(owner, { id, overlapSeconds });
  return secret ?? (await readKey(id)).publishableValue!;
}

const verdicts = (...values: string[]) => checkAfresh(tools, values);

/** Every secret of the key, the oldest first, with how long it still works by the database's clock. */
async function readSecrets(id: string) {
  const { rows } = await tools.db.$pool.query(
    `SELECT end_reason AS reason, extract(epoch FROM ends_at - now())::float8 AS seconds
     FROM api_key_secrets WHERE api_key_id = $1 ORDER BY created_at, id`,
    [id],
  );
  return rows as { reason: string | null; seconds: number | null }[];
}

/** What the log says of a key, in order. */
function readLog(apiKeyId: string) {
  return tools.db.logEntry.findMany({ where: { apiKeyId }, orderBy: { id: 'asc' } });
}

describe('creating', () => {
  test('hands out a secret once, which is stored nowhere and opens its environment', async () => {
    const { id, value } = await createKey();
    expect(value).toMatch(/^sk_live_/);
    expect(await verdicts(value)).toEqual(['accepted']);
    expect(await keyBehind(tools, value)).toMatchObject({
      id,
      environmentId: project.production.id,
    });
    const key = await readKey(id);
    expect(key).toMatchObject({
      name: 'CI',
      publishableValue: null,
      preview: `${value.slice(0, 12)}…${value.slice(-4)}`,
      createdById: project.owner.actor.id,
      expiresAt: null,
      version: 1,
    });
    expect(JSON.stringify(key)).not.toContain(value);
  });

  test('hands out no secret for a publishable key, whose value stands in it', async () => {
    const environmentId = project.development.id;
    const made = await createApiKey(owner, { environmentId, name: 'App', type: 'PUBLISHABLE' });
    expect(made.secret).toBeNull();
    const { publishableValue } = await readKey(made.id);
    expect(publishableValue).toMatch(/^pk_test_/);
    expect(await verdicts(publishableValue!)).toEqual(['accepted']);
  });

  test('takes a name that another key has, trimmed, and an expiry in the future', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000);
    const input = { environmentId: project.production.id, type: 'SECRET', expiresAt } as const;
    const [one, other] = [
      await createApiKey(owner, { ...input, name: ' Same ' }),
      await createApiKey(owner, { ...input, name: 'Same' }),
    ];
    expect(await readKey(one.id)).toMatchObject({ name: 'Same', expiresAt });
    expect(await readKey(other.id)).toMatchObject({ name: 'Same', expiresAt });
    for (const [field, wrong] of [
      ['name', { name: ' ' }],
      ['name', { name: 'x'.repeat(101) }],
      ['expiresAt', { name: 'Late', expiresAt: new Date(Date.now() - 1_000) }],
    ] as const) {
      await expect(createApiKey(owner, { ...input, ...wrong } as never)).rejects.toMatchObject({
        issues: [{ path: [field] }],
      });
    }
  });

  test('finds no environment that is deleted at the same time', async () => {
    const { development } = await createTestProject(tools, project.owner);
    const statement = `DELETE FROM environments WHERE id = '${development.id}'`;
    await inOpenTransaction(tools.db, statement, async (commit) => {
      const input = { environmentId: development.id, name: 'CI', type: 'SECRET' } as const;
      const creating = createApiKey(owner, input).catch((error) => error.code);
      await expect.poll(() => countWaiting(tools.db)).toBe(1);
      await commit();
      expect(await creating).toBe('NOT_FOUND');
    });
  });
});

describe('updating', () => {
  test('switches a key off and on again, and its secret is the same', async () => {
    const { id, value } = await createKey();
    await updateApiKey(owner, { id, version: 1, active: false });
    expect(await verdicts(value)).toEqual(['INACTIVE']);
    await updateApiKey(owner, { id, version: 2, active: true });
    expect(await verdicts(value)).toEqual(['accepted']);
  });

  test('changes what is given, and null clears the expiry', async () => {
    const { id } = await createKey();
    const expiresAt = new Date(Date.now() + 3_600_000);
    await updateApiKey(owner, { id, version: 1, expiresAt });
    await updateApiKey(owner, { id, version: 2, name: 'Renamed' });
    expect(await readKey(id)).toMatchObject({
      name: 'Renamed',
      active: true,
      expiresAt,
      version: 3,
    });
    await updateApiKey(owner, { id, version: 3, expiresAt: null });
    expect(await readKey(id)).toMatchObject({ name: 'Renamed', expiresAt: null, version: 4 });
  });

  test('sets no expiry in the past, but leaves one that has passed alone', async () => {
    const { id, value } = await createKey();
    const past = { expiresAt: new Date(Date.now() - 1_000) };
    await expect(updateApiKey(owner, { id, version: 1, ...past })).rejects.toMatchObject({
      issues: [{ path: ['expiresAt'] }],
    });
    await updateApiKey(owner, { id, version: 1, expiresAt: new Date(Date.now() + 60_000) });
    await ageKey(tools.db, id, 3_600);
    const { expiresAt } = await readKey(id);
    await updateApiKey(owner, { id, version: 2, name: 'Over', expiresAt });
    expect(await readKey(id)).toMatchObject({ name: 'Over', expiresAt });
    expect(await verdicts(value)).toEqual(['EXPIRED']);
  });

  test('clears nothing that cannot be clear', async () => {
    const { id } = await createKey();
    const nothing = { name: null, active: null };
    await expect(updateApiKey(owner, { id, version: 1, ...nothing })).rejects.toMatchObject({
      issues: [{ path: ['name'] }, { path: ['active'] }],
    });
  });
});

describe('regenerating', () => {
  test('without an overlap the old secret dies at once, also for who was let in before', async () => {
    const { id, value } = await createKey();
    const before = await keyBehind(tools, value);
    const next = await regenerate(id);
    expect(await verdicts(value, next)).toEqual(['ROTATED_OUT', 'accepted']);
    expect(await startWith(tools, before)).toBe('ROTATED_OUT');
    const { preview, regeneratedAt, version } = await readKey(id);
    expect(preview).toBe(`${next.slice(0, 12)}…${next.slice(-4)}`);
    expect(regeneratedAt).toBeInstanceOf(Date);
    expect(version).toBe(2);
  });

  test('with an overlap both work until the deadline', async () => {
    const { id, value } = await createKey();
    const next = await regenerate(id, 600);
    expect(await verdicts(value, next)).toEqual(['accepted', 'accepted']);
    const state = await loadApiKeyState(callAs(tools, project.owner.actor), id);
    expect(state).toMatchObject({
      status: 'ROTATING',
      rotation: { previousPreview: `${value.slice(0, 12)}…${value.slice(-4)}` },
    });
    await ageKey(tools.db, id, 601);
    expect(await verdicts(value, next)).toEqual(['ROTATED_OUT', 'accepted']);
  });

  test('again ends the earlier overlap at once', async () => {
    const { id, value } = await createKey();
    const second = await regenerate(id, 600);
    const third = await regenerate(id, 600);
    expect(await verdicts(value, second, third)).toEqual(['ROTATED_OUT', 'accepted', 'accepted']);
    const fourth = await regenerate(id);
    expect(await verdicts(second, third, fourth)).toEqual([
      'ROTATED_OUT',
      'ROTATED_OUT',
      'accepted',
    ]);
  });

  test('finishing ends the overlap, once, and a repeat changes nothing', async () => {
    const { id, value } = await createKey();
    const next = await regenerate(id, 600);
    await finishApiKeyRotation(owner, { id });
    expect(await verdicts(value, next)).toEqual(['ROTATED_OUT', 'accepted']);
    const { version } = await readKey(id);
    await finishApiKeyRotation(owner, { id });
    expect(await readKey(id)).toMatchObject({ version });
    expect((await readLog(id)).map(({ type }) => type)).toEqual([
      'key.created',
      'key.regenerated',
      'key.rotation_finished',
    ]);
  });

  test('an overlap ends with the key, whichever of the two was set first', async () => {
    const { id } = await createKey();
    const soon = () => new Date(Date.now() + 60_000);
    await updateApiKey(owner, { id, version: 1, expiresAt: soon() });
    await regenerate(id, 600);
    expect((await readSecrets(id))[0]!.seconds).toBeLessThanOrEqual(60);

    await updateApiKey(owner, { id, version: 3, expiresAt: null });
    await regenerate(id, 600);
    expect((await readSecrets(id))[1]!.seconds).toBeGreaterThan(590);
    await updateApiKey(owner, { id, version: 5, expiresAt: soon() });
    expect((await readSecrets(id))[1]!.seconds).toBeLessThanOrEqual(60);
    await updateApiKey(owner, { id, version: 6, expiresAt: null });
    expect((await readSecrets(id))[1]!.seconds, 'no longer again').toBeLessThanOrEqual(60);
  });

  test('of a key that has expired the old secret dies now, and stays dead when the key lives again', async () => {
    const { id, value } = await createKey();
    await updateApiKey(owner, { id, version: 1, expiresAt: new Date(Date.now() + 60_000) });
    await ageKey(tools.db, id, 3_600);
    const next = await regenerate(id, 600);
    expect(await verdicts(value, next)).toEqual(['ROTATED_OUT', 'EXPIRED']);
    expect((await readSecrets(id))[0]!.seconds).toBeGreaterThan(-60);
    await updateApiKey(owner, { id, version: 3, expiresAt: null });
    expect(await verdicts(value, next)).toEqual(['ROTATED_OUT', 'accepted']);
  });

  test('of a publishable key the new value stands in it, and the old one works for the overlap', async () => {
    const { id, value } = await createKey('PUBLISHABLE');
    const { secret } = await regenerateApiKey(owner, { id, overlapSeconds: 600 });
    expect(secret).toBeNull();
    const { publishableValue, preview } = await readKey(id);
    expect(publishableValue).not.toBe(value);
    expect(preview).toBe(`${publishableValue!.slice(0, 12)}…${publishableValue!.slice(-4)}`);
    expect(await verdicts(value, publishableValue!)).toEqual(['accepted', 'accepted']);
    await finishApiKeyRotation(owner, { id });
    expect(await verdicts(value, publishableValue!)).toEqual(['ROTATED_OUT', 'accepted']);
  });

  test.each([-1, 0.5, overlapSecondsMax + 1])('takes no overlap of %d seconds', async (overlap) => {
    const { id } = await createKey();
    await expect(regenerate(id, overlap)).rejects.toMatchObject({
      issues: [{ path: ['overlapSeconds'] }],
    });
    await regenerate(id, overlapSecondsMax);
  });
});

describe('the clock is the database’s:', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each([
    ['a year ahead', 1],
    ['a year behind', -1],
  ])('a process that is %s sets the same deadlines', async (_name, years) => {
    const { id, value } = await createKey();
    const now = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now: now + years * 365 * 86_400_000 });
    const next = await regenerate(id, 600);
    expect(await verdicts(value, next)).toEqual(['accepted', 'accepted']);
    const { seconds } = (await readSecrets(id))[0]!;
    expect(seconds).toBeGreaterThan(590);
    expect(seconds).toBeLessThanOrEqual(600);
    // An hour off by the database's clock: on the other side of now by the process's.
    const expiresAt = (hours: number) => new Date(now + hours * 3_600_000);
    await updateApiKey(owner, { id, version: 2, expiresAt: expiresAt(1) });
    await expect(
      updateApiKey(owner, { id, version: 3, expiresAt: expiresAt(-1) }),
    ).rejects.toMatchObject({ issues: [{ path: ['expiresAt'] }] });
    await finishApiKeyRotation(owner, { id });
    expect(await verdicts(value, next)).toEqual(['ROTATED_OUT', 'accepted']);
  });
});

describe('deleting', () => {
  test('takes the exact name, with or without space around it', async () => {
    const { id, value } = await createKey('SECRET', 'Shop floor');
    for (const confirmName of ['', 'shop floor', 'Shop  floor', 'Shop floor.']) {
      await expect(deleteApiKey(owner, { id, confirmName })).rejects.toMatchObject({
        code: 'CONFIRMATION_NAME_MISMATCH',
      });
    }
    expect(await verdicts(value)).toEqual(['accepted']);
    expect(await deleteApiKey(owner, { id, confirmName: ' Shop floor ' })).toEqual({
      deletedId: id,
    });
    expect(await tools.db.apiKey.findUnique({ where: { id } })).toBeNull();
  });

  test('leaves tombstones that say what ended each secret first', async () => {
    const { id, value } = await createKey();
    const before = await keyBehind(tools, value);
    const second = await regenerate(id, 600);
    const third = await regenerate(id, 600);
    await deleteApiKey(owner, { id, confirmName: 'CI' });
    expect(await verdicts(value, second, third)).toEqual(['ROTATED_OUT', 'DELETED', 'DELETED']);
    expect(await startWith(tools, before)).toBe('ROTATED_OUT');
    expect(await startWith(tools, await keyBehind(tools, third))).toBe('DELETED');
    for (const { seconds } of await readSecrets(id)) expect(seconds).toBeLessThanOrEqual(0);
    await ageKey(tools.db, id, 3_600);
    expect(await verdicts(value, second, third)).toEqual(['ROTATED_OUT', 'DELETED', 'DELETED']);
  });

  test('leaves sessions that the key started to the other keys of the environment', async () => {
    const { id, value } = await createKey();
    const { session } = await startSession(await callWithKey(tools, value), {});
    await deleteApiKey(owner, { id, confirmName: 'CI' });
    const other = await callWithKey(tools, project.production.secret);
    await confirmSession(other, { sessionId: session.id, subject: { id: 'ada' } });
    const exchanged = await exchangeSession(other, { sessionId: session.id });
    expect(exchanged.session).toMatchObject({ status: 'USED', apiKeyId: id });
    expect(exchanged.proof).toMatch(/^ey/);
  });

  test('of an environment makes its keys DELETED', async () => {
    const { development } = await createTestProject(tools, project.owner);
    const key = await keyBehind(tools, development.publishableValue);
    await tools.db.environment.delete({ where: { id: development.id } });
    expect(await verdicts(development.publishableValue)).toEqual(['DELETED']);
    expect(await startWith(tools, key)).toBe('DELETED');
    await purgeTombstones(tools.db);
    expect(await verdicts(development.publishableValue)).toEqual(['DELETED']);
    expect(await readSecrets(key.id)).toMatchObject([{ reason: 'DELETED' }]);
  });
});

test('tombstones are forgotten after 90 days, and no current secret is, however old', async () => {
  const { id, value } = await createKey();
  const next = await regenerate(id);
  await tools.db.apiKeySecret.updateMany({
    where: { apiKeyId: id },
    data: { createdAt: new Date('2020-01-01') },
  });
  await ageKey(tools.db, id, 89 * 86_400);
  await purgeTombstones(tools.db);
  expect(await verdicts(value, next)).toEqual(['ROTATED_OUT', 'accepted']);
  await ageKey(tools.db, id, 86_400);
  expect(await purgeTombstones(tools.db)).toBeGreaterThanOrEqual(1);
  expect(await verdicts(value, next)).toEqual(['UNKNOWN', 'accepted']);
});

test('the log says who did what, before and after, and no secret', async () => {
  const { id, value } = await createKey();
  const next = await regenerate(id, 600);
  await finishApiKeyRotation(owner, { id });
  await updateApiKey(owner, { id, version: 3, active: false, name: 'Old CI' });
  await updateApiKey(owner, { id, version: 4, active: true });
  await deleteApiKey(owner, { id, confirmName: 'Old CI' });
  const entries = await readLog(id);
  const preview = expect.stringMatching(/^sk_live_.{4}….{4}$/);
  expect(entries.map(({ type, data }) => ({ type, data }))).toMatchObject([
    { type: 'key.created', data: { after: { name: 'CI', type: 'SECRET', expiresAt: null } } },
    { type: 'key.regenerated', data: { before: { preview }, after: { preview } } },
    { type: 'key.rotation_finished', data: { before: { previousPreview: preview } } },
    { type: 'key.deactivated', data: { before: { active: true }, after: { active: false } } },
    { type: 'key.updated', data: { before: { name: 'CI' }, after: { name: 'Old CI' } } },
    { type: 'key.activated', data: { before: { active: false }, after: { active: true } } },
    { type: 'key.deleted', data: { before: { name: 'Old CI', type: 'SECRET', active: true } } },
  ]);
  for (const entry of entries) {
    expect(entry).toMatchObject({
      actorKind: 'USER',
      actorId: project.owner.actor.id,
      workspaceId: project.workspaceId,
      projectId: project.id,
      environmentId: project.production.id,
    });
  }
  const text = JSON.stringify(entries, (_key, each) =>
    typeof each === 'bigint' ? `${each}` : each,
  );
  for (const secret of [value, next]) {
    expect(text).not.toContain(secret);
    expect(text).not.toContain(secret.slice(12, -4));
  }
});
