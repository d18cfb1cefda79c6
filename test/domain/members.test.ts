import { beforeEach, describe, expect, test } from 'vitest';
import type { Role } from '../../prisma/generated/enums.ts';
import { findUser } from '../../server/domain/accounts/find-user.ts';
import { newId } from '../../server/domain/ids.ts';
import { inviteMember } from '../../server/domain/invitations/invite.ts';
import { changeMemberRole } from '../../server/domain/members/change-role.ts';
import { removeMember } from '../../server/domain/members/remove.ts';
import { findWorkspace } from '../../server/domain/workspaces/find.ts';
import { type SignedUp, signUpSomebody } from '../support/accounts.ts';
import { callAs, nobody } from '../support/call.ts';
import {
  addMember,
  callOf,
  callWithToken,
  giveToken,
  outcome,
  outcomes,
  ownWorkspace,
  roles,
  setRole,
} from '../support/people.ts';
import { setUpTools } from '../support/setup.ts';

const tools = await setUpTools();
const { db } = tools;
const [owner, actor, target, other] = [
  await signUpSomebody(tools),
  await signUpSomebody(tools),
  await signUpSomebody(tools),
  await signUpSomebody(tools),
];
const workspaceId = ownWorkspace(owner);

/** Whatever the tests do, each begins with one owner. */
beforeEach(async () => {
  await db.membership.deleteMany({ where: { workspaceId } });
  await setRole(tools, owner.actor.id, workspaceId, 'OWNER');
});

async function roleOf({ actor: { id } }: SignedUp): Promise<Role | null> {
  const row = await db.membership.findFirst({ where: { userId: id, workspaceId } });
  return row?.role ?? null;
}

async function change(by: SignedUp, { actor: { id } }: SignedUp, role: Role) {
  return changeMemberRole(await callOf(tools, by), { workspaceId, userId: id, role });
}

async function remove(by: SignedUp, { actor: { id } }: SignedUp) {
  return removeMember(await callOf(tools, by), { workspaceId, userId: id });
}

async function countOwners(): Promise<number> {
  return db.membership.count({ where: { workspaceId, role: 'OWNER' } });
}

async function lastEntry(type: string) {
  return db.logEntry.findFirstOrThrow({
    where: { workspaceId, type },
    orderBy: [{ at: 'desc' }, { id: 'desc' }],
  });
}

describe.each(roles)('the role %s', (role) => {
  const managesMembers = role === 'OWNER' || role === 'ADMIN';

  test.each(roles)('of a member who is %s is changed by', async (before) => {
    const concernsOwners = before === 'OWNER';
    for (const by of roles) {
      await setRole(tools, actor.actor.id, workspaceId, by);
      await setRole(tools, target.actor.id, workspaceId, before);
      const allowed =
        by === 'OWNER' || (by === 'ADMIN' && !concernsOwners && (role as Role) !== 'OWNER');
      expect(await outcome(change(actor, target, role)), by).toBe(allowed ? 'done' : 'FORBIDDEN');
      expect(await roleOf(target), by).toBe(allowed ? role : before);
    }
  });

  test('lets them remove others accordingly, and leave', async () => {
    for (const of of roles) {
      await setRole(tools, actor.actor.id, workspaceId, role);
      await setRole(tools, target.actor.id, workspaceId, of);
      const allowed = managesMembers && (role === 'OWNER' || of !== 'OWNER');
      expect(await outcome(remove(actor, target)), of).toBe(allowed ? 'done' : 'FORBIDDEN');
      expect(await roleOf(target), of).toBe(allowed ? null : of);
    }
    expect(await outcome(remove(actor, actor))).toBe('done');
    expect(await roleOf(actor)).toBeNull();
  });
});

describe('the last owner', () => {
  test('can neither leave nor be demoted, and is told how to', async () => {
    await setRole(tools, target.actor.id, workspaceId, 'ADMIN');
    expect(await outcome(remove(owner, owner))).toBe('LAST_OWNER');
    for (const role of ['ADMIN', 'DEVELOPER', 'VIEWER'] as const) {
      await expect(change(owner, owner, role)).rejects.toThrow('somebody else an owner first');
    }
    expect(await outcome(change(owner, owner, 'OWNER'))).toBe('done');
    await change(owner, target, 'OWNER');
    expect(await outcome(change(owner, owner, 'VIEWER'))).toBe('done');
    expect(await outcome(remove(target, target))).toBe('LAST_OWNER');
  });

  test('is left when two owners demote each other at once', async () => {
    for (let round = 0; round < 8; round += 1) {
      await setRole(tools, owner.actor.id, workspaceId, 'OWNER');
      await setRole(tools, target.actor.id, workspaceId, 'OWNER');
      const results = await outcomes([
        change(owner, target, 'ADMIN'),
        change(target, owner, 'ADMIN'),
      ]);
      expect(results.sort()).toEqual(['FORBIDDEN', 'done']);
      expect(await countOwners()).toBe(1);
    }
  });

  test('is left when all owners leave, demote themselves or are removed at once', async () => {
    for (let round = 0; round < 8; round += 1) {
      const owners = [owner, actor, target];
      for (const each of owners) await setRole(tools, each.actor.id, workspaceId, 'OWNER');
      const results = await outcomes([
        remove(owner, owner),
        change(actor, actor, 'VIEWER'),
        remove(target, target),
      ]);
      expect(results.sort()).toEqual(['LAST_OWNER', 'done', 'done']);
      expect(await countOwners()).toBe(1);
    }
  });
});

describe('a role is what it is at the moment of the change, not of the request:', () => {
  test('who was demoted meanwhile may not, who was removed finds nothing', async () => {
    await setRole(tools, actor.actor.id, workspaceId, 'ADMIN');
    await setRole(tools, target.actor.id, workspaceId, 'VIEWER');
    const [late, later] = [await callOf(tools, actor), await callOf(tools, actor)];
    const input = { workspaceId, userId: target.actor.id };
    await change(owner, actor, 'DEVELOPER');
    expect(await outcome(changeMemberRole(late, { ...input, role: 'ADMIN' }))).toBe('FORBIDDEN');
    expect(await outcome(removeMember(late, input))).toBe('FORBIDDEN');
    await remove(owner, actor);
    expect(await outcome(changeMemberRole(later, { ...input, role: 'ADMIN' }))).toBe('NOT_FOUND');
    expect(await outcome(removeMember(later, input))).toBe('NOT_FOUND');
    expect(await roleOf(target)).toBe('VIEWER');
  });
});

describe('who is removed', () => {
  test('sees nothing of it from their next request on, by browser or access token', async () => {
    await setRole(tools, target.actor.id, workspaceId, 'ADMIN');
    const everywhere = await giveToken(tools, target);
    const here = await giveToken(tools, target, { workspaceId });
    const elsewhere = await giveToken(tools, target, { workspaceId: ownWorkspace(target) });
    await remove(owner, target);

    expect(await findWorkspace(await callOf(tools, target), workspaceId)).toBeNull();
    const call = await callWithToken(tools, everywhere.token);
    expect(await findWorkspace(call, workspaceId)).toBeNull();
    expect(await findUser(call, owner.actor.id)).toBeNull();
    await expect(callWithToken(tools, here.token)).rejects.toMatchObject({ reason: 'UNKNOWN' });
    await callWithToken(tools, elsewhere.token);
    expect(await lastEntry('member.removed')).toMatchObject({
      actorId: owner.actor.id,
      message: `${target.actor.name} (${target.email}) removed.`,
      data: {
        userId: target.actor.id,
        before: { role: 'ADMIN' },
        invitationsRevoked: 0,
        tokensRevoked: 1,
      },
    });
  });

  test('by themselves sees nothing of it in the rest of the request', async () => {
    await setRole(tools, target.actor.id, workspaceId, 'VIEWER');
    const call = await callOf(tools, target);
    expect(await findWorkspace(call, workspaceId)).not.toBeNull();
    await removeMember(call, { workspaceId, userId: target.actor.id });
    expect(await findWorkspace(call, workspaceId)).toBeNull();
    expect(await lastEntry('member.removed')).toMatchObject({
      actorId: target.actor.id,
      message: `${target.actor.name} (${target.email}) left.`,
    });
  });
});

test('a change of role is logged with before and after, and one that changes nothing is not', async () => {
  await setRole(tools, target.actor.id, workspaceId, 'VIEWER');
  const count = () => db.logEntry.count({ where: { workspaceId, type: 'member.role_changed' } });
  const before = await count();
  await change(owner, target, 'VIEWER');
  expect(await count()).toBe(before);
  await change(owner, target, 'DEVELOPER');
  expect(await lastEntry('member.role_changed')).toMatchObject({
    actorKind: 'USER',
    actorId: owner.actor.id,
    actorLabel: owner.email,
    data: {
      userId: target.actor.id,
      before: { role: 'VIEWER' },
      after: { role: 'DEVELOPER' },
      invitationsRevoked: 0,
    },
  });
});

test('invitations that a member may no longer offer are gone with the role', async () => {
  await setRole(tools, target.actor.id, workspaceId, 'OWNER');
  const invite = async (email: string, role: Role) =>
    inviteMember(await callOf(tools, target), { workspaceId, email, role });
  await invite('owner.to.be@example.com', 'OWNER');
  await invite('viewer.to.be@example.com', 'VIEWER');
  const open = async () =>
    (await db.invitation.findMany({ where: { workspaceId } })).map(({ role }) => role);
  await change(owner, target, 'ADMIN');
  expect(await open()).toEqual(['VIEWER']);
  await change(owner, target, 'DEVELOPER');
  expect(await open()).toEqual([]);
  await setRole(tools, target.actor.id, workspaceId, 'ADMIN');
  await invite('viewer.to.be@example.com', 'VIEWER');
  await remove(owner, target);
  expect(await open()).toEqual([]);
});

test('a stranger cannot tell a hidden workspace or member from a missing one', async () => {
  await setRole(tools, target.actor.id, workspaceId, 'VIEWER');
  const call = await callOf(tools, other);
  for (const attempt of [
    (id: string) =>
      changeMemberRole(call, { workspaceId: id, userId: target.actor.id, role: 'ADMIN' }),
    (id: string) => removeMember(call, { workspaceId: id, userId: target.actor.id }),
    (id: string) => removeMember(call, { workspaceId: id, userId: other.actor.id }),
    (id: string) => inviteMember(call, { workspaceId: id, email: 'x@example.com', role: 'VIEWER' }),
  ]) {
    const [hidden, missing, malformed] = await Promise.all(
      [workspaceId, newId('workspace'), '\0'].map((id) => attempt(id).catch((error) => error)),
    );
    expect(hidden.code).toBe('NOT_FOUND');
    expect(hidden).toEqual(missing);
    expect(hidden).toEqual(malformed);
  }
  const [inOthers, missing, malformed] = await Promise.all(
    [other.actor.id, newId('user'), '\0'].map(async (userId) =>
      removeMember(await callOf(tools, owner), { workspaceId, userId }).catch((error) => error),
    ),
  );
  expect(inOthers.code).toBe('NOT_FOUND');
  expect(inOthers).toEqual(missing);
  expect(inOthers).toEqual(malformed);
  expect(
    await outcome(removeMember(callAs(tools, nobody), { workspaceId, userId: target.actor.id })),
  ).toBe('UNAUTHENTICATED');
});

test('every process is told whose roles changed', async () => {
  const heard: string[] = [];
  await tools.events.start();
  const stop = tools.events.listen({ message: ({ kind, id }) => heard.push(`${kind} ${id}`) });
  const member = await addMember(tools, workspaceId, 'VIEWER');
  await change(owner, member, 'ADMIN');
  await remove(owner, member);
  await expect.poll(() => heard).toEqual(Array(2).fill(`user ${member.actor.id}`));
  stop();
  await tools.events.stop();
});
