/**
 * History that was made up, against what the product writes when the very same things happen: each
 * session is started and moved again through the use cases, and every column compared.
 */
import { expect, test } from 'vitest';
import { cancelSession } from '../../server/domain/auth-sessions/cancel.ts';
import { confirmSession } from '../../server/domain/auth-sessions/confirm.ts';
import { exchangeSession } from '../../server/domain/auth-sessions/exchange.ts';
import { expireSessions } from '../../server/domain/auth-sessions/expire.ts';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import type { Call } from '../../server/domain/call.ts';
import { updateProject } from '../../server/domain/projects/update.ts';
import type { Attempt, PastEvent } from '../../server/domain/sample-data/attempt.ts';
import { createHistory } from '../../server/domain/sample-data/history.ts';
import { readPlaces } from '../../server/domain/sample-data/places.ts';
import { writeHistory } from '../../server/domain/sample-data/write.ts';
import { callAs, nobody } from '../support/call.ts';
import { createTestProject } from '../support/projects.ts';
import { expectCountsToMatchRows, passDeadline } from '../support/sessions.ts';
import { callWithKey, setUpTools } from '../support/setup.ts';

const tools = await setUpTools();
const project = await createTestProject(tools);
const byOwner = callAs(tools, project.owner.actor);
await updateProject(byOwner, { id: project.id, version: 1, publicAccess: true });
const places = await readPlaces(tools.db, { projectId: project.id });
const { id: proofKeyId } = await tools.signingKeys.current();

const count = 200;
const to = new Date(); // some of them wait for their users, and must go on waiting while this runs
const options = {
  seed: 'a history',
  places,
  count,
  from: new Date(to.getTime() - 28 * 86_400_000),
  to,
  user: { id: project.owner.actor.id, email: project.owner.actor.email },
  masterKeyId: tools.masterKeys.primaryId,
  proofKeyId,
};

function attemptsOf(changes: Partial<typeof options> = {}): Attempt[] {
  const attemptOf = createHistory({ ...options, ...changes });
  return Array.from({ length: count }, (_, n) => attemptOf(n));
}

test('what was made up differs in no column from what the product writes of the same', async () => {
  const attempts = attemptsOf();
  await writeHistory(tools.db, attempts, 0);
  const doors = new Set(attempts.map(({ session }) => session.started_with));
  expect([...doors].sort()).toEqual(['PROJECT_ID', 'PUBLISHABLE_KEY', 'SECRET_KEY', 'USER']);
  const fates = new Set(attempts.map(({ session }) => session.status));
  expect([...fates].sort()).toEqual(['CANCELLED', 'CONFIRMED', 'EXPIRED', 'PENDING', 'USED']);

  for (const attempt of attempts) {
    const again = await happenAgain(attempt);
    expect(await written(again)).toEqual(await written(attempt.session.id));
  }
  await expectCountsToMatchRows(tools.db);
});

/** The same through the product, by the same people from the same devices. @returns the session's id */
async function happenAgain({ session, events }: Attempt): Promise<string> {
  const [started, ...moves] = events as [PastEvent, ...PastEvent[]];
  const isProduction = session.environment_id === project.production.id;
  const place = isProduction ? project.production : project.development;
  const from = ({ ip, user_agent }: PastEvent) => ({ ip, userAgent: user_agent });
  const byKey = (value: string, event: PastEvent) => callWithKey(tools, value, from(event));
  const bySecret = (event: PastEvent) => byKey(project.production.secret, event);
  const byDevice = (event: PastEvent) => callAs(tools, nobody, from(event));

  const input = { metadata: session.metadata };
  const doors = {
    SECRET_KEY: async () =>
      startSession(await bySecret(started), {
        ...input,
        endUserIp: session.started_from_ip,
        endUserAgent: session.started_from_user_agent,
      }),
    PUBLISHABLE_KEY: async () => startSession(await byKey(place.publishableValue, started), input),
    PROJECT_ID: async () => startSession(byDevice(started), { ...input, projectId: project.id }),
    USER: async () =>
      startSession(callAs(tools, project.owner.actor, from(started)), {
        ...input,
        environmentId: place.id,
      }),
  };
  const { session: again, clientSecret, linkToken } = await doors[session.started_with]();
  const { id: sessionId } = again;

  for (const event of moves) {
    switch (event.became) {
      case 'CONFIRMED': {
        const { provider: _, ...subject } = session.subject!;
        if (session.channel === 'TEST')
          await confirmSession(byDevice(event), { linkToken, subject });
        else await confirmSession(await bySecret(event), { sessionId, subject });
        break;
      }
      case 'USED':
        await exchangeAs(event, { sessionId, clientSecret });
        break;
      case 'CANCELLED': {
        const { reason } = session;
        const opened = event.actor_label === 'End user' ? { linkToken } : { clientSecret };
        await cancelSession(byDevice(event), { ...opened, reason });
        break;
      }
      case 'EXPIRED': {
        await passDeadline(tools.db, sessionId);
        const job: Call = callAs(tools, { kind: 'system', reason: 'expire-sessions' }, from(event));
        await expireSessions(job);
        break;
      }
    }
  }
  return sessionId;

  async function exchangeAs(event: PastEvent, named: { sessionId: string; clientSecret: string }) {
    const { sessionId, clientSecret } = named;
    if (event.actor_kind === 'API_KEY') await exchangeSession(await bySecret(event), { sessionId });
    else if (event.actor_kind === 'END_USER')
      await exchangeSession(byDevice(event), { clientSecret });
    else await exchangeSession(callAs(tools, project.owner.actor, from(event)), { sessionId });
  }
}

/** Rows of a session and its log. What is of its own for each is told by its kind. */
async function written(sessionId: string): Promise<object[]> {
  const { rows } = await tools.db.$pool.query<{ row: Record<string, unknown> }>(
    `SELECT to_jsonb(a) AS row FROM auth_sessions a WHERE id = $1
     UNION ALL (SELECT to_jsonb(l) FROM log_entries l WHERE session_id = $1 ORDER BY at, id)`,
    [sessionId],
  );
  const [session] = rows;
  const isOver = session!.row.status === 'EXPIRED'; // its deadline was moved to have it expire
  return rows.map(({ row }) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, kindOf(name, value)])),
  );

  function kindOf(name: string, value: unknown): unknown {
    if (typeof value !== 'string') return value;
    if (name === 'xid') return 'transaction';
    if (name === 'request_id') return 'request';
    if (name === 'user_code') return value.replace(/^[BCDFGHJKLMNPQRSTVWXZ]{8}$/, 'code');
    if (/^(ses|log)_[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(value)) return value.slice(0, 3);
    if (!/^\d{4}-\d\d-\d\dT/.test(value)) return value;
    if (name === 'expires_at' && !isOver) return secondsBetween('created_at', value);
    if (name === 'exchangeable_until') return secondsBetween('confirmed_at', value);
    if (name === 'expired_at') return secondsBetween('expires_at', value);
    return 'instant';
  }

  function secondsBetween(name: string, until: string): number {
    return (Date.parse(until) - Date.parse(String(session!.row[name]))) / 1000;
  }
}

test('the same seed makes the same history, and another makes another', () => {
  expect(JSON.stringify(attemptsOf())).toBe(JSON.stringify(attemptsOf()));
  const shares = (seed: string) => attemptsOf({ seed }).map(({ session }) => session.user_code);
  expect(shares('another')).not.toEqual(shares('a history'));
});

test('an attempt is the same, whichever were made before it', () => {
  const attemptOf = createHistory(options);
  expect(attemptOf(137)).toEqual(attemptsOf()[137]);
});

test('sessions come in the order of time, and nothing happens after the end', () => {
  const attempts = attemptsOf();
  const starts = attempts.map(({ session }) => session.created_at.getTime());
  expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  expect(starts[0]).toBeGreaterThanOrEqual(options.from.getTime());
  const instants = attempts.flatMap(({ events }) => events.map(({ at }) => at.getTime()));
  expect(Math.max(...instants)).toBeLessThanOrEqual(to.getTime());
});

test('some come back often, and Sundays are quieter than Wednesdays', () => {
  const attemptOf = createHistory({ ...options, count: 20_000 });
  const sessions = Array.from({ length: 20_000 }, (_, n) => attemptOf(n).session);
  const bySubject = new Map<string, number>();
  for (const { subject_key } of sessions) {
    if (subject_key) bySubject.set(subject_key, (bySubject.get(subject_key) ?? 0) + 1);
  }
  const times = [...bySubject.values()].sort((a, b) => b - a);
  expect(times.length).toBeGreaterThan(2_000);
  expect(times[0]! / times[times.length >> 1]!).toBeGreaterThan(10);
  const on = (day: number) =>
    sessions.filter(({ created_at }) => created_at.getUTCDay() === day).length;
  expect(on(0)).toBeLessThan(0.75 * on(3));
});
