import { beforeAll, describe, expect, test } from 'vitest';
import { updateEnvironment } from '../../server/domain/environments/update.ts';
import { newId } from '../../server/domain/ids.ts';
import { createProject } from '../../server/domain/projects/create.ts';
import { findProject, listProjects } from '../../server/domain/projects/find.ts';
import { updateProject } from '../../server/domain/projects/update.ts';
import { signUpSomebody } from '../support/accounts.ts';
import { callAs, nobody, type TestCall } from '../support/call.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { callWithKey, setUpTools } from '../support/setup.ts';

const tools = await setUpTools();
let project: TestProject;
let owner: TestCall;
let stranger: TestCall;
beforeAll(async () => {
  project = await createTestProject(tools);
  owner = callAs(tools, project.owner.actor);
  stranger = callAs(tools, (await signUpSomebody(tools)).actor);
});

/** A member of the project's workspace with this role. */
async function member(role: 'ADMIN' | 'DEVELOPER' | 'VIEWER'): Promise<TestCall> {
  const { actor } = await signUpSomebody(tools);
  return callAs(tools, { ...actor, memberships: new Map([[project.workspaceId, role]]) });
}

describe('creating', () => {
  test('makes Production with two keys and Development with one, or nothing', async () => {
    const environments = await tools.db.environment.findMany({
      where: { projectId: project.id },
      include: { apiKeys: { orderBy: { id: 'asc' } } },
      orderBy: { id: 'asc' },
    });
    expect(
      environments.map(({ name, kind, testConfirmations, apiKeys }) => ({
        name,
        kind,
        testConfirmations,
        keys: apiKeys.map(({ type }) => type),
      })),
    ).toEqual([
      {
        name: 'Production',
        kind: 'PRODUCTION',
        testConfirmations: false,
        keys: ['SECRET', 'PUBLISHABLE'],
      },
      {
        name: 'Development',
        kind: 'DEVELOPMENT',
        testConfirmations: true,
        keys: ['PUBLISHABLE'],
      },
    ]);
    expect((await findProject(owner, project.id))?.defaultEnvironmentId).toBe(
      project.production.id,
    );
  });

  test('stores nowhere what would give the secret back', async () => {
    const { rows } = await tools.db.$pool.query(
      `SELECT json_build_array((SELECT json_agg(k) FROM api_keys k), (SELECT json_agg(s) FROM api_key_secrets s),
       (SELECT json_agg(l) FROM log_entries l))::text AS text`,
    );
    expect(rows[0].text).not.toContain(project.production.secret.slice(12, -4));
  });

  test.each([
    ['', /empty/],
    ['  ', /empty/],
    ['x'.repeat(101), /100/],
    ['a\u0000b', /U\+0000/],
    ['a\nb', /line breaks/],
    ['\ud800', /surrogate/],
  ])('refuses the name %j and says why', async (name, rule) => {
    await expect(createProject(owner, { name })).rejects.toMatchObject({
      issues: [{ path: ['name'], message: expect.stringMatching(rule) }],
    });
  });

  test('takes the role Admin, and a workspace of one’s own', async () => {
    const workspaceId = project.workspaceId;
    await createProject(await member('ADMIN'), { name: 'By an admin', workspaceId });
    await expect(
      createProject(await member('DEVELOPER'), { name: 'No', workspaceId }),
    ).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(createProject(stranger, { name: 'No', workspaceId })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    for (const call of [
      callAs(tools, nobody),
      await callWithKey(tools, project.production.secret),
    ]) {
      await expect(createProject(call, { name: 'No' })).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
      });
    }
  });
});

describe('changing', () => {
  test('of two who edit the same version one wins, and the other is told the new one', async () => {
    const { id } = await createTestProject(tools, project.owner);
    const edits = await Promise.allSettled(
      ['One', 'Two', 'Three'].map((name) => updateProject(owner, { id, version: 1, name })),
    );
    expect(edits.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const edit of edits) {
      if (edit.status === 'rejected') {
        expect(edit.reason).toMatchObject({ code: 'CONFLICT', currentVersion: 2 });
      }
    }
    expect((await findProject(owner, id))?.version).toBe(2);
    expect(
      await tools.db.logEntry.count({ where: { projectId: id, type: 'project.updated' } }),
    ).toBe(1);
  });

  test('a field left out stays, null is refused, and the log has before and after', async () => {
    const { id } = await createTestProject(tools, project.owner);
    await updateProject(owner, { id, version: 1, sessionLifetimeSeconds: 60, name: 'Shop' });
    expect(await findProject(owner, id)).toMatchObject({
      name: 'Shop',
      active: true,
      sessionLifetimeSeconds: 60,
    });
    await expect(
      updateProject(owner, { id, version: 2, name: null, active: null }),
    ).rejects.toMatchObject({ issues: [{ path: ['name'] }, { path: ['active'] }] });
    const entry = await tools.db.logEntry.findFirst({
      where: { projectId: id, type: 'project.updated' },
    });
    expect(entry).toMatchObject({
      actorKind: 'USER',
      actorId: project.owner.actor.id,
      actorLabel: project.owner.email,
      data: { before: { sessionLifetimeSeconds: 600 }, after: { sessionLifetimeSeconds: 60 } },
    });
  });

  test.each([59, 3601])('a lifetime of %d seconds is refused', async (sessionLifetimeSeconds) => {
    await expect(
      updateProject(owner, { id: project.id, version: 1, sessionLifetimeSeconds }),
    ).rejects.toMatchObject({ issues: [{ path: ['sessionLifetimeSeconds'] }] });
  });

  test('the default environment is one of its own', async () => {
    const shop = await createTestProject(tools, project.owner);
    await updateProject(owner, {
      id: shop.id,
      version: 1,
      defaultEnvironmentId: shop.development.id,
    });
    for (const wrong of [project.production.id, newId('environment'), 'x']) {
      await expect(
        updateProject(owner, { id: shop.id, version: 2, defaultEnvironmentId: wrong }),
      ).rejects.toMatchObject({ issues: [{ path: ['defaultEnvironmentId'] }] });
    }
  });

  test('takes the role Admin; a stranger cannot tell it from a missing one', async () => {
    const input = { id: project.id, version: 1, name: 'Mine' };
    await expect(updateProject(await member('DEVELOPER'), input)).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    const [hidden, missing] = await Promise.all(
      [project.id, newId('project')].map((id) =>
        updateProject(stranger, { ...input, id }).catch((error) => error),
      ),
    );
    expect(hidden.code).toBe('NOT_FOUND');
    expect(hidden).toEqual(missing);
  });
});

describe('an environment', () => {
  test('takes origins as browsers send them, and nothing else', async () => {
    const { development } = await createTestProject(tools, project.owner);
    const set = (version: number, allowedOrigins: string[]) =>
      updateEnvironment(owner, { id: development.id, version, allowedOrigins });
    await set(1, ['https://Shop.Example:443', 'https://shop.example', 'myapp://']);
    const row = await tools.db.environment.findUnique({ where: { id: development.id } });
    expect(row?.allowedOrigins).toEqual(['https://shop.example', 'myapp://']);
    for (const wrong of [
      'shop.example',
      'https://shop.example/path',
      '*',
      'javascript://',
      'https://',
    ]) {
      await expect(set(2, [wrong])).rejects.toMatchObject({
        issues: [{ path: ['allowedOrigins', '0'] }],
      });
    }
  });

  test('has no test confirmations in production', async () => {
    await expect(
      updateEnvironment(owner, {
        id: project.production.id,
        version: 1,
        testConfirmations: true,
      }),
    ).rejects.toMatchObject({ issues: [{ path: ['testConfirmations'] }] });
  });

  test('is changed by developers outside production only', async () => {
    const developer = await member('DEVELOPER');
    const change = { version: 1, name: 'Renamed' };
    await updateEnvironment(developer, { ...change, id: project.development.id });
    await expect(
      updateEnvironment(developer, { ...change, id: project.production.id }),
    ).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});

test('a search finds what the name contains, in any case, and takes signs literally', async () => {
  const somebody = await signUpSomebody(tools);
  const call = callAs(tools, somebody.actor);
  for (const name of ['Alpha', 'alphabet', '100 %', 'a_b']) await createProject(call, { name });
  const found = async (search: string) =>
    (await listProjects(call, {}, { search })).edges.map(({ node }) => node.name).sort();
  expect(await found('ALPHA')).toEqual(['Alpha', 'alphabet']);
  expect(await found('%')).toEqual(['100 %']);
  expect(await found('_')).toEqual(['a_b']);
  expect(await found('\\')).toEqual([]);
  await expect(listProjects(call, {}, { search: '\u0000' })).rejects.toMatchObject({
    issues: [{ path: ['search'] }],
  });
});
