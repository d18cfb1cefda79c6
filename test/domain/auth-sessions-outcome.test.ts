import { createLocalJWKSet, jwtVerify } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { environmentScope } from '../../server/domain/activity-scope.ts';
import { cancelSession } from '../../server/domain/auth-sessions/cancel.ts';
import { confirmSession } from '../../server/domain/auth-sessions/confirm.ts';
import { exchangeSession } from '../../server/domain/auth-sessions/exchange.ts';
import { expireSessions } from '../../server/domain/auth-sessions/expire.ts';
import {
  findSession,
  findSessionToConfirm,
  findWatchedSession,
} from '../../server/domain/auth-sessions/find.ts';
import { listSessions } from '../../server/domain/auth-sessions/list.ts';
import { type StartedSession, startSession } from '../../server/domain/auth-sessions/start.ts';
import type { Call } from '../../server/domain/call.ts';
import { updateEnvironment } from '../../server/domain/environments/update.ts';
import { newId } from '../../server/domain/ids.ts';
import { updateProject } from '../../server/domain/projects/update.ts';
import { loadSessionCounts } from '../../server/domain/session-counts.ts';
import { callAs, nobody } from '../support/call.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { ageSession, expectCountsToMatchRows, passDeadline } from '../support/sessions.ts';
import { callWithKey, setUpTools } from '../support/setup.ts';

const tools = await setUpTools();
const subject = { id: 'u1', name: 'Ada', email: 'ada@example.com' };
let project: TestProject;
let server: Call;
let app: Call;
let device: Call;
let owner: Call;
beforeAll(async () => {
  project = await createTestProject(tools);
  server = await callWithKey(tools, project.production.secret);
  app = await callWithKey(tools, project.development.publishableValue);
  device = callAs(tools, nobody);
  owner = callAs(tools, project.owner.actor);
});

/** Started and confirmed with a secret key. */
async function confirmed(): Promise<StartedSession> {
  const started = await startSession(server, {});
  await confirmSession(server, { sessionId: started.session.id, subject });
  return started;
}

describe('confirming', () => {
  test('a server names the session by its id or by the scanned link token', async () => {
    for (const field of ['sessionId', 'linkToken'] as const) {
      const started = await startSession(server, {});
      const value = field === 'sessionId' ? started.session.id : started.linkToken;
      const session = await confirmSession(server, { [field]: value, subject });
      expect(session).toMatchObject({
        status: 'CONFIRMED',
        channel: 'SERVER',
        subject: { ...subject, provider: 'server' },
        subjectKey: 'server:u1',
        confirmedFromIp: null,
      });
      const window = session.exchangeableUntil!.getTime() - session.confirmedAt!.getTime();
      expect(window).toBe(300_000);
    }
  });

  test('by link token alone only where test confirmations are on', async () => {
    const live = await startSession(server, {});
    const test = await startSession(app, {});
    await expect(
      confirmSession(device, { linkToken: live.linkToken, subject }),
    ).rejects.toMatchObject({ code: 'CHANNEL_UNAVAILABLE', channel: 'TEST' });
    const session = await confirmSession(device, { linkToken: test.linkToken, subject });
    expect(session).toMatchObject({
      channel: 'TEST',
      subjectKey: 'test:u1',
      confirmedFromIp: device.client.ip,
    });

    await updateEnvironment(owner, {
      id: project.development.id,
      version: 1,
      testConfirmations: false,
    });
    const off = await startSession(app, {});
    await expect(
      confirmSession(device, { linkToken: off.linkToken, subject }),
    ).rejects.toMatchObject({ code: 'CHANNEL_UNAVAILABLE' });
    await updateEnvironment(owner, {
      id: project.development.id,
      version: 2,
      testConfirmations: true,
    });
  });

  test('a backend cannot speak in the name of another channel', async () => {
    const { session } = await startSession(server, {});
    for (const provider of ['telegram', 'test', 'No Such', '']) {
      await expect(
        confirmSession(server, { sessionId: session.id, subject: { id: 'u', provider } }),
      ).rejects.toMatchObject({ issues: [{ path: ['subject', 'provider'] }] });
    }
  });

  test('takes exactly one selector', async () => {
    const { session, linkToken } = await startSession(server, {});
    await expect(
      confirmSession(server, { sessionId: session.id, linkToken, subject }),
    ).rejects.toMatchObject({ issues: [{ path: ['sessionId'] }, { path: ['linkToken'] }] });
    await expect(confirmSession(server, { subject })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
    });
  });

  test('a publishable key may not, and a session id alone takes a secret key', async () => {
    const { session, linkToken } = await startSession(app, {});
    await expect(confirmSession(app, { linkToken, subject })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    await expect(confirmSession(device, { sessionId: session.id, subject })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });

  test('with the code, typed in any case, where the project requires it', async () => {
    const shop = await createTestProject(tools);
    await updateProject(callAs(tools, shop.owner.actor), {
      id: shop.id,
      version: 1,
      requireUserCode: true,
    });
    const call = await callWithKey(tools, shop.production.secret);
    const { session, linkToken } = await startSession(call, {});
    expect(await findSessionToConfirm(device, linkToken)).toMatchObject({ requireUserCode: true });
    await expect(confirmSession(call, { sessionId: session.id, subject })).rejects.toMatchObject({
      issues: [{ path: ['userCode'] }],
    });
    await expect(
      confirmSession(call, { sessionId: session.id, userCode: 'nope', subject }),
    ).rejects.toMatchObject({ code: 'USER_CODE_MISMATCH', triesLeft: 4 });
    const typed = `${session.userCode.slice(0, 4).toLowerCase()} - ${session.userCode.slice(4)}`;
    expect(
      await confirmSession(call, { sessionId: session.id, userCode: typed, subject }),
    ).toMatchObject({ status: 'CONFIRMED' });
  });

  test('a switched-off project goes on confirming and exchanging what exists', async () => {
    const shop = await createTestProject(tools);
    const call = await callWithKey(tools, shop.production.secret);
    const { session } = await startSession(call, {});
    await updateProject(callAs(tools, shop.owner.actor), {
      id: shop.id,
      version: 1,
      active: false,
    });
    await confirmSession(call, { sessionId: session.id, subject });
    await exchangeSession(call, { sessionId: session.id });
  });
});

describe('exchanging', () => {
  test('gives a proof that a library verifies offline', async () => {
    const started = await startSession(server, { nonce: 'n-1' });
    await confirmSession(server, { sessionId: started.session.id, subject });
    const { session, proof } = await exchangeSession(server, { sessionId: started.session.id });
    const keys = createLocalJWKSet(await tools.signingKeys.jwks());
    const { payload } = await jwtVerify(proof, keys, {
      issuer: tools.publicUrl,
      audience: project.id,
      algorithms: ['EdDSA'],
    });
    expect(payload).toMatchObject({
      sub: 'server:u1',
      name: 'Ada',
      email: 'ada@example.com',
      sid: session.id,
      env: project.production.id,
      channel: 'SERVER',
      nonce: 'n-1',
    });
    expect(payload.exp! - payload.iat!).toBe(300);
    expect(payload).not.toHaveProperty('phone');
  });

  test('a test proof fails a production check', async () => {
    const started = await startSession(app, {});
    await confirmSession(device, { linkToken: started.linkToken, subject });
    const { proof } = await exchangeSession(device, { clientSecret: started.clientSecret });
    const keys = createLocalJWKSet(await tools.signingKeys.jwks());
    await expect(jwtVerify(proof, keys, { audience: project.id })).rejects.toThrow(/aud/);
    await jwtVerify(proof, keys, { audience: project.development.id });
  });

  test('a server exchanges what secret keys started, a device what they did not', async () => {
    const byServer = await confirmed();
    await expect(
      exchangeSession(device, { clientSecret: byServer.clientSecret }),
    ).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const byApp = await startSession(app, {});
    await confirmSession(device, { linkToken: byApp.linkToken, subject });
    await expect(exchangeSession(app, { sessionId: byApp.session.id })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    await exchangeSession(app, { clientSecret: byApp.clientSecret });
  });

  test('a user may exchange outside production, and not in it', async () => {
    const started = await startSession(owner, { environmentId: project.development.id });
    await confirmSession(device, { linkToken: started.linkToken, subject });
    await exchangeSession(owner, { sessionId: started.session.id });
    const live = await confirmed();
    await expect(exchangeSession(owner, { sessionId: live.session.id })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });

  test('not before it is confirmed, and not after five minutes', async () => {
    const pending = await startSession(server, {});
    await expect(exchangeSession(server, { sessionId: pending.session.id })).rejects.toMatchObject({
      code: 'SESSION_NOT_CONFIRMED',
      status: 'PENDING',
    });
    const late = await confirmed();
    await ageSession(tools.db, late.session.id, 301);
    await expect(exchangeSession(server, { sessionId: late.session.id })).rejects.toMatchObject({
      code: 'EXCHANGE_WINDOW_OVER',
      status: 'CONFIRMED',
    });
  });

  test('the same idempotency key gets the same proof for a minute, and another key none', async () => {
    const { session } = await confirmed();
    const input = { sessionId: session.id, idempotencyKey: 'once' };
    const first = await exchangeSession(server, input);
    const again = await exchangeSession(server, input);
    expect(again.proof).toBe(first.proof);
    const refused = { code: 'SESSION_ALREADY_USED', status: 'USED' };
    await expect(
      exchangeSession(server, { ...input, idempotencyKey: 'twice' }),
    ).rejects.toMatchObject(refused);
    await expect(exchangeSession(server, { sessionId: session.id })).rejects.toMatchObject(refused);
    await ageSession(tools.db, session.id, 61);
    await expect(exchangeSession(server, input)).rejects.toMatchObject(refused);
  });
});

describe('expiring', () => {
  test('a session past its lifetime is expired in every read, before any job has run', async () => {
    const shop = await createTestProject(tools);
    const call = await callWithKey(tools, shop.production.secret);
    const started = await startSession(call, {});
    await passDeadline(tools.db, started.session.id);
    const { id } = started.session;
    expect(await findSession(call, id)).toMatchObject({ status: 'EXPIRED' });
    expect(await findWatchedSession(device, started.clientSecret)).toMatchObject({
      status: 'EXPIRED',
    });
    const list = async (statuses: ('PENDING' | 'EXPIRED')[]) => {
      const scope = environmentScope(call, shop.production.id);
      return (await listSessions(call, scope, {}, { statuses })).edges.length;
    };
    expect([await list(['PENDING']), await list(['EXPIRED'])]).toEqual([0, 1]);
    expect(await loadSessionCounts(call, shop.id)).toMatchObject({
      pending: 0,
      today: { expired: 1 },
      lifetime: { started: 1, expired: 1 },
    });
    await expect(confirmSession(call, { sessionId: id, subject })).rejects.toMatchObject({
      code: 'SESSION_EXPIRED',
      status: 'EXPIRED',
    });
    await expect(cancelSession(call, { sessionId: id })).rejects.toMatchObject({
      code: 'SESSION_EXPIRED',
    });
    await expect(exchangeSession(call, { sessionId: id })).rejects.toMatchObject({
      code: 'SESSION_EXPIRED',
    });
  });

  test('the sweep makes it durable, at the deadline, once, with its log entry and counters', async () => {
    const { session } = await startSession(server, {});
    await passDeadline(tools.db, session.id);
    const before = await findSession(server, session.id);
    const sweep = callAs(tools, { kind: 'system', reason: 'sweep' });
    const swept = await Promise.all([expireSessions(sweep), expireSessions(sweep)]);
    expect(swept[0] + swept[1]).toBeGreaterThanOrEqual(1);
    const row = await tools.db.authSession.findUnique({ where: { id: session.id } });
    expect(row).toMatchObject({ status: 'EXPIRED', expiredAt: before!.expiredAt });
    expect(row!.expiredAt).toEqual(row!.expiresAt);
    await expectCountsToMatchRows(tools.db);
  });
});

describe('cancelling', () => {
  test('by server, device, end user, and a user outside production', async () => {
    const started = [
      await startSession(server, {}),
      await startSession(server, {}),
      await startSession(server, {}),
      await startSession(owner, { environmentId: project.development.id }),
    ];
    const ways: [Call, object][] = [
      [server, { sessionId: started[0]!.session.id }],
      [device, { clientSecret: started[1]!.clientSecret }],
      [device, { linkToken: started[2]!.linkToken }],
      [owner, { sessionId: started[3]!.session.id }],
    ];
    for (const [call, selector] of ways) {
      expect(await cancelSession(call, { ...selector, reason: 'changed my mind' })).toMatchObject({
        status: 'CANCELLED',
        reason: 'changed my mind',
      });
    }
    await expect(cancelSession(server, ways[0]![1])).rejects.toMatchObject({
      code: 'SESSION_NOT_PENDING',
      status: 'CANCELLED',
    });
  });
});

describe('with what somebody else holds', () => {
  test('a session of another environment is told like one that does not exist', async () => {
    const shop = await createTestProject(tools);
    const other = await callWithKey(tools, shop.production.secret);
    const otherUser = callAs(tools, shop.owner.actor);
    const { session, linkToken, clientSecret } = await startSession(server, {});
    const missing = newId('authSession');
    // biome-ignore lint/suspicious/noExplicitAny: what they throw is looked at
    const attempts: ((id: string) => Promise<any>)[] = [
      (sessionId) => confirmSession(other, { sessionId, subject }),
      (sessionId) => cancelSession(other, { sessionId }),
      (sessionId) => exchangeSession(other, { sessionId }),
      (sessionId) => cancelSession(otherUser, { sessionId }),
      (sessionId) => exchangeSession(otherUser, { sessionId }),
    ];
    for (const attempt of attempts) {
      const [hidden, absent] = await Promise.all(
        [session.id, missing].map((id) => attempt(id).catch((error) => error)),
      );
      expect(hidden.code).toBe('NOT_FOUND');
      expect(hidden).toEqual(absent);
    }
    expect(await findSession(other, session.id)).toBeNull();
    expect(await findWatchedSession(other, clientSecret)).toBeNull();
    expect(await findSessionToConfirm(other, linkToken)).toBeNull();
    await expect(confirmSession(other, { linkToken, subject })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await findSession(server, session.id)).toMatchObject({ status: 'PENDING' });
  });

  test('a changed, cut or swapped secret opens nothing', async () => {
    const { clientSecret, linkToken } = await startSession(server, {});
    const flipped = `${clientSecret.slice(0, -1)}${clientSecret.endsWith('A') ? 'B' : 'A'}`;
    for (const wrong of [flipped, clientSecret.slice(0, -1), linkToken, '', 'cs_', '\u0000']) {
      expect(await findWatchedSession(device, wrong)).toBeNull();
    }
    expect(await findSessionToConfirm(device, clientSecret)).toBeNull();
    expect(linkToken.length).toBeLessThanOrEqual(64);
  });
});
