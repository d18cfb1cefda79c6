import { beforeAll, describe, expect, test } from 'vitest';
import { cancelSession } from '../../server/domain/auth-sessions/cancel.ts';
import { confirmSession } from '../../server/domain/auth-sessions/confirm.ts';
import { exchangeSession } from '../../server/domain/auth-sessions/exchange.ts';
import { expireSessions } from '../../server/domain/auth-sessions/expire.ts';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import type { Call } from '../../server/domain/call.ts';
import { updateEnvironment } from '../../server/domain/environments/update.ts';
import { updateProject } from '../../server/domain/projects/update.ts';
import { eraseSessionsFromWebhooks } from '../../server/domain/webhooks/erase.ts';
import { payloadOf } from '../../server/domain/webhooks/message.ts';
import { updateWebhookEndpoint } from '../../server/domain/webhooks/update.ts';
import { type SignedUp, signUpSomebody } from '../support/accounts.ts';
import { callAs, nobody } from '../support/call.ts';
import { passDeadline } from '../support/sessions.ts';
import { setUpTools } from '../support/setup.ts';
import { deliverDue, readDeliveries, setUpEndpoint, startReceiver } from '../support/webhooks.ts';

const tools = await setUpTools();
const { db } = tools;
const nowhere = { url: 'http://127.0.0.1:9/' };
const subject = { id: 'u1', name: 'Ada', email: 'ada@example.com' };
let person: SignedUp;
beforeAll(async () => {
  person = await signUpSomebody(tools);
});

/** The bodies of an environment's events, in order. */
async function readEvents(environmentId: string) {
  const events = await db.outboxEvent.findMany({
    where: { environmentId },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
  return events.map((event) => payloadOf(event));
}

const typesOf = (events: { type: string }[]) => events.map(({ type }) => type);

async function confirmed(server: Call): Promise<string> {
  const { session } = await startSession(server, {});
  await confirmSession(server, { sessionId: session.id, subject });
  return session.id;
}

describe('an event is written', () => {
  test('only for types that an endpoint of that environment wants', async () => {
    const { project, server, endpoint, owner } = await setUpEndpoint(tools, person, nowhere, [
      'session.used',
    ]);
    await exchangeSession(server, { sessionId: await confirmed(server) });
    expect(typesOf(await readEvents(project.production.id))).toEqual(['session.used']);
    await updateWebhookEndpoint(owner, {
      id: endpoint.id,
      version: 1,
      eventTypes: ['session.confirmed', 'session.started', 'session.started'],
    });
    await exchangeSession(server, { sessionId: await confirmed(server) });
    expect(typesOf(await readEvents(project.production.id)).slice(1)).toEqual([
      'session.started',
      'session.confirmed',
    ]);
    await updateWebhookEndpoint(owner, { id: endpoint.id, version: 2, active: false });
    await confirmed(server);
    expect(await readEvents(project.production.id)).toHaveLength(3);
    expect(await readEvents(project.development.id)).toEqual([]);
  });

  test('exactly if its change is: of those who race for a session one writes one', async () => {
    const { project, server } = await setUpEndpoint(tools, person, nowhere);
    for (let round = 0; round < 10; round += 1) {
      const { session, clientSecret } = await startSession(server, {});
      await Promise.allSettled([
        confirmSession(server, { sessionId: session.id, subject }),
        cancelSession(callAs(tools, nobody), { clientSecret }),
        cancelSession(server, { sessionId: session.id }),
      ]);
    }
    const { rows } = await db.$pool.query(
      `SELECT 'session.' || lower(a.status::text) AS status, array_agg(o.type ORDER BY o.type) AS types
       FROM auth_sessions a JOIN outbox_events o ON o.session_id = a.id
       WHERE a.environment_id = $1 GROUP BY a.id`,
      [project.production.id],
    );
    expect(rows).toHaveLength(10);
    for (const { status, types } of rows) expect(types).toEqual([status, 'session.started'].sort());
  });

  test('or nothing is: a session whose event cannot be written is not started', async () => {
    const { project, server } = await setUpEndpoint(tools, person, nowhere);
    await db.$executeRaw`ALTER TABLE outbox_events ADD CONSTRAINT broken CHECK (false) NOT VALID`;
    try {
      await expect(startSession(server, {})).rejects.toThrow('broken');
    } finally {
      await db.$executeRaw`ALTER TABLE outbox_events DROP CONSTRAINT broken`;
    }
    expect(await db.authSession.count({ where: { environmentId: project.production.id } })).toBe(0);
  });
});

describe('an event says', () => {
  test('where and what, as it was then, and who only once they have confirmed', async () => {
    const { project, owner, server } = await setUpEndpoint(tools, person, nowhere);
    const { session } = await startSession(server, { metadata: { cart: null, lines: [1.5, 'é'] } });
    const { confirmedAt, exchangeableUntil } = await confirmSession(server, {
      sessionId: session.id,
      subject,
    });
    const { session: used } = await exchangeSession(server, { sessionId: session.id });
    const { production, id } = project;
    await updateProject(owner, { id, version: 1, name: 'Renamed' });
    await updateEnvironment(owner, { id: production.id, version: 1, name: 'Live' });

    const events = await readEvents(production.id);
    const place = {
      project: { id, name: 'Shop' },
      environment: { id: production.id, name: 'Production', kind: 'PRODUCTION' },
    };
    const started = {
      id: session.id,
      status: 'PENDING',
      channel: null,
      apiKeyId: session.apiKeyId,
      metadata: { cart: null, lines: [1.5, 'é'] },
      reason: null,
      createdAt: session.createdAt.toISOString(),
      expiresAt: session.expiresAt.toISOString(),
      confirmedAt: null,
      exchangeableUntil: null,
      cancelledAt: null,
      expiredAt: null,
      usedAt: null,
    };
    const confirmed = {
      ...started,
      status: 'CONFIRMED',
      channel: 'SERVER',
      confirmedAt: confirmedAt!.toISOString(),
      exchangeableUntil: exchangeableUntil!.toISOString(),
      subject: { ...subject, provider: 'server' },
    };
    expect(events).toEqual([
      {
        type: 'session.started',
        timestamp: started.createdAt,
        data: { ...place, session: started },
      },
      {
        type: 'session.confirmed',
        timestamp: confirmed.confirmedAt,
        data: { ...place, session: confirmed },
      },
      {
        type: 'session.used',
        timestamp: used.usedAt.toISOString(),
        data: {
          ...place,
          session: { ...confirmed, status: 'USED', usedAt: used.usedAt.toISOString() },
        },
      },
    ]);
  });

  test('why a session was cancelled, and when one expired, by the deadline', async () => {
    const { project, server } = await setUpEndpoint(tools, person, nowhere);
    const cancelled = await startSession(server, {});
    await cancelSession(server, { sessionId: cancelled.session.id, reason: 'Enough' });
    const expired = await startSession(server, {});
    await passDeadline(db, expired.session.id);
    await expireSessions(callAs(tools, { kind: 'system', reason: 'expire-sessions' }));
    const events = await readEvents(project.production.id);
    const sessions = events.map(({ data }) => ('session' in data ? data.session : null));
    expect(sessions[1]).toMatchObject({ status: 'CANCELLED', reason: 'Enough' });
    expect(sessions[3]).toMatchObject({ status: 'EXPIRED', expiredAt: sessions[3]!.expiresAt });
    for (const session of sessions) expect(session).not.toHaveProperty('subject');
  });

  test('all that in less than 20 kB, however much it is', async () => {
    const { project, server } = await setUpEndpoint(tools, person, nowhere);
    const widest = ['\u0001', '"', '\\', 'é', '漢', '😀', ' '];
    for (const letter of widest) {
      const fill = (characters: number) =>
        letter.repeat(characters / letter.length).slice(0, characters);
      const json = Buffer.byteLength(JSON.stringify(letter)) - 2;
      const { session } = await startSession(server, {
        metadata: { m: letter.repeat(Math.floor(4_086 / json)) },
      });
      await confirmSession(server, {
        sessionId: session.id,
        subject: {
          provider: 'x'.repeat(32),
          id: fill(255),
          name: fill(200),
          username: fill(200),
          email: fill(254),
          phone: fill(32),
          picture: `https://example.com/${fill(2_028)}`,
        },
      });
    }
    // Numbers that take long to write out in full.
    await startSession(server, { metadata: Array(580).fill(1e300) });
    const events = await readEvents(project.production.id);
    expect(events).toHaveLength(2 * widest.length + 1);
    const sizes = events.map((event) => Buffer.byteLength(JSON.stringify(event)));
    expect(Math.max(...sizes)).toBeLessThan(20_000);
    const kept = events.filter((event) => JSON.stringify(event).includes('"picture"'));
    expect(kept.length).toBeGreaterThanOrEqual(3);
  });
});

test('what was kept of a person can be taken out of events and deliveries; what waits goes without', async () => {
  const receiver = await startReceiver((message, response) =>
    response.writeHead(500).end(message.body),
  );
  const { project, endpoint, server } = await setUpEndpoint(tools, person, receiver);
  const sessionId = await confirmed(server);
  const other = await confirmed(server);
  await deliverDue(tools, endpoint);
  await deliverDue(tools, endpoint);
  const dump = async () =>
    JSON.stringify([
      await readEvents(project.production.id),
      await readDeliveries(db, endpoint.id),
    ]);
  expect((await dump()).split('ada@example.com').length - 1).toBe(4);
  await eraseSessionsFromWebhooks(db, [project.production.id], [sessionId]);
  expect((await dump()).split('ada@example.com').length - 1).toBe(2);
  const events = await readEvents(project.production.id);
  const subjects = events.map(({ type, data }) =>
    'session' in data && 'subject' in data.session ? [type, data.session.id] : null,
  );
  expect(subjects.filter(Boolean)).toEqual([['session.confirmed', other]]);
});
