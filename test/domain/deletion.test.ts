import { beforeAll, describe, expect, test } from 'vitest';
import { cancelSession } from '../../server/domain/auth-sessions/cancel.ts';
import { confirmSession } from '../../server/domain/auth-sessions/confirm.ts';
import { expireSessions } from '../../server/domain/auth-sessions/expire.ts';
import { findSession, findWatchedSession } from '../../server/domain/auth-sessions/find.ts';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import { createEnvironment, environmentsMax } from '../../server/domain/environments/create.ts';
import { deleteEnvironment } from '../../server/domain/environments/delete.ts';
import { findEnvironment } from '../../server/domain/environments/find.ts';
import { loadLogEntry } from '../../server/domain/logs/find.ts';
import { deleteProject } from '../../server/domain/projects/delete.ts';
import { findProject } from '../../server/domain/projects/find.ts';
import { updateProject } from '../../server/domain/projects/update.ts';
import { purgeDeleted } from '../../server/domain/purge.ts';
import { callAs, nobody, type TestCall } from '../support/call.ts';
import { purgedTables } from '../support/history.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { passDeadline } from '../support/sessions.ts';
import { callWithKey, setUpTools } from '../support/setup.ts';
import { watchStatements } from '../support/statements.ts';

const tools = await setUpTools();
const watch = watchStatements(tools.db);
let project: TestProject;
let owner: TestCall;
let server: TestCall;
beforeAll(async () => {
  project = await createTestProject(tools);
  owner = callAs(tools, project.owner.actor);
  server = await callWithKey(tools, project.production.secret);
});

async function rowsOf(environmentId: string): Promise<number> {
  const counts = purgedTables.map(
    (table) => `(SELECT count(*) FROM ${table} WHERE environment_id = $1)`,
  );
  const { rows } = await tools.db.$pool.query(`SELECT ${counts.join(' + ')} AS count`, [
    environmentId,
  ]);
  return Number(rows[0].count);
}

/** Ends the time in which statements from before a deletion may still write. */
const settle = () =>
  tools.db.$executeRaw`UPDATE purge_tasks SET created_at = created_at - interval '2 minutes'`;

describe('deleting a project', () => {
  test('takes its name, the role Admin, and the version where one is given', async () => {
    const { id } = await createTestProject(tools, project.owner);
    const stranger = callAs(tools, (await createTestProject(tools)).owner.actor);
    const confirmName = 'Shop';
    await expect(deleteProject(stranger, { id, confirmName })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(deleteProject(server, { id, confirmName })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    for (const wrong of ['', 'shop', 'Shop!']) {
      await expect(deleteProject(owner, { id, confirmName: wrong })).rejects.toMatchObject({
        code: 'CONFIRMATION_NAME_MISMATCH',
      });
    }
    await expect(deleteProject(owner, { id, confirmName, version: 2 })).rejects.toMatchObject({
      code: 'CONFLICT',
      currentVersion: 1,
    });
    expect(await deleteProject(owner, { id, confirmName, version: 1 })).toEqual({ deletedId: id });
    await expect(deleteProject(owner, { id, confirmName })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('ends every read and write of what was in it at once', async () => {
    const shop = await createTestProject(tools, project.owner);
    const call = await callWithKey(tools, shop.production.secret);
    const device = callAs(tools, nobody);
    const { session, clientSecret, linkToken } = await startSession(call, {});
    const entry = await tools.db.logEntry.findFirstOrThrow({ where: { sessionId: session.id } });
    await updateProject(owner, { id: shop.id, version: 1, publicAccess: true });
    expect(await loadLogEntry(owner, entry.id)).not.toBeNull();

    await deleteProject(owner, { id: shop.id, confirmName: 'Shop' });
    expect(await findProject(owner, shop.id)).toBeNull();
    expect(await findEnvironment(owner, shop.production.id)).toBeNull();
    expect(await findSession(owner, session.id)).toBeNull();
    expect(await findWatchedSession(device, clientSecret)).toBeNull();
    expect(await loadLogEntry(owner, entry.id)).toBeNull();
    // The very next write of who was let in before the deletion.
    await expect(startSession(call, {})).rejects.toMatchObject({ reason: 'DELETED' });
    await expect(
      confirmSession(call, { sessionId: session.id, subject: { id: 'u' } }),
    ).rejects.toMatchObject({ reason: 'DELETED' });
    await expect(cancelSession(device, { linkToken })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(startSession(device, { projectId: shop.id })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    // What is gone does not expire: no event, no counter.
    await passDeadline(tools.db, session.id);
    await expireSessions(callAs(tools, { kind: 'system', reason: 'sweep' }));
    expect(await tools.db.authSession.findUnique({ where: { id: session.id } })).toMatchObject({
      status: 'PENDING',
    });
  });

  test('leaves tombstones, so that its keys are told what became of them', async () => {
    const shop = await createTestProject(tools, project.owner);
    await deleteProject(owner, { id: shop.id, confirmName: 'Shop' });
    await expect(callWithKey(tools, shop.production.secret)).rejects.toMatchObject({
      reason: 'DELETED',
    });
  });

  test('takes as many statements with a thousand sessions as with none', async () => {
    const counts: number[] = [];
    for (const sessions of [0, 1000]) {
      const shop = await createTestProject(tools, project.owner);
      const call = await callWithKey(tools, shop.production.secret);
      await Promise.all(Array.from({ length: sessions }, () => startSession(call, {})));
      const { statements } = await watch.during(() =>
        deleteProject(owner, { id: shop.id, confirmName: 'Shop' }),
      );
      counts.push(statements.length);
    }
    expect(counts[1]).toBe(counts[0]);
  });

  test('has its rows removed, also those that a statement under way wrote after', async () => {
    const shop = await createTestProject(tools, project.owner);
    const call = await callWithKey(tools, shop.production.secret);
    await Promise.all(Array.from({ length: 20 }, () => startSession(call, {})));
    expect(await rowsOf(shop.production.id)).toBeGreaterThan(40);
    await deleteProject(owner, { id: shop.id, confirmName: 'Shop' });

    const job = callAs(tools, { kind: 'system', reason: 'purge' });
    await Promise.all([purgeDeleted(job), purgeDeleted(job)]);
    expect(await rowsOf(shop.production.id)).toBe(0);
    await tools.db
      .$executeRaw`INSERT INTO session_totals (environment_id, slot, project_id, workspace_id)
      VALUES (${shop.production.id}, 0, ${shop.id}, ${shop.workspaceId})`;
    await settle();
    await purgeDeleted(job);
    expect(await rowsOf(shop.production.id)).toBe(0);
    expect(await tools.db.logEntry.count({ where: { projectId: shop.id } })).toBe(0);
    expect(await tools.db.purgeTask.count({ where: { scopeId: shop.id } })).toBe(0);
    // What is not deleted stays.
    await startSession(server, {});
    await purgeDeleted(job);
    expect(await rowsOf(project.production.id)).toBeGreaterThan(0);
  });
});

describe('environments', () => {
  test('are created without keys, test confirmations on in development alone', async () => {
    const kinds = ['PRODUCTION', 'STAGING', 'DEVELOPMENT', 'CUSTOM'] as const;
    for (const kind of kinds) {
      const { id } = await createEnvironment(owner, {
        projectId: project.id,
        name: `New ${kind}`,
        kind,
      });
      expect(await findEnvironment(owner, id, { include: { apiKeys: true } })).toMatchObject({
        kind,
        testConfirmations: kind === 'DEVELOPMENT',
        apiKeys: [],
      });
    }
  });

  test('are as many as a project may have, however many are created at once', async () => {
    const shop = await createTestProject(tools, project.owner);
    const results = await Promise.allSettled(
      Array.from({ length: environmentsMax + 5 }, (_, n) =>
        createEnvironment(owner, { projectId: shop.id, name: `E${n}`, kind: 'CUSTOM' }),
      ),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(
      environmentsMax - 2,
    );
    expect(await tools.db.environment.count({ where: { projectId: shop.id } })).toBe(
      environmentsMax,
    );
  });

  test('are deleted by name with their keys and sessions, but for the default one', async () => {
    const shop = await createTestProject(tools, project.owner);
    const call = await callWithKey(tools, shop.development.publishableValue);
    const { session } = await startSession(call, {});
    await expect(
      deleteEnvironment(owner, { id: shop.production.id, confirmName: 'Production' }),
    ).rejects.toMatchObject({ code: 'ENVIRONMENT_IS_DEFAULT' });
    await expect(
      deleteEnvironment(owner, { id: shop.development.id, confirmName: 'development' }),
    ).rejects.toMatchObject({ code: 'CONFIRMATION_NAME_MISMATCH' });
    await deleteEnvironment(owner, { id: shop.development.id, confirmName: 'Development' });
    expect(await findSession(owner, session.id)).toBeNull();
    await expect(startSession(call, {})).rejects.toMatchObject({ reason: 'DELETED' });
    // Reads may trust what they knew of the key for a second.
    const knock = () =>
      callWithKey(tools, shop.development.publishableValue).then(
        () => 'accepted',
        ({ reason }) => reason,
      );
    await expect.poll(knock, { timeout: 2_000 }).toBe('DELETED');
  });

  test('of who deletes one and who makes it the default at once, one wins', async () => {
    for (let round = 0; round < 10; round += 1) {
      const shop = await createTestProject(tools, project.owner);
      const { id } = shop.development;
      const results = await Promise.allSettled([
        deleteEnvironment(owner, { id, confirmName: 'Development' }),
        updateProject(owner, { id: shop.id, version: 1, defaultEnvironmentId: id }),
      ]);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const result of results) {
        if (result.status === 'rejected') {
          expect(['ENVIRONMENT_IS_DEFAULT', 'VALIDATION_FAILED', 'NOT_FOUND']).toContain(
            result.reason.code,
          );
        }
      }
      const { defaultEnvironmentId } = (await findProject(owner, shop.id))!;
      expect(await findEnvironment(owner, defaultEnvironmentId)).not.toBeNull();
    }
  });
});
