import { expect, test } from 'vitest';
import { cancelSession } from '../../server/domain/auth-sessions/cancel.ts';
import { confirmSession } from '../../server/domain/auth-sessions/confirm.ts';
import { exchangeSession } from '../../server/domain/auth-sessions/exchange.ts';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import { liveSessions } from '../../server/domain/live/watched-session.ts';
import { deleteProject } from '../../server/domain/projects/delete.ts';
import { callAs } from '../support/call.ts';
import { listenTo, setUpLiveTools } from '../support/live.ts';
import { createTestProject } from '../support/projects.ts';
import { ageSession } from '../support/sessions.ts';
import { callWithKey } from '../support/setup.ts';

const { tools, other } = await setUpLiveTools();

const subject = { id: 'customer-1' };
const project = await createTestProject(tools);
const call = await callWithKey(tools, project.production.secret);
const elsewhere = await callWithKey(other, project.production.secret);
const start = async () => (await startSession(call, {})).session.id;

function watch(id: string) {
  const heard = listenTo(liveSessions(tools).watch(id));
  const statuses = () => heard.events.map(({ status }) => status);
  return { heard, statuses };
}

test('a waiting device sees its session change in another process, to the end', async () => {
  const id = await start();
  const { heard, statuses } = watch(id);
  await expect.poll(statuses).toEqual(['PENDING']);
  await confirmSession(elsewhere, { sessionId: id, subject });
  await expect.poll(statuses).toEqual(['PENDING', 'CONFIRMED']);
  expect(heard.isOver).toBe(false);
  await exchangeSession(elsewhere, { sessionId: id });
  await expect.poll(statuses).toEqual(['PENDING', 'CONFIRMED', 'USED']);
  expect(heard).toMatchObject({ isOver: true, error: undefined });
});

test('EXPIRED comes within a second of the deadline, though no job runs', async () => {
  const id = await start();
  await tools.db.$pool.query(
    `UPDATE auth_sessions SET expires_at = now() + interval '1 second' WHERE id = $1`,
    [id],
  );
  const { heard, statuses } = watch(id);
  await expect.poll(statuses).toEqual(['PENDING']);
  await expect.poll(statuses, { interval: 5 }).toEqual(['PENDING', 'EXPIRED']);
  const { rows } = await tools.db.$pool.query(
    'SELECT now() - expires_at < $2::interval AS soon FROM auth_sessions WHERE id = $1',
    [id, '1 second'],
  );
  expect(rows[0].soon).toBe(true);
  expect(heard.isOver).toBe(true);
});

test('who comes when all is over is told so, and that is all', async () => {
  const id = await start();
  await cancelSession(call, { sessionId: id });
  const { heard, statuses } = watch(id);
  await expect.poll(() => heard.isOver).toBe(true);
  expect(statuses()).toEqual(['CANCELLED']);
});

test('a confirmed session that nobody exchanged in time ends the watch', async () => {
  const id = await start();
  await confirmSession(call, { sessionId: id, subject });
  await ageSession(tools.db, id, 299);
  const { heard, statuses } = watch(id);
  await expect.poll(() => heard.isOver).toBe(true);
  expect(new Set(statuses())).toEqual(new Set(['CONFIRMED']));
});

test('of changes and watchers that come at once no watcher misses the end', async () => {
  const watches = await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      const id = await start();
      const move = index % 2 ? confirmSession(elsewhere, { sessionId: id, subject }) : null;
      const { heard } = watch(id);
      await move;
      await cancelSession(call, { sessionId: id }).catch(() => {});
      return { heard, last: index % 2 ? 'CONFIRMED' : 'CANCELLED' };
    }),
  );
  for (const { heard, last } of watches) {
    await expect.poll(() => heard.events.at(-1)?.status).toBe(last);
    heard.stop();
  }
});

test('deleting the project ends the watch of its sessions', async () => {
  const doomed = await createTestProject(tools);
  const { session } = await startSession(await callWithKey(tools, doomed.production.secret), {});
  const { heard } = watch(session.id);
  await expect.poll(() => heard.events.length).toBe(1);
  await deleteProject(callAs(other, doomed.owner.actor), { id: doomed.id, confirmName: 'Shop' });
  await expect.poll(() => heard.error).toMatchObject({ code: 'NOT_FOUND' });
});
