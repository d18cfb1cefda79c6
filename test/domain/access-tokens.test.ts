import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { authenticateAccessToken } from '../../server/domain/access-tokens/authenticate.ts';
import { accessTokensMax, createAccessToken } from '../../server/domain/access-tokens/create.ts';
import { findAccessToken } from '../../server/domain/access-tokens/find.ts';
import {
  isAccessTokenValue,
  newAccessTokenValue,
} from '../../server/domain/access-tokens/format.ts';
import { revokeAccessToken } from '../../server/domain/access-tokens/revoke.ts';
import { listMemberships } from '../../server/domain/accounts/list-memberships.ts';
import { purgeAccounts } from '../../server/domain/accounts/purge-accounts.ts';
import { newApiKeyValue } from '../../server/domain/api-keys/format.ts';
import { newId } from '../../server/domain/ids.ts';
import { createProject } from '../../server/domain/projects/create.ts';
import { MasterKeys } from '../../server/platform/master-keys.ts';
import { type SignedUp, signUpSomebody } from '../support/accounts.ts';
import { callAs, nobody } from '../support/call.ts';
import { countWaiting, inOpenTransaction } from '../support/open-transaction.ts';
import {
  addMember,
  callOf,
  callWithToken,
  giveToken,
  outcome,
  outcomes,
  ownWorkspace,
  setRole,
} from '../support/people.ts';
import { createTestProject } from '../support/projects.ts';
import { callWithKey, setUpTools } from '../support/setup.ts';

const tools = await setUpTools();
const { db } = tools;
let user: SignedUp;
beforeAll(async () => {
  user = await signUpSomebody(tools);
});

function shift(id: string, column: 'expires_at' | 'last_used_at', interval: string) {
  return db.$pool.query(`UPDATE access_tokens SET ${column} = now() + $2::interval WHERE id = $1`, [
    id,
    interval,
  ]);
}

const find = (id: string) => db.accessToken.findUniqueOrThrow({ where: { id } });

describe('making', () => {
  test('hands the value over once, stores only a digest, and logs it without', async () => {
    const call = await callOf(tools, user);
    const expiresAt = new Date(Date.now() + 3600_000);
    const { id, token } = await createAccessToken(call, { name: ' CI ', scope: 'READ', expiresAt });
    expect(token).toMatch(/^lkp_[0-9A-Za-z]{49}$/);
    expect(isAccessTokenValue(token)).toBe(true);
    const row = await find(id);
    expect(Buffer.from(row.digest)).toEqual(tools.masterKeys.digest('access-token', token));
    expect(row).toMatchObject({
      name: 'CI',
      scope: 'READ',
      workspaceId: null,
      masterKeyId: 'k1',
      preview: `${token.slice(0, 12)}…${token.slice(-4)}`,
      lastUsedAt: null,
      expiresAt,
    });
    const entries = await db.logEntry.findMany({ where: { requestId: call.requestId } });
    expect(entries).toMatchObject([
      {
        type: 'token.created',
        workspaceId: ownWorkspace(user),
        actorId: user.actor.id,
        data: { tokenId: id, after: { name: 'CI', scope: 'READ', workspaceId: null } },
      },
    ]);
    expect(JSON.stringify(entries)).not.toContain(token.slice(12, -4));
  });

  test('takes a name, an expiry that has not passed, and a workspace of one’s own', async () => {
    const call = await callOf(tools, user);
    const attempt = (input: object) =>
      createAccessToken(call, { name: 'CI', scope: 'READ', ...input });
    await expect(attempt({ name: '' })).rejects.toMatchObject({ issues: [{ path: ['name'] }] });
    for (const expiresAt of [new Date(), new Date(0), new Date('0001-01-01T00:00:00Z')]) {
      await expect(attempt({ expiresAt })).rejects.toMatchObject({
        issues: [{ path: ['expiresAt'] }],
      });
    }
    const other = ownWorkspace(await signUpSomebody(tools));
    const [hidden, missing, malformed] = await Promise.all(
      [other, newId('workspace'), '\0'].map((workspaceId) =>
        attempt({ workspaceId }).catch((error) => error),
      ),
    );
    expect(hidden.code).toBe('NOT_FOUND');
    expect(hidden).toEqual(missing);
    expect(hidden).toEqual(malformed);
  });

  test(`stops at ${accessTokensMax}, also for requests at once`, async () => {
    const many = await signUpSomebody(tools);
    const userId = many.actor.id;
    const row = () => ({
      id: newId('accessToken'),
      userId,
      name: 'CI',
      scope: 'READ' as const,
      digest: randomBytes(32),
      masterKeyId: 'k1',
      preview: 'lkp_',
    });
    await db.accessToken.createMany({ data: Array.from({ length: accessTokensMax - 2 }, row) });
    const last = row();
    await inOpenTransaction(
      db,
      `SELECT id FROM users WHERE id = '${userId}' FOR NO KEY UPDATE;
       INSERT INTO access_tokens (id, user_id, name, scope, digest, master_key_id, preview)
       VALUES ('${last.id}', '${userId}', 'CI', 'READ', '\\x${last.digest.toString('hex')}', 'k1', '')`,
      async (commit) => {
        const attempts = outcomes([giveToken(tools, many), giveToken(tools, many)]);
        await expect.poll(() => countWaiting(db)).toBe(2);
        await commit();
        expect((await attempts).sort()).toEqual(['VALIDATION_FAILED', 'done']);
      },
    );
    expect(await db.accessToken.count({ where: { userId } })).toBe(accessTokensMax);
  });

  test('for a workspace that one is just being removed from is too late', async () => {
    const leaver = await signUpSomebody(tools);
    const { actor } = leaver;
    const workspaceId = ownWorkspace(user);
    await setRole(tools, actor.id, workspaceId, 'VIEWER');
    await inOpenTransaction(
      db,
      `DELETE FROM memberships WHERE user_id = '${actor.id}' AND workspace_id = '${workspaceId}'`,
      async (commit) => {
        const attempt = outcome(giveToken(tools, leaver, { workspaceId }));
        await expect.poll(() => countWaiting(db)).toBe(1);
        await commit();
        expect(await attempt).toBe('NOT_FOUND');
      },
    );
  });
});

describe('an access token', () => {
  test('speaks for its user, with the roles they have now', async () => {
    const { id, token } = await giveToken(tools, user, { name: 'Deploy', scope: 'READ' });
    const { id: userId, name, email } = user.actor;
    expect(await authenticateAccessToken(tools, token)).toEqual({
      kind: 'user',
      id: userId,
      name,
      email,
      signInId: null,
      accessToken: { id, name: 'Deploy', scope: 'READ' },
      narrowedTo: null,
      memberships: new Map([[ownWorkspace(user), 'OWNER']]),
    });
    const other = ownWorkspace(await signUpSomebody(tools));
    await setRole(tools, userId, other, 'VIEWER');
    expect((await authenticateAccessToken(tools, token)).memberships.get(other)).toBe('VIEWER');
    await setRole(tools, userId, other, null);
    expect((await authenticateAccessToken(tools, token)).memberships.has(other)).toBe(false);
  });

  test('limited to a workspace has that one membership, and sees no other', async () => {
    const other = await createTestProject(tools);
    await setRole(tools, user.actor.id, other.workspaceId, 'ADMIN');
    const { token } = await giveToken(tools, user, { workspaceId: other.workspaceId });
    const call = await callWithToken(tools, token);
    expect(call.actor).toMatchObject({ memberships: new Map([[other.workspaceId, 'ADMIN']]) });
    const seen = await listMemberships(call, user.actor.id);
    expect(seen.map(({ workspaceId }) => workspaceId)).toEqual([other.workspaceId]);
    const own = { name: 'No', workspaceId: ownWorkspace(user) };
    expect(await outcome(createProject(call, own))).toBe('NOT_FOUND');
    await setRole(tools, user.actor.id, other.workspaceId, null);
    expect((await authenticateAccessToken(tools, token)).memberships.size).toBe(0);
  });

  test('that is junk is unknown, without a look into the database', async () => {
    const noDb = { ...tools, db: null as never };
    const value = newAccessTokenValue();
    const changed = value.slice(0, -1) + (value.endsWith('0') ? '1' : '0');
    const junk = ['', 'lkp_', changed, newApiKeyValue('SECRET', 'PRODUCTION'), `${value}0`, '\0'];
    for (const each of junk) {
      await expect(authenticateAccessToken(noDb, each)).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
        reason: 'UNKNOWN',
      });
    }
    await expect(authenticateAccessToken(tools, value)).rejects.toMatchObject({
      reason: 'UNKNOWN',
    });
  });

  test('expires by the clock of the database, says so for 90 days, and is purged', async () => {
    const { id, token } = await giveToken(tools, user);
    await shift(id, 'expires_at', '1 minute');
    await authenticateAccessToken(tools, token);
    await shift(id, 'expires_at', '-1 second');
    await expect(authenticateAccessToken(tools, token)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      reason: 'EXPIRED',
    });
    await shift(id, 'expires_at', '-89 days');
    await purgeAccounts(db);
    expect(await find(id)).not.toBeNull();
    await shift(id, 'expires_at', '-91 days');
    await purgeAccounts(db);
    expect(await db.accessToken.findUnique({ where: { id } })).toBeNull();
  });

  test('notes its use at most once a minute, also of requests at once', async () => {
    const { id, token } = await giveToken(tools, user);
    await Promise.all([1, 2, 3, 4, 5].map(() => authenticateAccessToken(tools, token)));
    const version = async () =>
      (
        await db.$pool.query('SELECT xmin::text, last_used_at FROM access_tokens WHERE id = $1', [
          id,
        ])
      ).rows[0];
    const first = await version();
    expect(first.last_used_at).not.toBeNull();
    await authenticateAccessToken(tools, token);
    expect(await version()).toEqual(first);

    await shift(id, 'last_used_at', '-61 seconds');
    const shifted = await version();
    await Promise.all([1, 2, 3].map(() => authenticateAccessToken(tools, token)));
    const second = await version();
    expect(second.last_used_at > shifted.last_used_at).toBe(true);
  });

  test('that is noted by one request is not noted again by those that waited', async () => {
    const { id, token } = await giveToken(tools, user);
    await inOpenTransaction(
      db,
      `UPDATE access_tokens SET last_used_at = '2030-01-01Z' WHERE id = '${id}'`,
      async (commit) => {
        const request = authenticateAccessToken(tools, token);
        await expect.poll(() => countWaiting(db)).toBe(1);
        await commit();
        await request;
      },
    );
    expect((await find(id)).lastUsedAt).toEqual(new Date('2030-01-01Z'));
  });

  test('moves to the first master key at its next use, and is found before and after', async () => {
    const [oldKey, newKey] = ['old', 'new'].map((id) => ({ id, bytes: randomBytes(32) }));
    const before = { ...tools, masterKeys: new MasterKeys([oldKey!]) };
    const during = { ...tools, masterKeys: new MasterKeys([newKey!, oldKey!]) };
    const after = { ...tools, masterKeys: new MasterKeys([newKey!]) };
    const person = await signUpSomebody(before);
    const { id, token } = await giveToken(before, person);
    await authenticateAccessToken(before, token);
    await expect(authenticateAccessToken(after, token)).rejects.toMatchObject({
      reason: 'UNKNOWN',
    });
    await authenticateAccessToken(during, token);
    expect((await find(id)).masterKeyId).toBe('new');
    await authenticateAccessToken(after, token);
  });
});

describe('revoking', () => {
  test('ends a token at once and for ever, and logs it', async () => {
    const { id, token } = await giveToken(tools, user);
    const call = await callOf(tools, user);
    expect(await revokeAccessToken(call, { id })).toEqual({ revokedId: id });
    await expect(authenticateAccessToken(tools, token)).rejects.toMatchObject({
      reason: 'UNKNOWN',
    });
    expect(await outcome(revokeAccessToken(call, { id }))).toBe('NOT_FOUND');
    const entries = await db.logEntry.findMany({ where: { requestId: call.requestId } });
    expect(entries).toMatchObject([
      { type: 'token.revoked', data: { tokenId: id, before: { name: 'CI', scope: 'WRITE' } } },
    ]);
  });

  test('another user’s token is not found, like one that never was', async () => {
    const { id, token } = await giveToken(tools, user);
    const member = await addMember(tools, ownWorkspace(user), 'OWNER');
    const call = await callOf(tools, member);
    const [hidden, missing, malformed] = await Promise.all(
      [id, newId('accessToken'), '\0'].map((each) =>
        revokeAccessToken(call, { id: each }).catch((error) => error),
      ),
    );
    expect(hidden.code).toBe('NOT_FOUND');
    expect(hidden).toEqual(missing);
    expect(hidden).toEqual(malformed);
    expect(await findAccessToken(call, id)).toBeNull();
    await authenticateAccessToken(tools, token);
  });
});

test('keys and strangers make and revoke no tokens', async () => {
  const project = await createTestProject(tools);
  for (const call of [callAs(tools, nobody), await callWithKey(tools, project.production.secret)]) {
    expect(await outcome(createAccessToken(call, { name: 'No', scope: 'READ' }))).toBe(
      'UNAUTHENTICATED',
    );
    expect(await outcome(revokeAccessToken(call, { id: newId('accessToken') }))).toBe(
      'UNAUTHENTICATED',
    );
  }
});
