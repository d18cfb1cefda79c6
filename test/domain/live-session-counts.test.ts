import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import { liveSessionCounts } from '../../server/domain/live/session-counts.ts';
import { deleteProject } from '../../server/domain/projects/delete.ts';
import { readSessionCounts } from '../../server/domain/session-counts.ts';
import { callAs } from '../support/call.ts';
import { listenTo, setUpLiveTools } from '../support/live.ts';
import { createTestProject } from '../support/projects.ts';
import { passDeadline } from '../support/sessions.ts';
import { callWithKey } from '../support/setup.ts';
import { watchStatements } from '../support/statements.ts';

const { tools, other } = await setUpLiveTools();
const statements = watchStatements(tools.db);

test('changes made while somebody subscribes are in what they are told', async () => {
  const { id, production } = await createTestProject(tools);
  const call = await callWithKey(other, production.secret);
  const starts = Array.from({ length: 40 }, async (_, index) => {
    await sleep(index * 3);
    return startSession(call, {});
  });
  const heard = [];
  for (let index = 0; index < 10; index += 1) {
    heard.push(listenTo(liveSessionCounts(tools).watch(id, null)));
    await sleep(11);
  }
  await Promise.all(starts);
  for (const { events, stop } of heard) {
    await expect.poll(() => events.at(-1)?.lifetime.started).toBe(40);
    stop();
  }
});

test('a burst is told in at most four messages a second, the last state always', async () => {
  const { id, production } = await createTestProject(tools);
  const call = await callWithKey(tools, production.secret);
  const heard = listenTo(liveSessionCounts(tools).watch(id, null));
  await expect.poll(() => heard.events.length).toBe(1);
  const at: number[] = [];
  const { events } = heard;
  const push = events.push.bind(events);
  events.push = (...some) => {
    at.push(performance.now());
    return push(...some);
  };
  const begun = performance.now();
  while (performance.now() - begun < 1_500) {
    await Promise.all([startSession(call, {}), startSession(call, {})]);
  }
  const present = () => readSessionCounts(tools.db, id, null);
  const last = await present();
  await expect.poll(() => events.at(-1)?.lifetime.started).toBe(last!.lifetime.started);
  // Timers keep no exact time; what is promised is the rate.
  for (let index = 4; index < at.length; index += 1) {
    expect(at[index]! - at[index - 4]!).toBeGreaterThan(900);
  }
  expect(at.length).toBeGreaterThan(3);
  heard.stop();
});

test('however many watch a scope, a change costs one read', async () => {
  const { id, production } = await createTestProject(tools);
  const call = await callWithKey(other, production.secret);
  const heard = Array.from({ length: 200 }, () =>
    listenTo(liveSessionCounts(tools).watch(id, null)),
  );
  for (const { events } of heard) await expect.poll(() => events.length).toBe(1);
  await sleep(300);
  const { statements: ran } = await statements.during(async () => {
    await startSession(call, {});
    for (const { events } of heard) await expect.poll(() => events.length).toBe(2);
  });
  expect(ran.filter(({ name }) => name === 'session-counts')).toHaveLength(1);
  for (const { stop } of heard) stop();
});

test('a session past its deadline counts as expired without anybody asking', async () => {
  const { id, production } = await createTestProject(tools);
  const { session } = await startSession(await callWithKey(tools, production.secret), {});
  const heard = listenTo(liveSessionCounts(tools).watch(id, null));
  await expect.poll(() => heard.events.at(-1)?.pending).toBe(1);
  await passDeadline(tools.db, session.id);
  // What a sweep anywhere writes.
  const { expireSessions } = await import('../../server/domain/auth-sessions/expire.ts');
  await expireSessions(callAs(other, { kind: 'system', reason: 'sweep' }));
  await expect.poll(() => heard.events.at(-1)).toMatchObject({ pending: 0, today: { expired: 1 } });
  heard.stop();
});

test('deleting the project ends the watch, and leaves nothing behind', async () => {
  const { id, owner } = await createTestProject(tools);
  const heard = listenTo(liveSessionCounts(tools).watch(id, null));
  await expect.poll(() => heard.events.length).toBe(1);
  await deleteProject(callAs(other, owner.actor), { id, confirmName: 'Shop' });
  await expect.poll(() => heard.isOver).toBe(true);
  expect(heard.error).toMatchObject({ code: 'NOT_FOUND' });
  await sleep(100);
  const { statements: ran } = await statements.during(() => sleep(1_300));
  expect(ran).toEqual([]);
});
