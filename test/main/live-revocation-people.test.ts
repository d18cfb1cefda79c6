/**
 * Sign-ins, access tokens and roles that end through one process, and the sockets and event streams
 * that they opened in two: closed within a second, with the reason, and no others with them.
 */
import { describe, expect, test, vi } from 'vitest';
import { createPasswordReset } from '../../server/domain/accounts/create-password-reset.ts';
import { signIn } from '../../server/domain/accounts/sign-in.ts';
import { createApiKey } from '../../server/domain/api-keys/create.ts';
import { password, type SignedUp } from '../support/accounts.ts';
import { callAs, nobody } from '../support/call.ts';
import { addMember, giveToken, setRole } from '../support/people.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { withKey } from '../support/session-api.ts';
import { startTwoServers } from '../support/two-servers.ts';
import {
  expectAllEnded,
  expectGoingOn,
  watchAt,
  watcherByCookie,
  watcherByKey,
  watcherByToken,
} from '../support/watching.ts';

/** Several processes, and a machine that may have other things to do. */
vi.setConfig({ testTimeout: 60_000 });

const { here, there, tools, api, watchBoth, ...servers } = await startTwoServers();

/** @returns when the reply was there */
async function mutate(mutation: string, cookie?: string): Promise<number> {
  return (await servers.mutate(cookie, mutation)).repliedAt;
}

/** Another browser of theirs. */
async function signInAgain({ email, ip }: SignedUp): Promise<{ id: string; token: string }> {
  const call = callAs(tools, nobody, { ip });
  const { signInId } = await signIn(call, { email, password });
  return { id: signInId, token: call.signInCookie.token! };
}

const startIn = (project: TestProject) => () => api.start(withKey(project.production.secret));

describe('signing out', () => {
  test('closes what the browser opened, and not what the others did', async () => {
    const project = await createTestProject(tools);
    const { owner } = project;
    const other = await signInAgain(owner);
    const doomed = await watchBoth(watcherByCookie(owner.token, project.id));
    const spared = await watchBoth(watcherByCookie(other.token, project.id));
    const at = await mutate('signOut', owner.token);
    await expectAllEnded(doomed, 'SIGNED_OUT', at);
    await expectGoingOn(spared, startIn(project));
  });

  test('of another browser by its id closes what that one opened', async () => {
    const project = await createTestProject(tools);
    const other = await signInAgain(project.owner);
    const doomed = await watchBoth(watcherByCookie(other.token, project.id));
    const spared = await watchBoth(watcherByCookie(project.owner.token, project.id));
    const at = await mutate(`signOut(input: { signInId: "${other.id}" })`, project.owner.token);
    await expectAllEnded(doomed, 'SIGNED_OUT', at);
    await expectGoingOn(spared, startIn(project));
  });

  test('everywhere closes what all browsers opened, and not what access tokens did', async () => {
    const project = await createTestProject(tools);
    const { token } = await giveToken(tools, project.owner);
    const spared = await watchBoth(watcherByToken(token, project.id));
    const { token: other } = await signInAgain(project.owner);
    const doomed = [
      ...(await watchBoth(watcherByCookie(project.owner.token, project.id))),
      ...(await watchBoth(watcherByCookie(other, project.id))),
    ];
    const at = await mutate('signOut(input: { everywhere: true })', project.owner.token);
    await expectAllEnded(doomed, 'SIGNED_OUT', at);
    await expectGoingOn(spared, startIn(project));
  });
});

describe('a new password', () => {
  const newPassword = 'another horse battery';

  test('closes what other browsers opened, and this one with its old cookie', async () => {
    const project = await createTestProject(tools);
    const { token: other } = await signInAgain(project.owner);
    const doomed = [
      ...(await watchBoth(watcherByCookie(project.owner.token, project.id))),
      ...(await watchBoth(watcherByCookie(other, project.id))),
    ];
    const response = await fetch(`${here.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        cookie: `latchkey=${project.owner.token}`,
      },
      body: JSON.stringify({
        query: `mutation { changePassword(input: { currentPassword: "${password}", newPassword: "${newPassword}" }) { __typename } }`,
      }),
    });
    const at = performance.now();
    const renewed = /latchkey=([^;]+)/.exec(response.headers.get('set-cookie')!)![1]!;
    await expectAllEnded(doomed, 'SIGNED_OUT', at);
    // The sign-in is the same: a connection with its new cookie must not be taken for one with the old.
    const [anew] = await watchBoth(watcherByCookie(renewed, project.id));
    await expectGoingOn(anew!, startIn(project));
  });

  test('by a one-time link closes what every browser opened', async () => {
    const project = await createTestProject(tools);
    const doomed = await watchBoth(watcherByCookie(project.owner.token, project.id));
    const { token } = await createPasswordReset(tools, { email: project.owner.email });
    const at = await mutate(
      `resetPassword(input: { token: "${token}", password: "${newPassword}" })`,
    );
    await expectAllEnded(doomed, 'SIGNED_OUT', at);
  });
});

describe('of a member of a workspace', () => {
  async function makeMember(role: 'ADMIN' | 'DEVELOPER' | 'VIEWER') {
    const project = await createTestProject(tools);
    const member = await addMember(tools, project.workspaceId, role);
    const { token } = await giveToken(tools, member);
    const { workspaceId } = project;
    const limited = await giveToken(tools, member, { workspaceId });
    const watching = [
      ...(await watchBoth(watcherByCookie(member.token, project.id))),
      ...(await watchBoth(watcherByToken(token, project.id))),
    ];
    const ofLimited = await watchBoth(watcherByToken(limited.token, project.id));
    const ofOwner = await watchAt(there.url, watcherByCookie(project.owner.token, project.id));
    const change = (mutation: string, more = '') =>
      mutate(
        `${mutation}(input: { workspaceId: "${workspaceId}", userId: "${member.actor.id}" ${more} })`,
        project.owner.token,
      );
    return { project, watching, ofLimited, ofOwner, change };
  }

  test('removing them closes what they opened, by browser and by token', async () => {
    const { project, watching, ofLimited, ofOwner, change } = await makeMember('VIEWER');
    const at = await change('removeMember');
    await expectAllEnded(watching, 'ACCESS_CHANGED', at);
    await expectAllEnded(ofLimited, 'UNKNOWN', at); // the token is gone with them
    await expectGoingOn(ofOwner, startIn(project));
  });

  test('a lower role closes what they opened, by browser and by token', async () => {
    const { project, watching, ofLimited, ofOwner, change } = await makeMember('ADMIN');
    const at = await change('changeMemberRole', 'role: DEVELOPER');
    await expectAllEnded([...watching, ...ofLimited], 'ACCESS_CHANGED', at);
    await expectGoingOn(ofOwner, startIn(project));
  });

  test('a higher role closes nothing', async () => {
    const { project, watching, ofLimited, ofOwner, change } = await makeMember('VIEWER');
    await change('changeMemberRole', 'role: ADMIN');
    await expectGoingOn([...watching, ...ofLimited, ofOwner], startIn(project));
  });

  test('deleting the workspace closes what its members opened', async () => {
    const { project, watching, ofLimited, ofOwner } = await makeMember('DEVELOPER');
    const { id, name } = await tools.db.workspace.findUniqueOrThrow({
      where: { id: project.workspaceId },
    });
    const at = await mutate(
      `deleteWorkspace(input: { id: "${id}", confirmName: ${JSON.stringify(name)} })`,
      project.owner.token,
    );
    await expectAllEnded([...watching, ofOwner], 'ACCESS_CHANGED', at, { isGone: true });
    await expectAllEnded(ofLimited, 'UNKNOWN', at, { isGone: true });
  });

  test('what they subscribed to with a role that they got meanwhile ends with that role', async () => {
    const project = await createTestProject(tools);
    const { workspaceId } = project;
    const member = await addMember(tools, workspaceId, 'VIEWER');
    const elsewhere = await createTestProject(tools);
    const watching = await watchAt(there.url, watcherByCookie(member.token, project.id));
    const { socket } = watching;
    const change = (role: string) =>
      mutate(
        `changeMemberRole(input: { workspaceId: "${workspaceId}", userId: "${member.actor.id}", role: ${role} })`,
        project.owner.token,
      );
    await change('ADMIN');
    expect(await socket.ask('{ viewer { email } }')).toMatchObject({ data: expect.anything() });
    const at = await change('DEVELOPER');
    await expect.poll(() => socket.closed).toEqual({ code: 4403, reason: 'ACCESS_CHANGED' });
    expect(watching.closedAt.socket! - at).toBeLessThan(2_000);
    // And with a workspace that they were not in when they connected.
    const joined = await watchAt(there.url, watcherByCookie(member.token, project.id));
    await setRole(tools, member.actor.id, elsewhere.workspaceId, 'VIEWER');
    const later = joined.socket.subscribe(
      'subscription ($id: ID) { liveSessionCounts(projectId: $id) { pending } }',
      { id: elsewhere.id },
    );
    await later.until(() => true);
    const removedAt = await mutate(
      `removeMember(input: { workspaceId: "${elsewhere.workspaceId}", userId: "${member.actor.id}" })`,
      elsewhere.owner.token,
    );
    await expect.poll(() => joined.socket.closed).toEqual({ code: 4403, reason: 'ACCESS_CHANGED' });
    expect(joined.closedAt.socket! - removedAt).toBeLessThan(2_000);
  });
});

describe('an access token', () => {
  test('that is revoked closes what it opened, and not what its user did otherwise', async () => {
    const project = await createTestProject(tools);
    const [{ id, token }, other] = [
      await giveToken(tools, project.owner),
      await giveToken(tools, project.owner),
    ];
    const doomed = await watchBoth(watcherByToken(token, project.id));
    const spared = [
      await watchAt(there.url, watcherByToken(other.token, project.id)),
      await watchAt(there.url, watcherByCookie(project.owner.token, project.id)),
    ];
    const at = await mutate(`revokeAccessToken(input: { id: "${id}" })`, project.owner.token);
    await expectAllEnded(doomed, 'UNKNOWN', at);
    await expectGoingOn(spared, startIn(project));
  });

  test('that expires closes what it opened', async () => {
    const project = await createTestProject(tools);
    const expiresAt = new Date(Date.now() + 2_000);
    const { token } = await giveToken(tools, project.owner, { expiresAt });
    const doomed = await watchBoth(watcherByToken(token, project.id));
    await expectAllEnded(doomed, 'EXPIRED', expiresAt.getTime() - performance.timeOrigin);
  });

  test('beside a key ends with either of them, and each alone goes on', async () => {
    const project = await createTestProject(tools);
    const { owner } = project;
    const makeKey = () =>
      createApiKey(callAs(tools, owner.actor), {
        environmentId: project.production.id,
        name: 'Narrow',
        type: 'SECRET',
      });
    const [mortal, lasting] = [await makeKey(), await makeKey()];
    const [revoked, kept] = [await giveToken(tools, owner), await giveToken(tools, owner)];
    const beside = (token: string, key: string | null) =>
      watchBoth(watcherByToken(token, project.id, key!));
    const byKey = await beside(kept.token, mortal.secret);
    const byToken = await beside(revoked.token, lasting.secret);
    const spared = [
      await watchAt(there.url, watcherByToken(kept.token, project.id)),
      await watchAt(there.url, watcherByKey(lasting.secret!)),
    ];
    const deletedAt = await mutate(
      `deleteApiKey(input: { id: "${mortal.id}", confirmName: "Narrow" })`,
      owner.token,
    );
    await expectAllEnded(byKey, 'DELETED', deletedAt);
    await expectGoingOn([...byToken, ...spared], startIn(project));
    const revokedAt = await mutate(
      `revokeAccessToken(input: { id: "${revoked.id}" })`,
      owner.token,
    );
    await expectAllEnded(byToken, 'UNKNOWN', revokedAt);
    await expectGoingOn(spared, startIn(project));
  });
});
