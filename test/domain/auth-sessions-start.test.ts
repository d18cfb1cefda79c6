import { beforeAll, describe, expect, test } from 'vitest';
import { readSession } from '../../server/domain/auth-sessions/find.ts';
import { type StartSessionInput, startSession } from '../../server/domain/auth-sessions/start.ts';
import type { Call } from '../../server/domain/call.ts';
import { updateEnvironment } from '../../server/domain/environments/update.ts';
import { newId } from '../../server/domain/ids.ts';
import { updateProject } from '../../server/domain/projects/update.ts';
import { callAs, nobody } from '../support/call.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { ageStart } from '../support/sessions.ts';
import { callWithKey, setUpTools } from '../support/setup.ts';

const tools = await setUpTools();
let project: TestProject;
let server: Call;
beforeAll(async () => {
  project = await createTestProject(tools);
  server = await callWithKey(tools, project.production.secret);
});
const nobodyAtAll = () => callAs(tools, nobody);

/** The issues' paths and messages of a refused input. */
async function issuesOf(call: Call, input: StartSessionInput) {
  const error = await startSession(call, input).then(
    () => null,
    (reason) => reason,
  );
  return error?.issues?.map(({ path }: { path: string[] }) => path.join('.')) ?? error;
}

describe('who may start a session', () => {
  test('a secret key in production, a publishable key only with public access', async () => {
    const shop = await createTestProject(tools);
    const secret = await callWithKey(tools, shop.production.secret);
    const publishable = await callWithKey(tools, shop.production.publishableValue);
    const owner = callAs(tools, shop.owner.actor);
    expect((await startSession(secret, {})).session).toMatchObject({
      startedWith: 'SECRET_KEY',
      environmentId: shop.production.id,
    });
    const refused = { code: 'PUBLIC_ACCESS_DISABLED' };
    await expect(startSession(publishable, {})).rejects.toMatchObject(refused);
    await expect(startSession(nobodyAtAll(), { projectId: shop.id })).rejects.toMatchObject(
      refused,
    );

    await updateProject(owner, { id: shop.id, version: 1, publicAccess: true });
    expect((await startSession(publishable, {})).session.startedWith).toBe('PUBLISHABLE_KEY');
    expect((await startSession(nobodyAtAll(), { projectId: shop.id })).session).toMatchObject({
      startedWith: 'PROJECT_ID',
      environmentId: shop.production.id,
    });
  });

  test('outside production a publishable key always', async () => {
    const call = await callWithKey(tools, project.development.publishableValue);
    const { session } = await startSession(call, {});
    expect(session.environmentId).toBe(project.development.id);
  });

  test('a signed-in user outside production', async () => {
    const owner = callAs(tools, project.owner.actor);
    const { session } = await startSession(owner, { environmentId: project.development.id });
    expect(session.startedWith).toBe('USER');
    await expect(
      startSession(owner, { environmentId: project.production.id }),
    ).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(
      startSession(nobodyAtAll(), { environmentId: project.development.id }),
    ).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('a hidden environment is told like a missing one', async () => {
    const stranger = callAs(tools, (await createTestProject(tools)).owner.actor);
    const [hidden, missing] = await Promise.all(
      [project.development.id, newId('environment')].map((environmentId) =>
        startSession(stranger, { environmentId }).catch((error) => error),
      ),
    );
    expect(hidden.code).toBe('NOT_FOUND');
    expect(hidden).toEqual(missing);
  });

  test('nobody, with a project id that names nothing', async () => {
    for (const projectId of [newId('project'), 'prj_x', '', '\u0000', project.production.id]) {
      await expect(startSession(nobodyAtAll(), { projectId })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
    }
    expect(await issuesOf(nobodyAtAll(), {})).toEqual(['projectId']);
    expect(await issuesOf(callAs(tools, project.owner.actor), {})).toEqual(['environmentId']);
  });

  test('a switched-off project refuses every door', async () => {
    const shop = await createTestProject(tools);
    const owner = callAs(tools, shop.owner.actor);
    await updateProject(owner, { id: shop.id, version: 1, active: false, publicAccess: true });
    const doors: [Call, StartSessionInput][] = [
      [await callWithKey(tools, shop.production.secret), {}],
      [await callWithKey(tools, shop.production.publishableValue), {}],
      [await callWithKey(tools, shop.development.publishableValue), {}],
      [nobodyAtAll(), { projectId: shop.id }],
      [owner, { environmentId: shop.development.id }],
    ];
    for (const [call, input] of doors) {
      await expect(startSession(call, input)).rejects.toMatchObject({ code: 'PROJECT_INACTIVE' });
    }
    expect(await tools.db.authSession.count({ where: { projectId: shop.id } })).toBe(0);
  });

  test('a page starts by project id only from a listed origin', async () => {
    const shop = await createTestProject(tools);
    const owner = callAs(tools, shop.owner.actor);
    await updateProject(owner, { id: shop.id, version: 1, publicAccess: true });
    const page = callAs(tools, nobody, { foreignOrigin: 'https://shop.example', crossSite: true });
    await expect(startSession(page, { projectId: shop.id })).rejects.toMatchObject({
      code: 'ORIGIN_NOT_ALLOWED',
      origin: 'https://shop.example',
    });
    await updateEnvironment(owner, {
      id: shop.production.id,
      version: 1,
      allowedOrigins: ['https://shop.example'],
    });
    await startSession(page, { projectId: shop.id });
  });
});

describe('what a session keeps', () => {
  test('lives as long as the project says, by the clock of the database', async () => {
    const shop = await createTestProject(tools);
    const owner = callAs(tools, shop.owner.actor);
    await updateProject(owner, { id: shop.id, version: 1, sessionLifetimeSeconds: 90 });
    const { session } = await startSession(await callWithKey(tools, shop.production.secret), {});
    expect(session.expiresAt.getTime() - session.createdAt.getTime()).toBe(90_000);
  });

  test('the device is the one a secret key names, never the server itself', async () => {
    const unknown = await startSession(server, {});
    expect(unknown.session).toMatchObject({ startedFromIp: null, startedFromUserAgent: null });
    const named = await startSession(server, { endUserIp: '2001:db8::1', endUserAgent: 'Phone' });
    expect(named.session).toMatchObject({
      startedFromIp: '2001:db8::1',
      startedFromUserAgent: 'Phone',
    });
    const browser = await callWithKey(tools, project.development.publishableValue, {
      ip: '192.0.2.7',
      userAgent: 'Browser',
    });
    expect((await startSession(browser, {})).session).toMatchObject({
      startedFromIp: '192.0.2.7',
      startedFromUserAgent: 'Browser',
    });
  });

  test('keeps metadata as it was given', async () => {
    const metadata = { list: [1, 'two', null, { deep: true }], text: 'ü💡' };
    const { session } = await startSession(server, { metadata });
    expect((await readSession(tools.db, session.id))?.metadata).toEqual(metadata);
  });

  test('its secrets are stored nowhere', async () => {
    const started = await startSession(server, {});
    const { rows } = await tools.db.$pool.query(
      'SELECT row_to_json(a)::text AS text FROM auth_sessions a WHERE id = $1',
      [started.session.id],
    );
    expect(rows[0].text).not.toContain(started.clientSecret.slice(29));
    expect(rows[0].text).not.toContain(started.linkToken.slice(26));
  });
});

describe('bad input names the field', () => {
  test.each<[string, StartSessionInput]>([
    ['metadata', { metadata: { big: 'x'.repeat(4090) } }],
    ['metadata', { metadata: { text: 'a\u0000' } }],
    ['metadata', { metadata: ['\ud800'] }],
    ['nonce', { nonce: 'x'.repeat(256) }],
    ['nonce', { nonce: 'a\u0000' }],
    ['idempotencyKey', { idempotencyKey: '' }],
    ['endUserIp', { endUserIp: 'localhost' }],
    ['endUserAgent', { endUserAgent: 'x'.repeat(513) }],
    ['projectId', { projectId: newId('project') }],
    ['returnUrl', { returnUrl: '/relative' }],
    ['returnUrl', { returnUrl: 'javascript:alert(1)' }],
    ['returnUrl', { returnUrl: 'http://shop.example/' }],
    ['returnUrl', { returnUrl: 'http://localhost/' }],
    ['returnUrl', { returnUrl: 'https://user:password@shop.example/' }],
  ])('%s: %j', async (field, input) => {
    expect(await issuesOf(server, input)).toEqual([field]);
  });

  test('metadata of exactly 4096 bytes is accepted', async () => {
    await startSession(server, { metadata: 'x'.repeat(4094) });
  });

  test('what takes a secret key is refused without one', async () => {
    const call = await callWithKey(tools, project.development.publishableValue);
    for (const input of [
      { idempotencyKey: 'a' },
      { endUserIp: '192.0.2.1' },
      { endUserAgent: 'a' },
    ]) {
      expect(await issuesOf(call, input)).toEqual(Object.keys(input));
    }
  });

  test('a return URL without a secret key is of a listed origin', async () => {
    const call = await callWithKey(tools, project.development.publishableValue);
    expect(await issuesOf(call, { returnUrl: 'https://evil.example/' })).toEqual(['returnUrl']);
    expect(await issuesOf(call, { returnUrl: 'myapp://done' })).toEqual(['returnUrl']);
    await startSession(call, { returnUrl: 'http://localhost:5173/done' });
    await updateEnvironment(callAs(tools, project.owner.actor), {
      id: project.development.id,
      version: 1,
      allowedOrigins: ['https://shop.example', 'myapp://'],
    });
    // What was known of the key may be a second old.
    const startWithFreshKey = async () => {
      const later = await callWithKey(tools, project.development.publishableValue);
      return startSession(later, { returnUrl: 'myapp://done' }).then(() => 'started', String);
    };
    await expect.poll(startWithFreshKey, { timeout: 3_000 }).toBe('started');
    await startSession(server, { returnUrl: 'https://anywhere.example/' });
  });
});

describe('an idempotency key', () => {
  test('gives the same reply for the same input, however its keys are ordered', async () => {
    const first = await startSession(server, { idempotencyKey: 'k', metadata: { a: 1, b: 2 } });
    const again = await startSession(server, { metadata: { b: 2, a: 1 }, idempotencyKey: 'k' });
    expect(again.session.id).toBe(first.session.id);
    expect(again.clientSecret).toBe(first.clientSecret);
    expect(again.confirmUrl).toBe(first.confirmUrl);
  });

  test('is forgotten after 24 hours', async () => {
    const first = await startSession(server, { idempotencyKey: 'day' });
    await ageStart(tools.db, first.session.id, 24 * 3600 + 1);
    const next = await startSession(server, { idempotencyKey: 'day', nonce: 'other' });
    expect(next.session.id).not.toBe(first.session.id);
  });

  test('of one environment says nothing in another', async () => {
    const shop = await createTestProject(tools);
    const other = await callWithKey(tools, shop.production.secret);
    const first = await startSession(server, { idempotencyKey: 'same' });
    const second = await startSession(other, { idempotencyKey: 'same', nonce: 'n' });
    expect(second.session.id).not.toBe(first.session.id);
  });
});
