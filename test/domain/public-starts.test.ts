import { createHash } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { cancelSession } from '../../server/domain/auth-sessions/cancel.ts';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import type { Call, Tools } from '../../server/domain/call.ts';
import { RateLimitedError } from '../../server/domain/errors.ts';
import { closeDb, isDatabaseUnavailable } from '../../server/platform/db.ts';
import { callAs, createTestTools, newAddress, nobody } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';
import { inOpenTransaction } from '../support/open-transaction.ts';
import { actorOfKey, createTestProject, type TestProject } from '../support/projects.ts';
import { expectCountsToMatchRows, passDeadline } from '../support/sessions.ts';

/** A minute's quota of five comes back one by one, after twelve seconds each: tests are over by then. */
const quota = 5;
const { url } = await createTestDatabase();
const here = createTestTools(url);
// Two processes, as far as the database can tell.
const there = createTestTools(url, { masterKeys: here.masterKeys });
afterAll(() => Promise.all([closeDb(here.db), closeDb(there.db)]));

/** Limits of one test alone; none unless given. */
function limited(tools: Tools, limits: Partial<Tools['publicStarts']>): Tools {
  const publicStarts = { perAddress: 1e6, perProject: 1e6, pendingMax: 1e6, ...limits };
  return { ...tools, publicStarts };
}

async function callByKey(tools: Tools, value: string, ip = newAddress()): Promise<Call> {
  return callAs(tools, await actorOfKey(tools, value, { ip }), { ip });
}

/** So many starts at once through both processes. @returns those that were refused */
async function startAtOnce(
  count: number,
  project: TestProject,
  limits: Partial<Tools['publicStarts']>,
  addressOf: () => string = newAddress,
): Promise<RateLimitedError[]> {
  const { publishableValue } = project.development;
  const calls = await Promise.all(
    Array.from({ length: count }, (_, n) =>
      callByKey(limited(n % 2 ? here : there, limits), publishableValue, addressOf()),
    ),
  );
  const results = await Promise.allSettled(calls.map((call) => startSession(call, {})));
  const refused = results.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  for (const error of refused) expect(error).toBeInstanceOf(RateLimitedError);
  return refused;
}

const sessionsOf = ({ id }: TestProject) => here.db.authSession.count({ where: { projectId: id } });

test('one address starts as many as its budget, through however many processes', async () => {
  const project = await createTestProject(here);
  const ip = newAddress();
  const refused = await startAtOnce(30, project, { perAddress: quota }, () => ip);
  expect(refused).toHaveLength(25);
  expect(await sessionsOf(project)).toBe(quota);
  const [{ message, retryAfterSeconds, ...rest }] = refused as [RateLimitedError];
  expect(rest).toMatchObject({
    code: 'RATE_LIMITED',
    limit: 'starts-per-address',
    quota,
    windowSeconds: 60,
  });
  expect(retryAfterSeconds).toBeGreaterThan(0);
  expect(retryAfterSeconds).toBeLessThanOrEqual(12);
  expect(message).toBe(
    `Without a secret key one address may start 5 sessions a minute. Try again in ${retryAfterSeconds === 1 ? '1 second' : `${retryAfterSeconds} seconds`}.`,
  );
  // Others are not concerned.
  expect(await startAtOnce(1, project, { perAddress: quota })).toEqual([]);
});

test('one project starts as many as its budget, from however many addresses', async () => {
  const [project, other] = [await createTestProject(here), await createTestProject(here)];
  const refused = await startAtOnce(30, project, { perProject: quota });
  expect(refused).toHaveLength(25);
  expect(refused[0]).toMatchObject({ limit: 'starts-per-project', quota, windowSeconds: 60 });
  expect(await sessionsOf(project)).toBe(quota);
  expect(await startAtOnce(1, other, { perProject: quota })).toEqual([]);
});

test('an address that is over its own budget uses up nothing of the project', async () => {
  const project = await createTestProject(here);
  const limits = { perAddress: 2, perProject: quota };
  const ip = newAddress();
  expect(await startAtOnce(20, project, limits, () => ip)).toHaveLength(18);
  expect(await startAtOnce(3, project, limits)).toEqual([]);
  expect(await startAtOnce(1, project, limits)).toHaveLength(1);
});

test('what is refused for another reason uses up nothing of the project', async () => {
  const project = await createTestProject(here);
  const tools = limited(here, { perProject: 1 });
  for (let time = 0; time < 3; time += 1) {
    await expect(
      startSession(callAs(tools, nobody), { projectId: project.id }),
    ).rejects.toMatchObject({ code: 'PUBLIC_ACCESS_DISABLED' });
  }
  expect(await startAtOnce(1, project, { perProject: 1 })).toEqual([]);
});

test('no more are pending than may be, though two processes start at once', async () => {
  const project = await createTestProject(here);
  const refused = await startAtOnce(40, project, { pendingMax: quota });
  expect(refused).toHaveLength(35);
  expect(await sessionsOf(project)).toBe(quota);
  expect(refused[0]).toMatchObject({
    limit: 'pending-per-project',
    quota,
    windowSeconds: null,
    message: expect.stringContaining('At most 5 sessions of one project'),
  });
  const seconds = refused[0]!.retryAfterSeconds;
  expect(seconds).toBeGreaterThan(500);
  expect(seconds).toBeLessThanOrEqual(600);
  await expectCountsToMatchRows(here.db);
});

test('one that ends makes room for one, at its deadline without waiting for the sweep', async () => {
  const project = await createTestProject(here);
  const limits = { pendingMax: 2 };
  const call = await callByKey(limited(here, limits), project.development.publishableValue);
  const [first, second] = [await startSession(call, {}), await startSession(call, {})];
  expect(await startAtOnce(1, project, limits)).toHaveLength(1);
  await passDeadline(here.db, first.session.id);
  expect(await startAtOnce(2, project, limits)).toHaveLength(1);
  await cancelSession(call, { clientSecret: second.clientSecret });
  expect(await startAtOnce(2, project, limits)).toHaveLength(1);
});

test('secret keys and signed-in users have no budget, and count in no other', async () => {
  const project = await createTestProject(here);
  const limits = { perAddress: 1, perProject: 1, pendingMax: 1 };
  const ip = newAddress();
  const call = await callByKey(limited(here, limits), project.production.secret, ip);
  for (let time = 0; time < 4; time += 1) await startSession(call, {});
  const owner = callAs(limited(here, limits), project.owner.actor, { ip });
  for (let time = 0; time < 4; time += 1) {
    await startSession(owner, { environmentId: project.development.id });
  }
  expect([call.draws, owner.draws]).toEqual([[], []]);
  expect(await startAtOnce(1, project, limits, () => ip)).toEqual([]);
  await startSession(call, {});
});

test('a start tells what is left of both budgets, and a refusal is in the log', async () => {
  const project = await createTestProject(here);
  const tools = limited(here, { perAddress: 1, perProject: 8 });
  const ip = newAddress();
  const call = await callByKey(tools, project.development.publishableValue, ip);
  await startSession(call, {});
  expect(call.draws).toMatchObject([
    { budget: { name: 'starts-per-address' }, allowed: true, remaining: 0, moreAfterSeconds: 60 },
    { budget: { name: 'starts-per-project' }, allowed: true, remaining: 7, moreAfterSeconds: 8 },
  ]);
  const again = await callByKey(tools, project.development.publishableValue, ip);
  await expect(startSession(again, {})).rejects.toThrow(RateLimitedError);
  expect(again.draws).toMatchObject([{ budget: { name: 'starts-per-address' }, allowed: false }]);
  await here.refusals.flush();
  const entries = await here.db.logEntry.findMany({
    where: { projectId: project.id, type: 'session.refused' },
  });
  expect(entries).toMatchObject([{ reason: 'RATE_LIMITED', level: 'WARN', ip }]);
});

/** As a process does that is frozen in the middle of starting sessions of the project. */
function hold({ id }: TestProject, run: () => Promise<void>): Promise<void> {
  const lock = createHash('sha256').update(`pending ${id}`).digest().readBigInt64BE();
  return inOpenTransaction(there.db, `SELECT pg_advisory_xact_lock(${lock})`, run);
}

test('a project that somebody holds keeps the starts of no other waiting', async () => {
  const [held, free] = [await createTestProject(here), await createTestProject(here)];
  const startHere = async ({ development }: TestProject) =>
    startSession(await callByKey(limited(here, {}), development.publishableValue), {});
  let wanted: Promise<unknown>[] = [];
  let isOver = false;
  await hold(held, async () => {
    // More than there are lanes.
    wanted = Array.from({ length: 8 }, () => startHere(held));
    const noteEnd = () => {
      isOver = true;
    };
    for (const start of wanted) start.then(noteEnd, noteEnd);
    for (let time = 0; time < 3; time += 1) await startHere(free);
    expect(isOver).toBe(false);
  });
  await Promise.all(wanted);
  expect([await sessionsOf(held), await sessionsOf(free)]).toEqual([8, 3]);
});

test('one that is held for too long is unavailable, and nothing was started', async () => {
  const project = await createTestProject(here);
  const call = await callByKey(limited(here, {}), project.development.publishableValue);
  await hold(project, async () => {
    const error = await startSession(call, {}).catch((error) => error);
    expect(isDatabaseUnavailable(error)).toBe(true);
  });
  expect(await sessionsOf(project)).toBe(0);
  expect(await startAtOnce(1, project, {})).toEqual([]);
});
