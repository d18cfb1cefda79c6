import { afterAll, expect, test } from 'vitest';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import type { Changes } from '../../server/domain/live/activity.ts';
import { closeDb } from '../../server/platform/db.ts';
import { createTestTools } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';
import { createTestProject } from '../support/projects.ts';
import { callWithKey } from '../support/setup.ts';

const failed: unknown[] = [];
const { url } = await createTestDatabase();
const tools = createTestTools(url, { onError: (error) => failed.push(error) });
afterAll(() => closeDb(tools.db));

test('a follower that breaks costs no other its news, and is told of', async () => {
  const { id, production } = await createTestProject(tools);
  const heard: Changes[] = [];
  const broken = new Error('broken');
  const fail = () => {
    throw broken;
  };
  const followings = [
    await tools.activity.follow({ happened: fail }),
    await tools.activity.follow({ happened: (changes) => void heard.push(changes) }),
  ];
  await startSession(await callWithKey(tools, production.secret), {});
  await expect.poll(() => heard.some(({ scopeIds }) => scopeIds.has(id))).toBe(true);
  expect(failed).toContain(broken);
  for (const { stop } of followings) stop();
});
