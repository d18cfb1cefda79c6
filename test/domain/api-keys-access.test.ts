import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Role } from '../../prisma/generated/enums.ts';
import { createApiKey } from '../../server/domain/api-keys/create.ts';
import { deleteApiKey } from '../../server/domain/api-keys/delete.ts';
import { finishApiKeyRotation } from '../../server/domain/api-keys/finish-rotation.ts';
import { regenerateApiKey } from '../../server/domain/api-keys/regenerate.ts';
import { updateApiKey } from '../../server/domain/api-keys/update.ts';
import type { Call } from '../../server/domain/call.ts';
import { newId } from '../../server/domain/ids.ts';
import { closeDb } from '../../server/platform/db.ts';
import { signUpSomebody } from '../support/accounts.ts';
import { checkAfresh, startWith } from '../support/api-keys.ts';
import { callAs, createTestTools } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';
import { countWaiting, inOpenTransaction } from '../support/open-transaction.ts';
import { actorOfKey, createTestProject, type TestProject } from '../support/projects.ts';
import { callWithKey } from '../support/setup.ts';

const { url } = await createTestDatabase();
// Two sets of tools stand for two processes.
const here = createTestTools(url);
const there = createTestTools(url, { masterKeys: here.masterKeys });
afterAll(() => Promise.all([closeDb(here.db), closeDb(there.db)]));

let project: TestProject;
let owner: Call;
beforeAll(async () => {
  project = await createTestProject(here);
  owner = callAs(here, project.owner.actor);
});

/** A key of the environment, and what may be done to it. */
async function newKey(environmentId: string) {
  const input = { environmentId, name: 'CI', type: 'SECRET' } as const;
  const { id, secret } = await createApiKey(owner, input);
  return { id, value: secret! };
}

/** Everything that is done to a key that exists, the last of which ends it. */
const changes: [name: string, change: (call: Call, id: string) => Promise<unknown>][] = [
  ['updateApiKey', (call, id) => updateApiKey(call, { id, version: 1, name: 'Mine' })],
  ['finishApiKeyRotation', (call, id) => finishApiKeyRotation(call, { id })],
  ['regenerateApiKey', (call, id) => regenerateApiKey(call, { id })],
  ['deleteApiKey', (call, id) => deleteApiKey(call, { id, confirmName: 'Mine' })],
];

/** The code of the error that it ends with; null where it ends well. */
const codeOf = (work: Promise<unknown>): Promise<string | null> =>
  work.then(
    () => null,
    (error) => error.code,
  );

/** A row of everything that could have changed. */
async function everything(): Promise<unknown> {
  const { rows } = await here.db.$pool.query(`
    SELECT (SELECT jsonb_agg(k ORDER BY id) FROM api_keys k) AS keys,
      (SELECT jsonb_agg(s ORDER BY id) FROM api_key_secrets s) AS secrets,
      (SELECT count(*) FROM log_entries) AS entries`);
  return rows[0];
}

/** A member of the project's workspace with this role. */
async function member(role: Role): Promise<Call> {
  const { actor } = await signUpSomebody(here);
  return callAs(here, { ...actor, memberships: new Map([[project.workspaceId, role]]) });
}

describe('who may manage keys', () => {
  test.each<[Role, { production: boolean; development: boolean }]>([
    ['VIEWER', { production: false, development: false }],
    ['DEVELOPER', { production: false, development: true }],
    ['ADMIN', { production: true, development: true }],
    ['OWNER', { production: true, development: true }],
  ])('%s: %o', async (role, may) => {
    const call = await member(role);
    for (const kind of ['production', 'development'] as const) {
      const environmentId = project[kind].id;
      const { id } = await newKey(environmentId);
      const before = await everything();
      const expected = may[kind] ? null : 'FORBIDDEN';
      for (const [name, change] of changes) {
        expect(await codeOf(change(call, id)), `${name} in ${kind}`).toBe(expected);
      }
      const input = { environmentId, name: 'Mine', type: 'SECRET' } as const;
      expect(await codeOf(createApiKey(call, input)), kind).toBe(expected);
      if (!may[kind]) expect(await everything()).toEqual(before);
    }
  });

  test('no key does, not even its own, and nobody does', async () => {
    const { id, value } = await newKey(project.production.id);
    const calls = [
      await callWithKey(here, value),
      await callWithKey(here, project.production.publishableValue),
      callAs(here, { kind: 'nobody' }),
    ];
    const before = await everything();
    for (const call of calls) {
      const input = { environmentId: project.production.id, name: 'Mine', type: 'SECRET' } as const;
      expect(await codeOf(createApiKey(call, input))).toBe('UNAUTHENTICATED');
      for (const [name, change] of changes) {
        expect(await codeOf(change(call, id)), name).toBe('UNAUTHENTICATED');
      }
    }
    expect(await everything()).toEqual(before);
  });

  test('an outsider cannot tell a hidden key from a missing one, nor from a malformed id', async () => {
    const { actor } = await signUpSomebody(here);
    const stranger = callAs(here, actor);
    const { id } = await newKey(project.development.id);
    const before = await everything();
    for (const [name, change] of changes) {
      const errors = await Promise.all(
        [id, newId('apiKey'), 'key_x', ''].map((each) =>
          change(stranger, each).catch((error) => error),
        ),
      );
      for (const error of errors) {
        expect(error, name).toMatchObject({ code: 'NOT_FOUND' });
        expect(error, name).toEqual(errors[0]);
      }
    }
    const create = (environmentId: string) =>
      createApiKey(stranger, { environmentId, name: 'Mine', type: 'SECRET' }).catch((e) => e);
    const hidden = await create(project.development.id);
    expect(hidden).toMatchObject({ code: 'NOT_FOUND' });
    expect(hidden).toEqual(await create(newId('environment')));
    expect(await everything()).toEqual(before);
  });
});

describe('the version', () => {
  let id: string;
  beforeEach(async () => {
    id = (await newKey(project.production.id)).id;
    await updateApiKey(owner, { id, version: 1, name: 'Newer' });
  });

  test.each<[string, (version?: number) => Promise<unknown>]>([
    ['updateApiKey', (version) => updateApiKey(owner, { id, version: version!, name: 'Mine' })],
    ['regenerateApiKey', (version) => regenerateApiKey(owner, { id, version })],
    ['deleteApiKey', (version) => deleteApiKey(owner, { id, confirmName: 'Newer', version })],
  ])('%s with a stale one changes nothing and says the current', async (_name, change) => {
    const before = await everything();
    await expect(change(1)).rejects.toMatchObject({ code: 'CONFLICT', currentVersion: 2 });
    expect(await everything()).toEqual(before);
    await change(2);
  });

  test('left out is any', async () => {
    await regenerateApiKey(owner, { id });
    await deleteApiKey(owner, { id, confirmName: 'Newer', version: null });
  });
});

describe('at once', () => {
  const both = () => [owner, callAs(there, project.owner.actor)] as const;

  test('of twenty who regenerate one version, one does', async () => {
    const { id, value } = await newKey(project.production.id);
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => regenerateApiKey(both()[n % 2]!, { id, version: 1 })),
    );
    const won = results.filter((each) => each.status === 'fulfilled');
    const lost = results.filter((each) => each.status === 'rejected');
    expect(won).toHaveLength(1);
    for (const { reason } of lost) {
      expect(reason).toMatchObject({ code: 'CONFLICT', currentVersion: 2 });
    }
    const next = won[0]!.value.secret!;
    expect(await checkAfresh(here, [value, next])).toEqual(['ROTATED_OUT', 'accepted']);
  });

  test('of the secrets that twenty who regenerate any version get, the current and one earlier work', async () => {
    const { id, value } = await newKey(project.production.id);
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        regenerateApiKey(both()[n % 2]!, { id, overlapSeconds: 60 }),
      ),
    );
    const values = [value, ...made.map(({ secret }) => secret!)];
    const verdicts = await checkAfresh(there, values);
    expect(verdicts.filter((verdict) => verdict === 'accepted')).toHaveLength(2);
    expect(verdicts.filter((verdict) => verdict === 'ROTATED_OUT')).toHaveLength(19);
    expect(await here.db.apiKey.findUnique({ where: { id } })).toMatchObject({ version: 21 });
  });

  test.each(changes)('%s finds a key missing that is deleted meanwhile', async (_name, change) => {
    const { id } = await newKey(project.production.id);
    const statement = `DELETE FROM api_keys WHERE id = '${id}'`;
    await inOpenTransaction(here.db, statement, async (commit) => {
      const changing = codeOf(change(owner, id));
      await expect.poll(() => countWaiting(here.db)).toBe(1);
      await commit();
      expect(await changing).toBe('NOT_FOUND');
    });
  });

  test('deadlines count from when a change gets its turn, not from when it was asked for', async () => {
    const { id } = await newKey(project.production.id);
    const statement = `UPDATE api_keys SET last_used_ip = '::1' WHERE id = '${id}'`;
    await inOpenTransaction(here.db, statement, async (commit) => {
      const changing = regenerateApiKey(owner, { id });
      await expect.poll(() => countWaiting(here.db)).toBe(1);
      const { rows } = await here.db.$pool.query('SELECT clock_timestamp() AS turn');
      await commit();
      await changing;
      const [old] = await here.db.apiKeySecret.findMany({
        where: { apiKeyId: id, NOT: { endsAt: null } },
      });
      expect(old!.endsAt!.getTime()).toBeGreaterThanOrEqual(rows[0].turn.getTime());
    });
  });

  test('a change that was answered refuses the very next write in the other process', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { id, value } = await newKey(project.production.id);
      const [warm, cold] = round % 2 ? [here, there] : [there, here];
      const actor = await actorOfKey(warm, value);
      if (actor.kind !== 'apiKey') throw new Error('Not a key.');
      expect(await startWith(warm, actor.key)).toBe('accepted');
      const call = callAs(cold, project.owner.actor);
      await updateApiKey(call, { id, version: 1, active: false });
      expect(await startWith(warm, actor.key)).toBe('INACTIVE');
      await updateApiKey(call, { id, version: 2, active: true });
      expect(await startWith(warm, actor.key)).toBe('accepted');
      const { secret } = await regenerateApiKey(call, { id });
      expect(await startWith(warm, actor.key)).toBe('ROTATED_OUT');
      const next = await actorOfKey(warm, secret!);
      if (next.kind !== 'apiKey') throw new Error('Not a key.');
      await deleteApiKey(call, { id, confirmName: 'CI' });
      expect(await startWith(warm, next.key)).toBe('DELETED');
    }
  });
});
