import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { Role } from '../../prisma/generated/enums.ts';
import { purgeAccounts } from '../../server/domain/accounts/purge-accounts.ts';
import { signUp } from '../../server/domain/accounts/sign-up.ts';
import type { SignUpMode } from '../../server/domain/call.ts';
import { newId } from '../../server/domain/ids.ts';
import { acceptInvitation } from '../../server/domain/invitations/accept.ts';
import { findInvitation, listInvitations } from '../../server/domain/invitations/find.ts';
import { inviteMember } from '../../server/domain/invitations/invite.ts';
import { revokeInvitation } from '../../server/domain/invitations/revoke.ts';
import { changeMemberRole } from '../../server/domain/members/change-role.ts';
import { membersMax, workspacesMax } from '../../server/domain/members/limits.ts';
import { createWorkspace } from '../../server/domain/workspaces/create.ts';
import { findWorkspace } from '../../server/domain/workspaces/find.ts';
import { password, type SignedUp, signUpSomebody } from '../support/accounts.ts';
import { callAs, nobody } from '../support/call.ts';
import { countWaiting, inOpenTransaction } from '../support/open-transaction.ts';
import { callOf, outcome, outcomes, ownWorkspace, roles, setRole } from '../support/people.ts';
import { setUpTools } from '../support/setup.ts';

const tools = await setUpTools();
const { db } = tools;
const [owner, inviter, invitee] = [
  await signUpSomebody(tools),
  await signUpSomebody(tools),
  await signUpSomebody(tools),
];
const workspaceId = ownWorkspace(owner);

beforeEach(async () => {
  await db.invitation.deleteMany();
  await setRole(tools, inviter.actor.id, workspaceId, 'ADMIN');
  await setRole(tools, invitee.actor.id, workspaceId, null);
});
afterAll(async () => expect(await db.invitation.count()).toBeLessThan(10));

async function invite(by: SignedUp, email: string, role: Role = 'DEVELOPER') {
  const { id, url } = await inviteMember(await callOf(tools, by), { workspaceId, email, role });
  return { id, url, token: url.split('#token=')[1]! };
}

async function accept(by: SignedUp, token: string) {
  return acceptInvitation(await callOf(tools, by), { token });
}

async function roleOf({ actor: { id } }: SignedUp): Promise<Role | null> {
  const row = await db.membership.findFirst({ where: { userId: id, workspaceId } });
  return row?.role ?? null;
}

describe('inviting', () => {
  test('hands the link over once, stores only a digest, and logs it', async () => {
    const { id, url, token } = await invite(inviter, ' New@Example.com ');
    expect(url).toBe(`http://localhost:4000/invitation#token=${token}`);
    expect(token).toMatch(/^[\w-]{43}$/);
    const row = await db.invitation.findUniqueOrThrow({ where: { id } });
    expect(Buffer.from(row.digest)).toEqual(tools.masterKeys.digest('invitation', token));
    expect(row).toMatchObject({
      email: 'New@Example.com',
      role: 'DEVELOPER',
      invitedById: inviter.actor.id,
      masterKeyId: 'k1',
    });
    expect(row.expiresAt.getTime() - row.createdAt.getTime()).toBe(7 * 24 * 3600_000);
    const entry = await db.logEntry.findFirstOrThrow({
      where: { workspaceId, type: 'member.invited' },
      orderBy: { id: 'desc' },
    });
    expect(entry).toMatchObject({
      actorId: inviter.actor.id,
      data: {
        invitationId: id,
        before: null,
        after: { email: 'New@Example.com', role: 'DEVELOPER' },
      },
    });
    expect(JSON.stringify(await db.logEntry.findMany())).not.toContain(token);
  });

  test('takes the role Admin, and Owner to offer that', async () => {
    for (const by of roles) {
      await setRole(tools, inviter.actor.id, workspaceId, by);
      for (const offered of roles) {
        const allowed = by === 'OWNER' || (by === 'ADMIN' && offered !== 'OWNER');
        expect(await outcome(invite(inviter, `${by}.${offered}@example.com`, offered))).toBe(
          allowed ? 'done' : 'FORBIDDEN',
        );
      }
    }
  });

  test('takes an address, not that of a member', async () => {
    const attempt = (email: string) => invite(inviter, email).catch((error) => error.issues);
    expect(await attempt('nobody')).toMatchObject([{ path: ['email'] }]);
    expect(await attempt('a\0@example.com')).toMatchObject([{ path: ['email'] }]);
    expect(await attempt(owner.email.toUpperCase())).toEqual([
      { path: ['email'], message: 'Is a member already.' },
    ]);
  });

  test('the same address again replaces the open invitation, in whatever case', async () => {
    const first = await invite(inviter, invitee.email.toLowerCase(), 'VIEWER');
    const second = await invite(inviter, invitee.email.toUpperCase(), 'ADMIN');
    expect(await outcome(accept(invitee, first.token))).toBe('INVITATION_INVALID');
    await accept(invitee, second.token);
    expect(await roleOf(invitee)).toBe('ADMIN');
  });

  test('at once, the same address, leaves one', async () => {
    const attempts = [1, 2, 3, 4].map(() => invite(inviter, 'race@example.com'));
    expect(await outcomes(attempts)).toEqual(Array(4).fill('done'));
    expect(await db.invitation.count({ where: { workspaceId } })).toBe(1);
  });

  test('an admin neither replaces nor revokes what offers the role Owner', async () => {
    const { id, token } = await invite(owner, invitee.email, 'OWNER');
    expect(await outcome(invite(inviter, invitee.email, 'VIEWER'))).toBe('FORBIDDEN');
    expect(await outcome(revokeInvitation(await callOf(tools, inviter), { id }))).toBe('FORBIDDEN');
    await accept(invitee, token);
    expect(await roleOf(invitee)).toBe('OWNER');
  });
});

describe('a workspace that is full', () => {
  /** With its members so many, all invited by the owner. */
  async function fill(count: number): Promise<void> {
    const members = await db.membership.count({ where: { workspaceId } });
    await db.$executeRaw`
      INSERT INTO invitations (id, workspace_id, email, role, digest, master_key_id, invited_by_id,
        expires_at)
      SELECT 'inv_' || n, ${workspaceId}, n || '@example.com', 'VIEWER', decode(md5(n::text), 'hex'),
        'k1', ${owner.actor.id}, now() + interval '1 day'
      FROM generate_series(1, ${count - members}::int) n`;
  }
  const issues = (attempt: Promise<unknown>) => attempt.catch((error) => error.issues);
  const full = [
    {
      path: ['workspaceId'],
      message: 'A workspace has at most 200 members and open invitations, taken together.',
    },
  ];

  test('takes one more, and of several at once no other', async () => {
    await fill(membersMax - 1);
    const attempts = [1, 2, 3].map((n) => invite(inviter, `last.${n}@example.com`));
    expect((await outcomes(attempts)).sort()).toEqual([
      'VALIDATION_FAILED',
      'VALIDATION_FAILED',
      'done',
    ]);
    expect(await issues(invite(inviter, 'more@example.com'))).toEqual(full);
    // Who is invited again takes no other place, and the expired take none.
    expect(await outcome(invite(inviter, '1@example.com'))).toBe('done');
    await db.$executeRaw`UPDATE invitations SET expires_at = now() WHERE email = '2@example.com'`;
    expect(await outcome(invite(inviter, 'more@example.com'))).toBe('done');
  });

  test('lets in who was invited before, in whose place nobody can be', async () => {
    const { token } = await invite(inviter, invitee.email);
    await db.$executeRaw`DELETE FROM invitations WHERE id LIKE 'inv___'`;
    await fill(membersMax - 1);
    expect(await outcome(accept(invitee, token))).toBe('done');
    expect(await issues(invite(inviter, 'more@example.com'))).toEqual(full);
  });
});

describe('somebody in as many workspaces as may be', () => {
  test('joins no other, and makes none', async () => {
    const busy = await signUpSomebody(tools);
    const userId = busy.actor.id;
    const others = Array.from({ length: workspacesMax - 2 }, () => newId('workspace'));
    await db.workspace.createMany({ data: others.map((id) => ({ id, name: 'Other' })) });
    await db.membership.createMany({
      data: others.map((id) => ({ userId, workspaceId: id, role: 'VIEWER' as const })),
    });
    const { token } = await invite(inviter, busy.email);
    const make = async () => createWorkspace(await callOf(tools, busy), { name: 'New' });
    const attempts = [accept(busy, token), make(), make()];
    expect((await outcomes(attempts)).sort()).toEqual([
      'VALIDATION_FAILED',
      'VALIDATION_FAILED',
      'done',
    ]);
    expect(await db.membership.count({ where: { userId } })).toBe(workspacesMax);
    const [refused] = (await Promise.allSettled([make()])) as [PromiseRejectedResult];
    expect(refused.reason.issues).toEqual([
      { path: [], message: 'Somebody belongs to at most 100 workspaces. Leave one first.' },
    ]);
    // A refusal leaves the invitation open.
    const old = [ownWorkspace(busy), ...others];
    await db.membership.deleteMany({ where: { userId, workspaceId: { notIn: old } } });
    await make();
    const again = await invite(inviter, busy.email);
    expect(await outcome(accept(busy, again.token))).toBe('VALIDATION_FAILED');
    await setRole(tools, userId, others[0]!, null);
    expect(await outcome(accept(busy, again.token))).toBe('done');
  });
});

describe('open invitations', () => {
  test('show to owners and admins, newest first, and to nobody else', async () => {
    const [older, newer] = [
      await invite(owner, 'older@example.com'),
      await invite(inviter, 'newer@example.com'),
    ];
    for (const role of [...roles, null]) {
      await setRole(tools, invitee.actor.id, workspaceId, role);
      const call = await callOf(tools, invitee);
      const sees = role === 'OWNER' || role === 'ADMIN';
      const listed = await listInvitations(call, workspaceId);
      expect(listed.map(({ id }) => id)).toEqual(sees ? [newer.id, older.id] : []);
      expect((await findInvitation(call, newer.id))?.email ?? null).toBe(
        sees ? 'newer@example.com' : null,
      );
    }
  });

  test('are open for seven days, by the clock of the database', async () => {
    const { id, token } = await invite(inviter, invitee.email);
    const call = await callOf(tools, owner);
    await db.$executeRaw`UPDATE invitations SET expires_at = now() + interval '1 minute'`;
    expect(await findInvitation(call, id)).not.toBeNull();
    await db.$executeRaw`UPDATE invitations SET expires_at = now() - interval '1 second'`;
    expect(await findInvitation(call, id)).toBeNull();
    expect(await listInvitations(call, workspaceId)).toEqual([]);
    expect(await outcome(accept(invitee, token))).toBe('INVITATION_INVALID');
    await purgeAccounts(db);
    expect(await db.invitation.count()).toBe(0);
  });
});

describe('revoking', () => {
  test('ends an invitation, once, and logs what it was', async () => {
    const { id, token } = await invite(inviter, invitee.email, 'VIEWER');
    const call = await callOf(tools, owner);
    expect(await revokeInvitation(call, { id })).toEqual({ revokedId: id, workspaceId });
    expect(await outcome(accept(invitee, token))).toBe('INVITATION_INVALID');
    expect(await outcome(revokeInvitation(call, { id }))).toBe('NOT_FOUND');
    const entries = await db.logEntry.findMany({ where: { requestId: call.requestId } });
    expect(entries).toMatchObject([
      {
        type: 'invitation.revoked',
        data: { invitationId: id, before: { email: invitee.email, role: 'VIEWER' } },
      },
    ]);
  });

  test('who may not see it cannot tell it from a missing one', async () => {
    const { id } = await invite(inviter, 'new@example.com');
    for (const role of ['DEVELOPER', 'VIEWER', null] as const) {
      await setRole(tools, invitee.actor.id, workspaceId, role);
      const call = await callOf(tools, invitee);
      const [hidden, missing, malformed] = await Promise.all(
        [id, newId('invitation'), '\0'].map((each) =>
          revokeInvitation(call, { id: each }).catch((error) => error),
        ),
      );
      expect(hidden.code).toBe('NOT_FOUND');
      expect(hidden).toEqual(missing);
      expect(hidden).toEqual(malformed);
    }
    expect(await db.invitation.count()).toBe(1);
  });
});

describe('accepting', () => {
  test('makes a member with the role offered, also for the rest of the request', async () => {
    const { id, token } = await invite(inviter, invitee.email.toUpperCase());
    const call = await callOf(tools, invitee);
    expect(await acceptInvitation(call, { token })).toEqual({
      workspaceId,
      userId: invitee.actor.id,
    });
    expect(await findWorkspace(call, workspaceId)).not.toBeNull();
    expect(await roleOf(invitee)).toBe('DEVELOPER');
    const entries = await db.logEntry.findMany({ where: { requestId: call.requestId } });
    expect(entries).toMatchObject([
      {
        type: 'member.joined',
        workspaceId,
        actorId: invitee.actor.id,
        data: {
          userId: invitee.actor.id,
          invitationId: id,
          invitedById: inviter.actor.id,
          after: { role: 'DEVELOPER' },
        },
      },
    ]);
  });

  test('works once, for the invited address only, and not for nobody', async () => {
    const { token } = await invite(inviter, invitee.email);
    const other = await signUpSomebody(tools);
    expect(await outcome(accept(other, token))).toBe('INVITATION_INVALID');
    expect(await outcome(acceptInvitation(callAs(tools, nobody), { token }))).toBe(
      'UNAUTHENTICATED',
    );
    expect(await outcome(accept(invitee, token))).toBe('done');
    expect(await outcome(accept(invitee, token))).toBe('INVITATION_INVALID');
  });

  test('junk is refused like what was used, and not looked up', async () => {
    const noDb = { ...tools, db: null as never };
    for (const token of ['', 'x', '\0', 'ü'.repeat(43), 'a'.repeat(10_000)]) {
      const call = callAs(noDb, invitee.actor);
      expect(await outcome(acceptInvitation(call, { token }))).toBe('INVITATION_INVALID');
    }
    expect(await outcome(accept(invitee, 'a'.repeat(43)))).toBe('INVITATION_INVALID');
  });

  test('never changes the role of who is a member by then', async () => {
    const { token } = await invite(inviter, invitee.email, 'VIEWER');
    await setRole(tools, invitee.actor.id, workspaceId, 'ADMIN');
    await accept(invitee, token);
    expect(await roleOf(invitee)).toBe('ADMIN');
    expect(await db.invitation.count()).toBe(0);
  });

  test('by several requests at once works once', async () => {
    const { token } = await invite(inviter, invitee.email);
    const results = await outcomes([1, 2, 3, 4].map(() => accept(invitee, token)));
    expect(results.sort()).toEqual([...Array(3).fill('INVITATION_INVALID'), 'done']);
    const joined = { workspaceId, type: 'member.joined', actorId: invitee.actor.id };
    const requests = await db.logEntry.groupBy({ by: ['requestId'], where: joined });
    expect(requests.length).toBeGreaterThan(0);
  });

  test('and revoking at once: one of the two happens', async () => {
    for (let round = 0; round < 8; round += 1) {
      await setRole(tools, invitee.actor.id, workspaceId, null);
      const { id, token } = await invite(inviter, invitee.email);
      const [call, ofInvitee] = [await callOf(tools, owner), await callOf(tools, invitee)];
      const [accepted, revoked] = await outcomes([
        acceptInvitation(ofInvitee, { token }),
        revokeInvitation(call, { id }),
      ]);
      expect([
        ['done', 'NOT_FOUND'],
        ['INVITATION_INVALID', 'done'],
      ]).toContainEqual([accepted, revoked]);
      expect(await roleOf(invitee)).toBe(accepted === 'done' ? 'DEVELOPER' : null);
    }
  });
});

describe('an invitation is void once its inviter may no longer invite:', () => {
  const demote = async (role: Role) =>
    changeMemberRole(await callOf(tools, owner), {
      workspaceId,
      userId: inviter.actor.id,
      role,
    });

  test('decided by the role that the inviter has when it is accepted', async () => {
    const { token } = await invite(inviter, invitee.email);
    for (const role of ['DEVELOPER', 'VIEWER', null] as const) {
      await setRole(tools, inviter.actor.id, workspaceId, role);
      expect(await outcome(accept(invitee, token))).toBe('INVITATION_INVALID');
    }
    await setRole(tools, inviter.actor.id, workspaceId, 'ADMIN');
    expect(await outcome(accept(invitee, token))).toBe('done');
  });

  test('an admin may no longer offer the role Owner', async () => {
    await setRole(tools, inviter.actor.id, workspaceId, 'OWNER');
    const { token } = await invite(inviter, invitee.email, 'OWNER');
    await setRole(tools, inviter.actor.id, workspaceId, 'ADMIN');
    expect(await outcome(accept(invitee, token))).toBe('INVITATION_INVALID');
  });

  test('and stays so when the inviter is promoted again', async () => {
    const { token } = await invite(inviter, invitee.email);
    await demote('DEVELOPER');
    await demote('ADMIN');
    expect(await outcome(accept(invitee, token))).toBe('INVITATION_INVALID');
  });

  test('an acceptance that meets the demotion waits for it, and finds it void', async () => {
    const { token } = await invite(inviter, invitee.email);
    await inOpenTransaction(
      db,
      `SELECT id FROM workspaces WHERE id = '${workspaceId}' FOR NO KEY UPDATE;
       UPDATE memberships SET role = 'VIEWER' WHERE user_id = '${inviter.actor.id}'`,
      async (commit) => {
        const attempt = outcome(accept(invitee, token));
        await expect.poll(() => countWaiting(db)).toBe(1);
        await commit();
        expect(await attempt).toBe('INVITATION_INVALID');
      },
    );
    expect(await roleOf(invitee)).toBeNull();
  });
});

describe('signing up with an invitation', () => {
  let people = 0;
  const newEmail = () => {
    people += 1;
    return `invited.${people}@example.com`;
  };
  const join = (email: string, invitation: string, mode: SignUpMode = 'CLOSED') =>
    signUp(callAs(tools, nobody, {}, { signUp: mode }), {
      email,
      password,
      name: 'Invited',
      invitation,
    });

  test.each(['OPEN', 'FIRST', 'CLOSED'] as const)(
    'joins that workspace and no other, where sign-up is %s',
    async (mode) => {
      const email = newEmail();
      const { token } = await invite(inviter, email);
      const actor = await join(email.toUpperCase(), token, mode);
      expect([...actor.memberships]).toEqual([[workspaceId, 'DEVELOPER']]);
      const entries = await db.logEntry.findMany({
        where: { workspaceId, data: { path: ['userId'], equals: actor.id } },
      });
      expect(entries).toMatchObject([{ type: 'member.joined', actorKind: 'ANONYMOUS' }]);
    },
  );

  test('that is for another address, over or void makes no account', async () => {
    const email = newEmail();
    const { token } = await invite(inviter, email);
    const before = await db.user.count();
    expect(await outcome(join(newEmail(), token))).toBe('INVITATION_INVALID');
    expect(await outcome(join(email, 'a'.repeat(43), 'OPEN'))).toBe('INVITATION_INVALID');
    expect(await outcome(join(email, '', 'OPEN'))).toBe('INVITATION_INVALID');
    await setRole(tools, inviter.actor.id, workspaceId, 'VIEWER');
    expect(await outcome(join(email, token, 'OPEN'))).toBe('INVITATION_INVALID');
    await setRole(tools, inviter.actor.id, workspaceId, 'ADMIN');
    await db.$executeRaw`UPDATE invitations SET expires_at = now() - interval '1 second'`;
    expect(await outcome(join(email, token))).toBe('INVITATION_INVALID');
    expect(await db.user.count()).toBe(before);
  });

  test('of an address that has an account says so, and leaves the invitation open', async () => {
    const { token } = await invite(inviter, invitee.email);
    expect(await outcome(join(invitee.email, token))).toBe('EMAIL_TAKEN');
    expect(await outcome(accept(invitee, token))).toBe('done');
  });

  test('twice at once makes one account', async () => {
    const email = newEmail();
    const { token } = await invite(inviter, email);
    const results = await outcomes([1, 2, 3].map(() => join(email, token)));
    expect(results.filter((each) => each === 'done')).toHaveLength(1);
    expect(await db.user.count({ where: { email } })).toBe(1);
  });
});
