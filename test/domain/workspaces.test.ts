import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import { newId } from '../../server/domain/ids.ts';
import { inviteMember } from '../../server/domain/invitations/invite.ts';
import { loadLogEntry } from '../../server/domain/logs/find.ts';
import { createProject } from '../../server/domain/projects/create.ts';
import { loadSessionCounts } from '../../server/domain/session-counts.ts';
import { createWorkspace } from '../../server/domain/workspaces/create.ts';
import { deleteWorkspace } from '../../server/domain/workspaces/delete.ts';
import { findWorkspace } from '../../server/domain/workspaces/find.ts';
import { updateWorkspace } from '../../server/domain/workspaces/update.ts';
import { closeDb } from '../../server/platform/db.ts';
import { type SignedUp, signUpSomebody } from '../support/accounts.ts';
import { callAs, createTestTools, nobody } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';
import {
  addMember,
  callOf,
  callWithToken,
  giveToken,
  outcome,
  outcomes,
  ownWorkspace,
} from '../support/people.ts';
import { createTestProject } from '../support/projects.ts';
import { callWithKey } from '../support/setup.ts';

const { url } = await createTestDatabase();
const tools = createTestTools(url);
const { db } = tools;
afterAll(() => closeDb(db));
let owner: SignedUp;
beforeAll(async () => {
  owner = await signUpSomebody(tools);
});

async function newWorkspace(name = 'Acme'): Promise<string> {
  return (await createWorkspace(await callOf(tools, owner), { name })).id;
}

describe('creating', () => {
  test('makes its creator the owner, also for the rest of the request, and logs it', async () => {
    const call = await callOf(tools, owner);
    const { id } = await createWorkspace(call, { name: ' Acme ' });
    expect(await findWorkspace(call, id)).toMatchObject({
      name: 'Acme',
      version: 1,
      logRetentionDays: 90,
      sessionRetentionDays: 400,
    });
    const [entry] = await db.logEntry.findMany({ where: { workspaceId: id } });
    expect(entry).toMatchObject({
      type: 'workspace.created',
      actorKind: 'USER',
      actorId: owner.actor.id,
      actorLabel: owner.email,
      data: { after: { name: 'Acme' } },
    });
    expect((await callOf(tools, owner)).actor).toMatchObject({
      memberships: new Map([
        [ownWorkspace(owner), 'OWNER'],
        [id, 'OWNER'],
      ]),
    });
  });

  test('takes a name, and somebody who is signed in', async () => {
    await expect(createWorkspace(await callOf(tools, owner), { name: ' ' })).rejects.toMatchObject({
      issues: [{ path: ['name'] }],
    });
    const project = await createTestProject(tools);
    for (const call of [
      callAs(tools, nobody),
      await callWithKey(tools, project.production.secret),
    ]) {
      expect(await outcome(createWorkspace(call, { name: 'No' }))).toBe('UNAUTHENTICATED');
    }
  });

  test('makes a workspace that counts nothing yet', async () => {
    const id = await newWorkspace();
    const counts = await loadSessionCounts(await callOf(tools, owner), id);
    expect(counts).toMatchObject({ scopeId: id, pending: 0, lifetime: { started: 0 } });
  });
});

describe('changing', () => {
  test('of two who edit the same version one wins, and the other is told the new one', async () => {
    const id = await newWorkspace();
    const call = await callOf(tools, owner);
    const edits = await Promise.allSettled(
      ['One', 'Two', 'Three'].map((name) => updateWorkspace(call, { id, version: 1, name })),
    );
    const refused = edits.flatMap((edit) => (edit.status === 'rejected' ? [edit.reason] : []));
    expect(refused).toMatchObject(Array(2).fill({ code: 'CONFLICT', currentVersion: 2 }));
    const entries = { workspaceId: id, type: 'workspace.updated' };
    expect(await db.logEntry.count({ where: entries })).toBe(1);
  });

  test('a field left out stays, null is refused, and the log has before and after', async () => {
    const id = await newWorkspace();
    const call = await callOf(tools, owner);
    await updateWorkspace(call, { id, version: 1, name: 'Acme', logRetentionDays: 3650 });
    expect(await findWorkspace(call, id)).toMatchObject({
      version: 2,
      logRetentionDays: 3650,
      sessionRetentionDays: 400,
    });
    await expect(
      updateWorkspace(call, { id, version: 2, name: null, logRetentionDays: null }),
    ).rejects.toMatchObject({ issues: [{ path: ['name'] }, { path: ['logRetentionDays'] }] });
    const entry = await db.logEntry.findFirst({
      where: { workspaceId: id, type: 'workspace.updated' },
    });
    expect(entry?.data).toEqual({
      before: { logRetentionDays: 90 },
      after: { logRetentionDays: 3650 },
    });
  });

  test.each([0, -1, 3651])('%d days of retention are refused', async (days) => {
    const input = { id: ownWorkspace(owner), version: 1 };
    const call = await callOf(tools, owner);
    for (const field of ['logRetentionDays', 'sessionRetentionDays']) {
      await expect(updateWorkspace(call, { ...input, [field]: days })).rejects.toMatchObject({
        issues: [{ path: [field] }],
      });
    }
  });

  test('takes the role Owner; a stranger cannot tell it from a missing one', async () => {
    const id = await newWorkspace();
    for (const role of ['ADMIN', 'DEVELOPER', 'VIEWER'] as const) {
      const call = await callOf(tools, await addMember(tools, id, role));
      expect(await outcome(updateWorkspace(call, { id, version: 1, name: 'No' }))).toBe(
        'FORBIDDEN',
      );
    }
    const stranger = await callOf(tools, await signUpSomebody(tools));
    const [hidden, missing] = await Promise.all(
      [id, newId('workspace')].map((each) =>
        updateWorkspace(stranger, { id: each, version: 1, name: 'No' }).catch((error) => error),
      ),
    );
    expect(hidden.code).toBe('NOT_FOUND');
    expect(hidden).toEqual(missing);
    for (const malformed of ['', 'x', '\0', id.toUpperCase()]) {
      expect(await outcome(updateWorkspace(stranger, { id: malformed, version: 1 }))).toBe(
        'NOT_FOUND',
      );
    }
  });
});

describe('deleting', () => {
  test('takes the role Owner and the name, and refuses the rest untouched', async () => {
    const id = await newWorkspace();
    const call = await callOf(tools, owner);
    for (const confirmName of ['', 'acme', 'Acme 2']) {
      expect(await outcome(deleteWorkspace(call, { id, confirmName }))).toBe(
        'CONFIRMATION_NAME_MISMATCH',
      );
    }
    const admin = await callOf(tools, await addMember(tools, id, 'ADMIN'));
    expect(await outcome(deleteWorkspace(admin, { id, confirmName: 'Acme' }))).toBe('FORBIDDEN');
    const stranger = await callOf(tools, await signUpSomebody(tools));
    const [hidden, missing] = await Promise.all(
      [id, newId('workspace')].map((each) =>
        deleteWorkspace(stranger, { id: each, confirmName: 'Acme' }).catch((error) => error),
      ),
    );
    expect(hidden.code).toBe('NOT_FOUND');
    expect(hidden).toEqual(missing);
    expect(await findWorkspace(call, id)).not.toBeNull();
    expect(await db.purgeTask.count({ where: { scopeId: id } })).toBe(0);
  });

  test('an owner who was demoted since the request came in deletes nothing', async () => {
    const id = await newWorkspace();
    const second = await addMember(tools, id, 'OWNER');
    const late = await callOf(tools, second);
    await db.membership.updateMany({
      where: { userId: second.actor.id, workspaceId: id },
      data: { role: 'ADMIN' },
    });
    expect(await outcome(deleteWorkspace(late, { id, confirmName: 'Acme' }))).toBe('FORBIDDEN');
  });

  test('takes everything in it along, at once, and leaves the rest to be purged', async () => {
    const project = await createTestProject(tools);
    const { workspaceId: id } = project;
    const member = await addMember(tools, id, 'ADMIN');
    const call = await callOf(tools, project.owner);
    await inviteMember(call, { workspaceId: id, email: 'late@example.com', role: 'VIEWER' });
    const limited = await giveToken(tools, member, { workspaceId: id });
    const unlimited = await giveToken(tools, member);
    const withKey = await callWithKey(tools, project.production.secret);
    const { session } = await startSession(withKey, {});
    const entry = await db.logEntry.findFirstOrThrow({ where: { sessionId: session.id } });

    const { name } = await db.workspace.findUniqueOrThrow({ where: { id } });
    expect(await deleteWorkspace(call, { id, confirmName: ` ${name} ` })).toEqual({
      deletedId: id,
    });

    expect(await findWorkspace(call, id)).toBeNull();
    expect(await outcome(startSession(withKey, {}))).toBe('UNAUTHENTICATED');
    const refused = createTestTools(url, { masterKeys: tools.masterKeys });
    await expect(callWithKey(refused, project.production.secret)).rejects.toMatchObject({
      reason: 'DELETED',
    });
    await closeDb(refused.db);
    await expect(callWithToken(tools, limited.token)).rejects.toMatchObject({ reason: 'UNKNOWN' });
    const others = await callWithToken(tools, unlimited.token);
    expect(await findWorkspace(others, id)).toBeNull();
    expect(await loadLogEntry(others, entry.id)).toBeNull();
    const where = { workspaceId: id };
    expect([
      await db.project.count({ where }),
      await db.membership.count({ where }),
      await db.invitation.count({ where }),
      await db.apiKeySecret.count({ where: { ...where, endsAt: null } }),
    ]).toEqual([0, 0, 0, 0]);
    const scopes = [id, project.id, project.production.id, project.development.id];
    const tasks = await db.purgeTask.findMany({ where: { scopeId: { in: scopes } } });
    expect(tasks.map(({ scopeId }) => scopeId).sort()).toEqual(scopes.sort());
  });

  test('every process hears that its keys are dead', async () => {
    const [here, there] = [0, 1].map(() => createTestTools(url, { masterKeys: tools.masterKeys }));
    await Promise.all([here!.events.start(), there!.events.start()]);
    const project = await createTestProject(here!);
    const ask = () => callWithKey(there!, project.production.secret);
    await ask();
    const { name } = await db.workspace.findUniqueOrThrow({ where: { id: project.workspaceId } });
    const call = await callOf(here!, project.owner);
    await deleteWorkspace(call, { id: project.workspaceId, confirmName: name });
    await expect.poll(() => outcome(ask())).toBe('UNAUTHENTICATED');
    for (const each of [here!, there!]) {
      await each.events.stop();
      await closeDb(each.db);
    }
  });

  test('by two at once succeeds once', async () => {
    const id = await newWorkspace();
    const call = await callOf(tools, owner);
    const attempts = [1, 2, 3].map(() => deleteWorkspace(call, { id, confirmName: 'Acme' }));
    expect((await outcomes(attempts)).sort()).toEqual(['NOT_FOUND', 'NOT_FOUND', 'done']);
  });

  test('leaves no project behind that is created meanwhile', async () => {
    for (let round = 0; round < 5; round += 1) {
      const id = await newWorkspace();
      const [creator, call] = [await callOf(tools, owner), await callOf(tools, owner)];
      const [created] = await outcomes([
        createProject(creator, { name: 'Shop', workspaceId: id }),
        deleteWorkspace(call, { id, confirmName: 'Acme' }),
      ]);
      expect(['done', 'NOT_FOUND']).toContain(created);
      expect(await db.project.count({ where: { workspaceId: id } })).toBe(0);
      const { rows } = await db.$pool.query(
        'SELECT count(*)::int AS n FROM environments e WHERE NOT EXISTS (SELECT FROM projects p WHERE p.id = e.project_id)',
      );
      expect(rows[0].n).toBe(0);
    }
  });
});
