import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Call, Tools } from '../../server/domain/call.ts';
import { updateEnvironment } from '../../server/domain/environments/update.ts';
import { closeDb } from '../../server/platform/db.ts';
import { callAs, createTestTools, nobody } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';

const { url } = await createTestDatabase();
const here = createTestTools(url);
const there = createTestTools(url, { masterKeys: here.masterKeys });
afterAll(async () => {
  for (const { db, events } of [here, there]) {
    await events.stop();
    await closeDb(db);
  }
});

let project: TestProject;
let owner: Call;
beforeAll(async () => {
  await Promise.all([here.events.start(), there.events.start()]);
  project = await createTestProject(here);
  owner = callAs(here, project.owner.actor);
});

const page = callAs(here, nobody, { foreignOrigin: 'https://a.example', crossSite: true }).client;
const server = callAs(here, nobody).client;
const check = (tools: Tools, client = server, value = project.production.secret) =>
  Promise.resolve()
    .then(() => tools.apiKeys.check(value, client))
    .then(
      ({ id }) => id,
      (error) => error.reason,
    );

/** How many statements check keys while `work` runs. */
async function statementsDuring(tools: Tools, work: () => Promise<unknown>): Promise<number> {
  const { query } = tools.db.$pool;
  let count = 0;
  tools.db.$pool.query = ((...args: Parameters<typeof query>) => {
    count += 1;
    return query.apply(tools.db.$pool, args);
  }) as typeof query;
  try {
    await work();
  } finally {
    tools.db.$pool.query = query;
  }
  return count;
}

test('a warm key takes no statement, however long ago it was read', async () => {
  await check(here);
  const later = performance.now() + 1_500;
  await expect.poll(() => performance.now() > later, { timeout: 3_000 }).toBe(true);
  expect(
    await statementsDuring(here, () => Promise.all(Array.from({ length: 50 }, () => check(here)))),
  ).toBe(0);
});

test('many who wait for a cold key share one statement', async () => {
  const fresh = createTestTools(url, { masterKeys: here.masterKeys });
  const all = () => Promise.all(Array.from({ length: 50 }, () => check(fresh)));
  expect(await statementsDuring(fresh, all)).toBe(1);
  await closeDb(fresh.db);
});

test('junk asks no database', async () => {
  const value = `${project.production.secret.slice(0, -1)}${project.production.secret.endsWith('A') ? 'B' : 'A'}`;
  expect(await statementsDuring(here, () => check(here, server, value))).toBe(0);
  expect(await check(here, server, value)).toBe('UNKNOWN');
});

test('a change made by one process is known to the other at once, also after its listener was cut', async () => {
  const publishable = project.production.publishableValue;
  expect(await check(there, page, publishable)).toBe('ORIGIN_NOT_ALLOWED');
  let version = 1;
  for (const cut of [false, true]) {
    if (cut) {
      await here.db.$executeRaw`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'latchkey events' AND datname = current_database()`;
    }
    for (const allowedOrigins of [['https://a.example'], []]) {
      await updateEnvironment(owner, { id: project.production.id, version, allowedOrigins });
      version += 1;
      await expect
        .poll(() => check(there, page, publishable), { timeout: 1_000, interval: 10 })
        .toMatch(allowedOrigins.length > 0 ? /^key_/ : /^ORIGIN_NOT_ALLOWED$/);
    }
  }
});

test('a secret key from a page is refused as exposed', async () => {
  expect(await check(here, page)).toBe('SECRET_IN_BROWSER');
});

test.each([
  ['INACTIVE', { active: false }],
  ['EXPIRED', { expiresAt: new Date(0), active: false }],
])('a key that is %s is refused with that reason', async (reason, data) => {
  const shop = await createTestProject(here);
  const where = { environmentId: shop.production.id, type: 'SECRET' } as const;
  await here.db.apiKey.updateMany({ where, data });
  expect(await check(here, server, shop.production.secret)).toBe(reason);
});

test('a key stops at its expiry although it is warm and nobody said anything', async () => {
  const shop = await createTestProject(here);
  const { environmentId } = await here.apiKeys.check(shop.production.secret, server);
  await here.db.$executeRaw`UPDATE api_keys SET expires_at = now() + interval '1200 milliseconds'
    WHERE environment_id = ${environmentId}`;
  const fresh = createTestTools(url, { masterKeys: here.masterKeys });
  await fresh.events.start();
  expect(await check(fresh, server, shop.production.secret)).toMatch(/^key_/);
  await expect
    .poll(() => check(fresh, server, shop.production.secret), { timeout: 2_500, interval: 20 })
    .toBe('EXPIRED');
  await fresh.events.stop();
  await closeDb(fresh.db);
});
