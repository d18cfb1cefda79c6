import { expect, test } from 'vitest';
import { newId } from '../../server/domain/ids.ts';
import { password, signUpSomebody } from '../support/accounts.ts';
import { ownWorkspace } from '../support/people.ts';
import { startTestServer } from '../support/server.ts';

const server = await startTestServer();
const { tools } = server;
const owner = await signUpSomebody(tools);
const workspaceId = ownWorkspace(owner);
const by = { cookie: owner.token };

test('somebody is invited, joins, gets another role and leaves, over the wire', async () => {
  const newcomer = await signUpSomebody(tools);
  const { inviteMember: invited } = await server.graphql(
    `mutation ($input: InviteMemberInput!) { inviteMember(input: $input) { __typename
       ... on InviteMemberPayload { url invitation { id email role invitedBy { id } expiresAt } } } }`,
    { input: { workspaceId, email: newcomer.email, role: 'VIEWER' } },
    by,
  );
  expect(invited.invitation).toMatchObject({
    email: newcomer.email,
    role: 'VIEWER',
    invitedBy: { id: owner.actor.id },
  });
  const { workspace } = await server.graphql(
    'query ($id: ID!) { workspace(id: $id) { invitations { id } } }',
    { id: workspaceId },
    by,
  );
  expect(workspace.invitations).toContainEqual({ id: invited.invitation.id });
  const { acceptInvitation } = await server.graphql(
    `mutation ($token: String!) { acceptInvitation(input: { token: $token }) { ... on AcceptInvitationPayload {
       membership { role user { id } workspace { id invitations { id } members { user { id email } } } } } } }`,
    { token: invited.url.split('#token=')[1] },
    { cookie: newcomer.token },
  );
  expect(acceptInvitation.membership).toMatchObject({
    role: 'VIEWER',
    user: { id: newcomer.actor.id },
    workspace: { id: workspaceId, invitations: [] },
  });
  const member = { workspaceId, userId: newcomer.actor.id };
  const { changeMemberRole } = await server.graphql(
    `mutation ($input: ChangeMemberRoleInput!) { changeMemberRole(input: $input) {
       ... on ChangeMemberRolePayload { membership { role } } } }`,
    { input: { ...member, role: 'ADMIN' } },
    by,
  );
  expect(changeMemberRole).toEqual({ membership: { role: 'ADMIN' } });
  const remove = `mutation ($input: RemoveMemberInput!) { removeMember(input: $input) { __typename
    ... on UserError { code } ... on RemoveMemberPayload { userId workspace { id } } } }`;
  expect(
    (await server.graphql(remove, { input: member }, { cookie: newcomer.token })).removeMember,
  ).toEqual({ __typename: 'RemoveMemberPayload', userId: newcomer.actor.id, workspace: null });
  const unknown = { workspaceId, userId: newId('user') };
  expect((await server.graphql(remove, { input: unknown }, by)).removeMember).toEqual({
    __typename: 'NotFoundError',
    code: 'NOT_FOUND',
  });
});

test('a workspace is created, changed and deleted over the wire', async () => {
  const { createWorkspace } = await server.graphql(
    `mutation { createWorkspace(input: { name: "Acme" }) { ... on CreateWorkspacePayload {
       workspace { id version viewerRole members { role user { id } } projects { edges { cursor } } } } } }`,
    {},
    by,
  );
  const { id, ...rest } = createWorkspace.workspace;
  expect(rest).toEqual({
    version: 1,
    viewerRole: 'OWNER',
    members: [{ role: 'OWNER', user: { id: owner.actor.id } }],
    projects: { edges: [] },
  });
  const update = `mutation ($id: ID!) { updateWorkspace(input: { id: $id, version: 1, sessionRetentionDays: 7 }) {
    ... on UpdateWorkspacePayload { workspace { version sessionRetentionDays } }
    ... on ConflictError { code currentVersion } } }`;
  expect(await server.graphql(update, { id }, by)).toEqual({
    updateWorkspace: { workspace: { version: 2, sessionRetentionDays: 7 } },
  });
  expect(await server.graphql(update, { id }, by)).toEqual({
    updateWorkspace: { code: 'CONFLICT', currentVersion: 2 },
  });
  const remove = `mutation ($id: ID!, $name: String!) { deleteWorkspace(input: { id: $id, confirmName: $name }) {
    ... on DeleteWorkspacePayload { deletedId } ... on ConfirmationNameMismatchError { code } } }`;
  expect(await server.graphql(remove, { id, name: 'acme' }, by)).toEqual({
    deleteWorkspace: { code: 'CONFIRMATION_NAME_MISMATCH' },
  });
  expect(await server.graphql(remove, { id, name: 'Acme' }, by)).toEqual({
    deleteWorkspace: { deletedId: id },
  });
  const { workspace } = await server.graphql(
    'query ($id: ID!) { workspace(id: $id) { id } }',
    { id },
    by,
  );
  expect(workspace).toBeNull();
});

test('a sign-in is ended from another browser, which stays signed in', async () => {
  const person = await signUpSomebody(tools);
  const second = await server.post(
    'mutation ($input: SignInInput!) { signIn(input: $input) { __typename } }',
    { input: { email: person.email, password } },
  );
  const [, token] = /^latchkey=([^;]+)/.exec(second.headers.getSetCookie()[0]!)!;
  const here = { cookie: person.token };
  const { viewer } = await server.graphql('{ viewer { signIns { id current } } }', {}, here);
  const other = viewer.signIns.find(({ current }: { current: boolean }) => !current);
  const ended = await server.post(
    `mutation ($id: ID!) { signOut(input: { signInId: $id }) {
       ... on SignOutPayload { everywhere viewer { signIns { id } } } } }`,
    { id: other.id },
    here,
  );
  expect(ended.headers.has('set-cookie')).toBe(false);
  expect(ended.json.data.signOut).toEqual({
    everywhere: false,
    viewer: { signIns: [{ id: person.actor.signInId }] },
  });
  expect((await server.post('{ viewer { email } }', {}, { cookie: token })).status).toBe(401);
});
