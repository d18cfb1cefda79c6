import { afterAll, expect, test } from 'vitest';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import { liveSessionCounts } from '../../server/domain/live/session-counts.ts';
import { closeDb } from '../../server/platform/db.ts';
import { createTestTools } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';
import { listenTo } from '../support/live.ts';
import { createTestProject } from '../support/projects.ts';
import { callWithKey } from '../support/setup.ts';

/**
 * A database whose clock can be put forward: `now()` is found in a schema that comes before
 * PostgreSQL's own.
 */
const { url, name } = await createTestDatabase();
const setUp = createTestTools(url);
await setUp.db.$pool.query(`
  CREATE SCHEMA clock;
  CREATE TABLE clock.forward AS SELECT interval '0' AS by;
  CREATE FUNCTION clock.now() RETURNS timestamptz LANGUAGE sql STABLE AS
    $$ SELECT transaction_timestamp() + (SELECT by FROM clock.forward) $$;
  ALTER DATABASE ${name} SET search_path = clock, public, pg_catalog`);
await closeDb(setUp.db);
const tools = createTestTools(url);
await tools.events.start();
afterAll(async () => {
  await tools.events.stop();
  await closeDb(tools.db);
});

test('today begins anew at midnight UTC, without anything having happened', async () => {
  const { id, production } = await createTestProject(tools);
  await startSession(await callWithKey(tools, production.secret), {});
  // A second and a half before midnight.
  await tools.db.$pool.query(`UPDATE clock.forward SET by =
    date_trunc('day', now(), 'UTC') + interval '1 day - 1.5 seconds' - transaction_timestamp()`);
  const heard = listenTo(liveSessionCounts(tools).watch(id, null));
  await expect.poll(() => heard.events.length).toBe(1);
  const before = heard.events[0]!;
  expect(before).toMatchObject({ today: { started: 1 }, lifetime: { started: 1 } });
  await expect.poll(() => heard.events.length).toBe(2);
  const after = heard.events[1]!;
  expect(after).toMatchObject({ today: { started: 0 }, lifetime: { started: 1 } });
  expect(after.at.getUTCDate()).not.toBe(before.at.getUTCDate());
  heard.stop();
});
