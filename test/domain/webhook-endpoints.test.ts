import { beforeAll, describe, expect, test } from 'vitest';
import type { Role } from '../../prisma/generated/enums.ts';
import type { Call } from '../../server/domain/call.ts';
import { overlapSecondsMax } from '../../server/domain/overlap.ts';
import { createProject } from '../../server/domain/projects/create.ts';
import { updateProject } from '../../server/domain/projects/update.ts';
import { createWebhookEndpoint } from '../../server/domain/webhooks/create.ts';
import { deleteWebhookEndpoint } from '../../server/domain/webhooks/delete.ts';
import {
  findProjectWebhookUrl,
  findWebhookEndpoint,
  listWebhookEndpoints,
  loadWebhookState,
} from '../../server/domain/webhooks/find.ts';
import { allEventTypes, endpointsMax } from '../../server/domain/webhooks/rules.ts';
import {
  regenerateWebhookSecret,
  revealWebhookSecret,
} from '../../server/domain/webhooks/secrets.ts';
import { updateWebhookEndpoint } from '../../server/domain/webhooks/update.ts';
import { signUpSomebody } from '../support/accounts.ts';
import { callAs, nobody } from '../support/call.ts';
import { addMember, callOf, outcome, outcomes } from '../support/people.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { callWithKey, setUpTools } from '../support/setup.ts';

const tools = await setUpTools();
const { db } = tools;
const url = 'https://example.com/hooks';
let project: TestProject;
let owner: Call;
beforeAll(async () => {
  project = await createTestProject(tools);
  owner = callAs(tools, project.owner.actor);
});

async function member(role: Role): Promise<Call> {
  return callOf(tools, await addMember(tools, project.workspaceId, role));
}

const create = (more: object = {}, by = owner) =>
  createWebhookEndpoint(by, { environmentId: project.production.id, url, ...more });

/** What the log says of an endpoint, in order. */
async function readLog(id: string) {
  const { rows } = await db.$pool.query(
    `SELECT type, data, actor_id FROM log_entries WHERE data->>'endpointId' = $1 ORDER BY at, id`,
    [id],
  );
  return rows;
}

describe('managing', () => {
  test('takes the role Admin in production and Developer elsewhere; a viewer sees, a stranger does not', async () => {
    const callers = {
      owner,
      admin: await member('ADMIN'),
      developer: await member('DEVELOPER'),
      viewer: await member('VIEWER'),
      stranger: callAs(tools, (await signUpSomebody(tools)).actor),
      key: await callWithKey(tools, project.production.secret),
      nobody: callAs(tools, nobody),
    };
    const made: Record<string, string[]> = {};
    for (const [name, by] of Object.entries(callers)) {
      const { production, development } = project;
      made[name] = [];
      for (const { id: environmentId } of [production, development]) {
        const { id } = await create({ environmentId });
        const results = new Set<string>();
        for (const attempt of [
          () => create({ environmentId }, by),
          () => updateWebhookEndpoint(by, { id, version: 1, url }),
          () => revealWebhookSecret(by, { id }),
          () => regenerateWebhookSecret(by, { id }),
          () => deleteWebhookEndpoint(by, { id }),
        ]) {
          results.add(await outcome(attempt()));
        }
        made[name]!.push([...results].join());
        const sees = await findWebhookEndpoint(by, (await create({ environmentId })).id);
        made[name]!.push(sees ? 'sees' : 'sees nothing');
      }
      await db.webhookEndpoint.deleteMany({ where: { environment: { projectId: project.id } } });
    }
    expect(made).toEqual({
      owner: ['done', 'sees', 'done', 'sees'],
      admin: ['done', 'sees', 'done', 'sees'],
      developer: ['FORBIDDEN', 'sees', 'done', 'sees'],
      viewer: ['FORBIDDEN', 'sees', 'FORBIDDEN', 'sees'],
      stranger: ['NOT_FOUND', 'sees nothing', 'NOT_FOUND', 'sees nothing'],
      key: ['UNAUTHENTICATED', 'sees nothing', 'UNAUTHENTICATED', 'sees nothing'],
      nobody: ['UNAUTHENTICATED', 'sees nothing', 'UNAUTHENTICATED', 'sees nothing'],
    });
  });

  test('an endpoint is told of every type unless some are chosen, and of those in one order', async () => {
    const [all, some] = [
      await create(),
      await create({ eventTypes: ['session.used', 'session.started', 'session.used'] }),
    ];
    const read = async (id: string) => (await findWebhookEndpoint(owner, id))?.eventTypes;
    expect(await read(all.id)).toEqual(allEventTypes);
    expect(await read(some.id)).toEqual(['session.started', 'session.used']);
    expect((await listWebhookEndpoints(owner, project.production.id)).map(({ id }) => id)).toEqual([
      all.id,
      some.id,
    ]);
  });

  test.each([
    ['of another scheme', 'ftp://example.com/', /https/],
    ['with a password', 'https://user:password@example.com/', /password/],
    ['with a fragment', 'https://example.com/#part', /fragment/],
    ['that is none', 'example.com', /URL/],
    ['that is too long', `https://example.com/${'x'.repeat(2_048)}`, /2048/],
    ['with what no database stores', 'https://example.com/\0', /control/],
  ])('refuses a URL %s, and says why', async (_, wrong, rule) => {
    const { id } = await create();
    for (const attempt of [
      () => create({ url: wrong }),
      () => updateWebhookEndpoint(owner, { id, version: 1, url: wrong }),
    ]) {
      await expect(attempt()).rejects.toMatchObject({
        issues: [{ path: ['url'], message: expect.stringMatching(rule) }],
      });
    }
  });

  test('private addresses and plain HTTP are for servers that allow them', async () => {
    const strict = Object.assign(callAs(tools, project.owner.actor), {
      allowPrivateWebhooks: false,
    });
    for (const each of [
      'http://example.com/',
      'https://127.0.0.1/',
      'https://[::ffff:10.0.0.1]/',
    ]) {
      expect(await outcome(create({ url: each }, strict)), each).toBe('VALIDATION_FAILED');
      const { id } = await create({ url: each });
      await deleteWebhookEndpoint(owner, { id });
    }
  });

  test.each([[[]], [['session.unknown']], [['webhook.test']]])(
    'refuses the types %j',
    async (eventTypes) => {
      expect(await outcome(create({ eventTypes }))).toBe('VALIDATION_FAILED');
    },
  );

  test('a stale edit or deletion is a conflict that names the current version', async () => {
    const { id } = await create();
    const edits = await outcomes(
      [1, 2, 3].map((n) => updateWebhookEndpoint(owner, { id, version: 1, url: `${url}/${n}` })),
    );
    expect(edits.sort()).toEqual(['CONFLICT', 'CONFLICT', 'done']);
    await expect(deleteWebhookEndpoint(owner, { id, version: 1 })).rejects.toMatchObject({
      code: 'CONFLICT',
      currentVersion: 2,
    });
    await deleteWebhookEndpoint(owner, { id, version: 2 });
    expect(await findWebhookEndpoint(owner, id)).toBeNull();
    expect(await outcome(deleteWebhookEndpoint(owner, { id }))).toBe('NOT_FOUND');
  });

  test(`an environment has at most ${endpointsMax}, also of those who create at once`, async () => {
    const { production } = await createTestProject(tools, project.owner);
    const attempts = Array.from({ length: endpointsMax + 3 }, () =>
      create({ environmentId: production.id }),
    );
    const made = await outcomes(attempts);
    expect(made.filter((each) => each === 'done')).toHaveLength(endpointsMax);
    expect(made.filter((each) => each === 'VALIDATION_FAILED')).toHaveLength(3);
  });

  test('every change is logged, without secrets and without what a URL’s query says', async () => {
    const secretUrl = `${url}?token=hunter2`;
    const { id, secret } = await create({ url: secretUrl });
    await updateWebhookEndpoint(owner, { id, version: 1, url: `${url}/new?token=hunter3` });
    await updateWebhookEndpoint(owner, { id, version: 2, active: false });
    await updateWebhookEndpoint(owner, {
      id,
      version: 3,
      active: true,
      eventTypes: ['session.used'],
    });
    await revealWebhookSecret(owner, { id });
    const { secret: next } = await regenerateWebhookSecret(owner, { id, overlapSeconds: 60 });
    await deleteWebhookEndpoint(owner, { id });
    const log = await readLog(id);
    expect(log.map(({ type }) => type)).toEqual([
      'webhook.created',
      'webhook.updated',
      'webhook.deactivated',
      'webhook.activated',
      'webhook.updated',
      'webhook.revealed',
      'webhook.regenerated',
      'webhook.deleted',
    ]);
    expect(log[1]!.data).toMatchObject({ before: { url }, after: { url: `${url}/new` } });
    const text = JSON.stringify(log);
    for (const hidden of ['hunter2', 'hunter3', secret, next]) expect(text).not.toContain(hidden);
    expect(new Set(log.map(({ actor_id }) => actor_id))).toEqual(new Set([project.owner.actor.id]));
  });
});

describe('a secret', () => {
  test('is 32 random bytes, revealed as it was given, and stored nowhere as it is', async () => {
    const { id, secret } = await create();
    expect(Buffer.from(secret.replace('whsec_', ''), 'base64')).toHaveLength(32);
    expect(await revealWebhookSecret(owner, { id })).toEqual({ id, secret });
    const { rows } = await db.$pool.query(
      'SELECT json_agg(s)::text AS text FROM webhook_secrets s WHERE endpoint_id = $1',
      [id],
    );
    const bytes = Buffer.from(secret.slice(6), 'base64');
    for (const form of [secret.slice(6), bytes.toString('hex')]) {
      expect(rows[0].text).not.toContain(form);
    }
  });

  test('that is regenerated has a deadline, and regenerating again ends an earlier overlap', async () => {
    const { id, secret } = await create();
    const { secret: second } = await regenerateWebhookSecret(owner, { id, overlapSeconds: 3_600 });
    expect(second).not.toBe(secret);
    const { secretRotationEndsAt } = (await loadWebhookState(owner, id))!;
    expect(secretRotationEndsAt!.getTime() - Date.now()).toBeGreaterThan(3_500_000);
    await regenerateWebhookSecret(owner, { id, overlapSeconds: 60, version: 2 });
    expect(await db.webhookSecret.count({ where: { endpointId: id } })).toBe(2);
    await regenerateWebhookSecret(owner, { id });
    expect((await loadWebhookState(owner, id))!.secretRotationEndsAt).toBeNull();
    for (const overlapSeconds of [-1, 0.5, overlapSecondsMax + 1]) {
      const attempt = regenerateWebhookSecret(owner, { id, overlapSeconds });
      expect(await outcome(attempt)).toBe('VALIDATION_FAILED');
    }
    expect(await outcome(regenerateWebhookSecret(owner, { id, version: 1 }))).toBe('CONFLICT');
  });
});

describe('a project’s webhook URL', () => {
  const readUrl = (id: string) => findProjectWebhookUrl(owner, id);

  test('makes an endpoint of Production for all types, with the project or later', async () => {
    const { projectId } = await createProject(owner, { name: 'Shop', webhookUrl: url });
    expect(await readUrl(projectId)).toBe(url);
    const [endpoint] = await db.webhookEndpoint.findMany({
      where: { environment: { projectId } },
      include: { environment: true },
    });
    expect(endpoint).toMatchObject({
      eventTypes: allEventTypes,
      environment: { kind: 'PRODUCTION' },
    });
    expect(await revealWebhookSecret(owner, endpoint!)).toMatchObject({
      secret: expect.stringMatching(/^whsec_/),
    });
    await expect(createProject(owner, { name: 'Shop', webhookUrl: 'no' })).rejects.toMatchObject({
      issues: [{ path: ['webhookUrl'] }],
    });
  });

  test('is that of the oldest endpoint of the default environment: moved, switched on, removed', async () => {
    const { id, production, development } = await createTestProject(tools, project.owner);
    let version = 1;
    const update = (changes: object) =>
      updateProject(owner, { id, version: version++, ...changes });
    expect(await readUrl(id)).toBeNull();
    await update({ webhookUrl: null });
    await update({ webhookUrl: url });
    const [first] = await listWebhookEndpoints(owner, production.id);
    const second = await create({ environmentId: production.id, url: `${url}/second` });
    await updateWebhookEndpoint(owner, { id: first!.id, version: 1, active: false });
    await update({ webhookUrl: `${url}/moved` });
    expect(await findWebhookEndpoint(owner, first!.id)).toMatchObject({
      url: `${url}/moved`,
      active: true,
    });
    await update({ name: 'Other' });
    expect(await readUrl(id)).toBe(`${url}/moved`);
    await update({ webhookUrl: null });
    expect(await readUrl(id)).toBe(`${url}/second`);

    await update({ defaultEnvironmentId: development.id, webhookUrl: `${url}/development` });
    expect(await readUrl(id)).toBe(`${url}/development`);
    expect(await listWebhookEndpoints(owner, production.id)).toMatchObject([{ id: second.id }]);
    expect(await outcome(updateProject(owner, { id, version: 1, webhookUrl: url }))).toBe(
      'CONFLICT',
    );
    expect(await readUrl(id)).toBe(`${url}/development`);
  });

  test('is hidden from keys', async () => {
    const { id, production } = await createTestProject(tools, project.owner);
    await updateProject(owner, { id, version: 1, webhookUrl: url });
    const key = await callWithKey(tools, production.secret);
    expect(await findProjectWebhookUrl(key, id)).toBeNull();
    expect(await listWebhookEndpoints(key, production.id)).toEqual([]);
  });
});
