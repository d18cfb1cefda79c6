import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cancelSession } from '../../server/domain/auth-sessions/cancel.ts';
import { confirmSession } from '../../server/domain/auth-sessions/confirm.ts';
import { exchangeSession } from '../../server/domain/auth-sessions/exchange.ts';
import { expireSessions } from '../../server/domain/auth-sessions/expire.ts';
import { readSession } from '../../server/domain/auth-sessions/find.ts';
import { type StartedSession, startSession } from '../../server/domain/auth-sessions/start.ts';
import type { Call } from '../../server/domain/call.ts';
import { DomainError } from '../../server/domain/errors.ts';
import { updateProject } from '../../server/domain/projects/update.ts';
import { closeDb } from '../../server/platform/db.ts';
import { callAs, createTestTools } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';
import { actorOfKey, createTestProject, type TestProject } from '../support/projects.ts';
import { expectCountsToMatchRows, passDeadline } from '../support/sessions.ts';

const database = await createTestDatabase();
// Two sets of tools stand for two processes: each has its own pool, cache and writer.
const here = createTestTools(database.url);
const there = createTestTools(database.url, { masterKeys: here.masterKeys });
afterAll(() => Promise.all([closeDb(here.db), closeDb(there.db)]));

let project: TestProject;
let servers: [Call, Call];
beforeAll(async () => {
  project = await createTestProject(here);
  servers = [
    callAs(here, await actorOfKey(here, project.production.secret)),
    callAs(there, await actorOfKey(there, project.production.secret)),
  ];
});

/** What may be tried at any moment, by either process. */
const steps = [
  'confirm',
  'wrongCode',
  'cancel',
  'exchange',
  'exchangeOnce',
  'deadline',
  'sweep',
] as const;
type Step = (typeof steps)[number];
type Won = 'confirm' | 'cancel' | 'exchange' | 'replay' | null;

async function take(step: Step, call: Call, started: StartedSession): Promise<Won> {
  const { id: sessionId, userCode } = started.session;
  const subject = { id: 'u' };
  try {
    switch (step) {
      case 'confirm':
        await confirmSession(call, { sessionId, userCode, subject });
        return 'confirm';
      case 'wrongCode':
        await confirmSession(call, { sessionId, userCode: 'wrong', subject });
        throw new Error('A wrong code confirmed the session.');
      case 'cancel':
        await cancelSession(call, { clientSecret: started.clientSecret });
        return 'cancel';
      case 'exchange':
        await exchangeSession(call, { sessionId });
        return 'exchange';
      case 'exchangeOnce':
        await exchangeSession(call, { sessionId, idempotencyKey: 'once' });
        return 'replay';
      case 'deadline':
        await passDeadline(call.db, sessionId);
        return null;
      case 'sweep':
        await expireSessions(callAs(call, { kind: 'system', reason: 'sweep' }));
        return null;
    }
  } catch (error) {
    if (error instanceof DomainError) return null; // a loser, told why
    throw error;
  }
}

test('of whatever races, one wins each transition, and no counter is off', async () => {
  const step = fc.tuple(fc.constantFrom(...steps), fc.constantFrom(0, 1));
  const atOnce = fc.array(step, { minLength: 1, maxLength: 7 });
  await fc.assert(
    fc.asyncProperty(fc.array(atOnce, { minLength: 1, maxLength: 5 }), async (rounds) => {
      const started = await startSession(servers[0], {});
      const won: Won[] = [];
      for (const round of rounds) {
        won.push(
          ...(await Promise.all(round.map(([name, by]) => take(name, servers[by]!, started)))),
        );
      }
      const count = (what: Won) => won.filter((each) => each === what).length;
      const { status } = (await readSession(here.db, started.session.id))!;

      expect(count('confirm') + count('cancel')).toBeLessThanOrEqual(1);
      expect(count('exchange')).toBeLessThanOrEqual(1);
      // Who repeats the idempotency key may win again and again, but never beside a plain exchange.
      if (count('replay') > 0) expect(count('exchange')).toBe(0);
      const isUsed = count('exchange') + count('replay') > 0;
      if (isUsed) expect(count('confirm')).toBe(1);
      const expected = isUsed
        ? ['USED']
        : count('confirm') === 1
          ? ['CONFIRMED']
          : count('cancel') === 1
            ? ['CANCELLED']
            : // Five wrong codes cancel too.
              won.length >= 5
              ? ['PENDING', 'EXPIRED', 'CANCELLED']
              : ['PENDING', 'EXPIRED'];
      expect(expected).toContain(status);
      await expireSessions(callAs(here, { kind: 'system', reason: 'sweep' }));
      await expectCountsToMatchRows(here.db);
    }),
    { numRuns: 40 },
  );
});

test('a hundred who exchange at once get one proof between them', async () => {
  const started = await startSession(servers[0], {});
  await confirmSession(servers[0], { sessionId: started.session.id, subject: { id: 'u' } });
  const results = await Promise.allSettled(
    Array.from({ length: 100 }, (_, n) =>
      exchangeSession(servers[n % 2]!, { sessionId: started.session.id }),
    ),
  );
  const lost = results.filter((result) => result.status === 'rejected');
  expect(lost).toHaveLength(99);
  for (const { reason } of lost) expect(reason).toMatchObject({ code: 'SESSION_ALREADY_USED' });
});

test('guesses at the user code that are sent at once are counted one by one', async () => {
  const strict = await createTestProject(here);
  const owner = callAs(here, strict.owner.actor);
  await updateProject(owner, { id: strict.id, version: 1, requireUserCode: true });
  const call = callAs(here, await actorOfKey(here, strict.production.secret));
  const { session } = await startSession(call, {});
  const guess = { sessionId: session.id, userCode: 'BBBBBBBB', subject: { id: 'u' } };
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, () => confirmSession(call, guess)),
  );
  const codes = results.map((result) => (result as PromiseRejectedResult).reason.code);
  expect(codes.filter((code) => code === 'USER_CODE_MISMATCH')).toHaveLength(5);
  expect(codes.filter((code) => code === 'SESSION_NOT_PENDING')).toHaveLength(15);
  expect(await readSession(here.db, session.id)).toMatchObject({
    status: 'CANCELLED',
    reason: 'USER_CODE_MISMATCH',
  });
});

test('starts that repeat one idempotency key at once make one session', async () => {
  const input = { idempotencyKey: 'order-1', metadata: { a: 1, b: [2] } };
  const replies = await Promise.all(
    Array.from({ length: 20 }, (_, n) => startSession(servers[n % 2]!, input)),
  );
  expect(new Set(replies.map(({ session }) => session.id)).size).toBe(1);
  expect(new Set(replies.map(({ clientSecret }) => clientSecret)).size).toBe(1);
  await expect(startSession(servers[1], { ...input, metadata: { a: 2 } })).rejects.toMatchObject({
    code: 'IDEMPOTENCY_MISMATCH',
  });
  await expectCountsToMatchRows(here.db);
});

test('a request after a project was switched off elsewhere is refused at once', async () => {
  const shop = await createTestProject(here);
  const [one, other] = [
    callAs(here, await actorOfKey(here, shop.production.secret)),
    callAs(there, await actorOfKey(there, shop.production.secret)),
  ];
  for (let round = 0; round < 10; round += 1) {
    const version = 1 + 2 * round;
    const owner = callAs(round % 2 ? here : there, shop.owner.actor);
    await startSession(other, {});
    await updateProject(owner, { id: shop.id, version, active: false });
    await expect(startSession(one, {})).rejects.toMatchObject({ code: 'PROJECT_INACTIVE' });
    await expect(startSession(other, {})).rejects.toMatchObject({ code: 'PROJECT_INACTIVE' });
    await updateProject(owner, { id: shop.id, version: version + 1, active: true });
  }
});
