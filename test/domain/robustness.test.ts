import { beforeAll, describe, expect, test } from 'vitest';
import { signIn } from '../../server/domain/accounts/sign-in.ts';
import { environmentScope } from '../../server/domain/activity-scope.ts';
import { newApiKeyValue } from '../../server/domain/api-keys/format.ts';
import { confirmSession } from '../../server/domain/auth-sessions/confirm.ts';
import { findWatchedSession } from '../../server/domain/auth-sessions/find.ts';
import { clientSecretOf } from '../../server/domain/auth-sessions/secrets.ts';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import { listLogs } from '../../server/domain/logs/list.ts';
import { isOriginAllowed } from '../../server/domain/origins.ts';
import { updateProject } from '../../server/domain/projects/update.ts';
import { MasterKeys } from '../../server/platform/master-keys.ts';
import { callAs, createTestTools, newAddress, nobody, type TestCall } from '../support/call.ts';
import { actorOfKey, createTestProject, type TestProject } from '../support/projects.ts';
import { callWithKey, setUpTools } from '../support/setup.ts';

const tools = await setUpTools();
let project: TestProject;
let owner: TestCall;
let server: TestCall;
beforeAll(async () => {
  project = await createTestProject(tools);
  owner = callAs(tools, project.owner.actor);
  server = await callWithKey(tools, project.production.secret);
});

describe('what a stranger sends', () => {
  test('a password that is slow to normalise is refused before it is', async () => {
    const password = `a${'\u0300\u0316'.repeat(240_000)}`; // took a minute
    await expect(
      signIn(callAs(tools, nobody), { email: 'a@example.com', password }),
    ).rejects.toMatchObject({ issues: [{ path: ['password'] }] });
  });

  test('metadata that is nested too deep is refused by name', async () => {
    const nested = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
    await startSession(server, { metadata: nested(32) });
    for (const depth of [33, 2_000]) {
      await expect(startSession(server, { metadata: nested(depth) })).rejects.toMatchObject({
        issues: [{ path: ['metadata'] }],
      });
    }
    await expect(startSession(server, { metadata: [Number.POSITIVE_INFINITY] })).rejects.toThrow(
      'too large',
    );
  });

  test('made-up keys that come at once are looked up in bounded number, then not at all', async () => {
    const ip = newAddress();
    const codes = await Promise.all(
      Array.from({ length: 300 }, () =>
        actorOfKey(tools, newApiKeyValue('SECRET', 'PRODUCTION'), { ip }).then(
          () => 'accepted',
          ({ code }) => code,
        ),
      ),
    );
    expect(codes.filter((code) => code === 'UNAUTHENTICATED')).toHaveLength(200);
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(100);
    await expect(
      actorOfKey(tools, newApiKeyValue('SECRET', 'PRODUCTION'), { ip }),
    ).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  });
});

test('stale edits in any number are each told so, and hold nobody up', async () => {
  const { id } = await createTestProject(tools, project.owner);
  const edits = Array.from({ length: 100 }, () => updateProject(owner, { id, version: 7 }));
  for (const edit of await Promise.allSettled(edits)) {
    expect(edit).toMatchObject({ reason: { code: 'CONFLICT', currentVersion: 1 } });
  }
});

test('wrong codes that race end in a typed answer, however the turns fall', async () => {
  const strict = await createTestProject(tools);
  await updateProject(callAs(tools, strict.owner.actor), {
    id: strict.id,
    version: 1,
    requireUserCode: true,
  });
  const call = await callWithKey(tools, strict.production.secret);
  for (let round = 0; round < 20; round += 1) {
    const { session } = await startSession(call, {});
    const guesses = Array.from({ length: 12 }, () =>
      confirmSession(call, { sessionId: session.id, userCode: 'wrong', subject: { id: 'u' } }),
    );
    for (const guess of await Promise.allSettled(guesses)) {
      expect(['USER_CODE_MISMATCH', 'SESSION_NOT_PENDING']).toContain(
        (guess as PromiseRejectedResult).reason.code,
      );
    }
  }
});

test('from a key the log hides users and other keys', async () => {
  const app = await callWithKey(tools, project.development.publishableValue);
  await startSession(callAs(tools, project.owner.actor), {
    environmentId: project.development.id,
  });
  await startSession(app, {});
  const secretInDevelopment: TestCall = {
    ...app,
    actor: {
      kind: 'apiKey',
      key: {
        ...(app.actor.kind === 'apiKey' ? app.actor.key : ({} as never)),
        id: 'key_other',
        type: 'SECRET',
      },
    },
  };
  const { edges } = await listLogs(
    secretInDevelopment,
    environmentScope(secretInDevelopment, project.development.id),
    {},
  );
  expect(edges.map(({ node }) => [node.type, node.actorKind, node.actorLabel, node.ip])).toEqual([
    ['session.started', 'API_KEY', 'Another API key', null],
    ['session.started', 'USER', 'A member', null],
  ]);
  expect(JSON.stringify(edges)).not.toContain(project.owner.actor.id);
});

test('a repeat of an idempotent start is answered also when the project is off by then', async () => {
  const shop = await createTestProject(tools, project.owner);
  const call = await callWithKey(tools, shop.production.secret);
  const first = await startSession(call, { idempotencyKey: 'k', nonce: null });
  await updateProject(owner, { id: shop.id, version: 1, active: false });
  const again = await startSession(call, { idempotencyKey: 'k' });
  expect(again.session.id).toBe(first.session.id);
  await expect(startSession(call, { idempotencyKey: 'new' })).rejects.toMatchObject({
    code: 'PROJECT_INACTIVE',
  });
});

test('who learned an old master key cannot make secrets of newer sessions', async () => {
  const { connectionString } = tools.db.$pool.options;
  const old = { id: 'old', bytes: Buffer.alloc(32, 7) };
  const masterKeys = new MasterKeys([{ id: 'new', bytes: Buffer.alloc(32, 8) }, old]);
  const rotated = createTestTools(connectionString!, { masterKeys });
  const shop = await createTestProject(rotated);
  const { session, clientSecret } = await startSession(
    await callWithKey(rotated, shop.production.secret),
    {},
  );
  const device = callAs(rotated, nobody);
  expect(await findWatchedSession(device, clientSecret)).not.toBeNull();
  const forged = clientSecretOf(new MasterKeys([old]), session.id, 'old');
  expect(await findWatchedSession(device, forged)).toBeNull();
  await rotated.db.$disconnect();
  await rotated.db.$pool.end();
});

test('a listed app scheme allows the pages of its web view', () => {
  const place = { kind: 'PRODUCTION', allowedOrigins: ['capacitor://'] } as const;
  expect(isOriginAllowed('capacitor://localhost', place)).toBe(true);
  expect(isOriginAllowed('ionic://localhost', place)).toBe(false);
  expect(isOriginAllowed('null', place)).toBe(false);
});
