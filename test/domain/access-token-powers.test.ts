import { beforeAll, describe, expect, test } from 'vitest';
import { createAccessToken } from '../../server/domain/access-tokens/create.ts';
import { findAccessToken, listAccessTokens } from '../../server/domain/access-tokens/find.ts';
import { revokeAccessToken } from '../../server/domain/access-tokens/revoke.ts';
import { changePassword } from '../../server/domain/accounts/change-password.ts';
import { createPasswordReset } from '../../server/domain/accounts/create-password-reset.ts';
import { listSignIns } from '../../server/domain/accounts/list-sign-ins.ts';
import { resetPassword } from '../../server/domain/accounts/reset-password.ts';
import { signIn } from '../../server/domain/accounts/sign-in.ts';
import { signOut } from '../../server/domain/accounts/sign-out.ts';
import { signUp } from '../../server/domain/accounts/sign-up.ts';
import { acceptInvitation } from '../../server/domain/invitations/accept.ts';
import { listInvitations } from '../../server/domain/invitations/find.ts';
import { inviteMember } from '../../server/domain/invitations/invite.ts';
import { revokeInvitation } from '../../server/domain/invitations/revoke.ts';
import { changeMemberRole } from '../../server/domain/members/change-role.ts';
import { removeMember } from '../../server/domain/members/remove.ts';
import { createProject } from '../../server/domain/projects/create.ts';
import { listProjects } from '../../server/domain/projects/find.ts';
import { createWorkspace } from '../../server/domain/workspaces/create.ts';
import { deleteWorkspace } from '../../server/domain/workspaces/delete.ts';
import { updateWorkspace } from '../../server/domain/workspaces/update.ts';
import { password, type SignedUp, signUpSomebody } from '../support/accounts.ts';
import { callAs, nobody } from '../support/call.ts';
import {
  addMember,
  callOf,
  callWithToken,
  giveToken,
  outcome,
  outcomes,
  ownWorkspace,
} from '../support/people.ts';
import { setUpTools } from '../support/setup.ts';

const tools = await setUpTools();
const { db } = tools;
let user: SignedUp;
beforeAll(async () => {
  user = await signUpSomebody(tools);
});

describe('an access token', () => {
  test('sees itself among the tokens, and no sign-in', async () => {
    const person = await signUpSomebody(tools);
    const [one, two] = [await giveToken(tools, person), await giveToken(tools, person)];
    const list = async (call: Parameters<typeof listAccessTokens>[0]) =>
      (await listAccessTokens(call, {})).map(({ id }) => id);
    expect(await list(await callOf(tools, person))).toEqual([two.id, one.id]);
    const call = await callWithToken(tools, one.token);
    expect(await list(call)).toEqual([one.id]);
    expect(await findAccessToken(call, two.id)).toBeNull();
    if (call.actor.kind !== 'user') expect.unreachable();
    else expect(await listSignIns(call, call.actor)).toEqual([]);
    expect(await list(callAs(tools, nobody))).toEqual([]);
  });

  test('reads what its user may, members and invitations too', async () => {
    const { token } = await giveToken(tools, user, { scope: 'READ' });
    const workspaceId = ownWorkspace(user);
    const invitation = { workspaceId, email: 'seen@example.com', role: 'VIEWER' } as const;
    await inviteMember(await callOf(tools, user), invitation);
    const call = await callWithToken(tools, token);
    expect(await listInvitations(call, workspaceId)).toHaveLength(1);
    expect((await listProjects(call, {}, {})).edges).toEqual([]);
  });

  test('that may write acts as its user, and the log names the token', async () => {
    const { id, token } = await giveToken(tools, user, { name: 'Deploy' });
    const call = await callWithToken(tools, token);
    const { projectId } = await createProject(call, {
      name: 'Shop',
      workspaceId: ownWorkspace(user),
    });
    const entry = await db.logEntry.findFirstOrThrow({ where: { projectId } });
    expect(entry).toMatchObject({
      actorKind: 'ACCESS_TOKEN',
      actorId: id,
      actorLabel: `Deploy (${user.email})`,
    });
    await updateWorkspace(call, { id: ownWorkspace(user), version: 1, logRetentionDays: 30 });
  });

  test('that only reads may change nothing, whoever its user is', async () => {
    const { token } = await giveToken(tools, user, { scope: 'READ' });
    const call = await callWithToken(tools, token);
    const workspaceId = ownWorkspace(user);
    for (const attempt of [
      createProject(call, { name: 'No', workspaceId }),
      updateWorkspace(call, { id: workspaceId, version: 2, name: 'No' }),
    ]) {
      expect(await outcome(attempt)).toBe('FORBIDDEN');
    }
  });

  test('never manages sign-ins, passwords, tokens, members, invitations, roles or workspaces', async () => {
    const person = await signUpSomebody(tools);
    const workspaceId = ownWorkspace(person);
    const member = await addMember(tools, workspaceId, 'VIEWER');
    const userId = member.actor.id;
    const { id, token } = await giveToken(tools, person, { workspaceId });
    const call = await callWithToken(tools, token);
    const invitation = await inviteMember(await callOf(tools, person), {
      workspaceId,
      email: 'open@example.com',
      role: 'VIEWER',
    });
    const reset = await createPasswordReset(tools, { email: person.email });
    const { name } = await db.workspace.findUniqueOrThrow({ where: { id: workspaceId } });
    const before = await db.logEntry.count();
    const attempts = {
      signIn: signIn(call, { email: person.email, password }),
      signUp: signUp(call, { email: 'no@example.com', password, name: 'No' }),
      signOut: signOut(call, {}),
      signOutEverywhere: signOut(call, { everywhere: true }),
      signOutOne: signOut(call, { signInId: person.actor.signInId }),
      changePassword: changePassword(call, {
        currentPassword: password,
        newPassword: 'new secret',
      }),
      resetPassword: resetPassword(call, { token: reset.token, password: 'new secret' }),
      createAccessToken: createAccessToken(call, { name: 'No', scope: 'READ' }),
      revokeAccessToken: revokeAccessToken(call, { id }),
      createWorkspace: createWorkspace(call, { name: 'No' }),
      deleteWorkspace: deleteWorkspace(call, { id: workspaceId, confirmName: name }),
      inviteMember: inviteMember(call, { workspaceId, email: 'a@example.com', role: 'VIEWER' }),
      revokeInvitation: revokeInvitation(call, { id: invitation.id }),
      acceptInvitation: acceptInvitation(call, { token: invitation.url.split('#token=')[1]! }),
      changeMemberRole: changeMemberRole(call, { workspaceId, userId, role: 'ADMIN' }),
      removeMember: removeMember(call, { workspaceId, userId }),
      leave: removeMember(call, { workspaceId, userId: person.actor.id }),
    };
    const results = await outcomes(Object.values(attempts));
    const named = Object.keys(attempts).map((attempt, n) => [attempt, results[n]]);
    expect(named).toEqual(Object.keys(attempts).map((attempt) => [attempt, 'FORBIDDEN']));
    expect(call.signInCookie.token).toBeUndefined();
    expect(await db.logEntry.count()).toBe(before);
    await callOf(tools, person);
  });
});
