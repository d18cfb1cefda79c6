import { graphql } from 'graphql';
import { afterAll, describe, expect, test } from 'vitest';
import { schema } from '../../schema/index.ts';
import { createPasswordReset } from '../../server/domain/accounts/create-password-reset.ts';
import type { Call } from '../../server/domain/call.ts';
import { createProject } from '../../server/domain/projects/create.ts';
import { closeDb } from '../../server/platform/db.ts';
import { password, signUpSomebody } from '../support/accounts.ts';
import { callAs, createTestTools, nobody } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';

const { url } = await createTestDatabase();
const tools = createTestTools(url);
afterAll(() => closeDb(tools.db));

/** What the schema alone answers, without HTTP before it. */
async function run(call: Call, source: string, variableValues: Record<string, unknown> = {}) {
  const { data, errors } = await graphql({
    schema,
    source,
    variableValues,
    contextValue: { call },
  });
  return { data: JSON.parse(JSON.stringify(data ?? null)), errors };
}

const viewerFields = `
  email
  user { id name email createdAt }
  memberships { role since workspace { name viewerRole } user { email } }
  signIns { id createdAt lastSeenAt ip userAgent current }`;

describe('the payload of signUp', () => {
  test('shows the new viewer whole, though nobody was signed in when the request came', async () => {
    const call = callAs(tools, nobody, { ip: '192.0.2.9', userAgent: 'Firefox' });
    const { data, errors } = await run(
      call,
      `mutation ($input: SignUpInput!) {
        signUp(input: $input) { __typename ... on SignUpPayload { viewer { ${viewerFields} } } }
      }`,
      { input: { email: 'Ada@example.com', password, name: 'Ada' } },
    );
    expect(errors).toBeUndefined();
    const instant = expect.stringMatching(/^\d{4}-.*Z$/);
    expect(data.signUp).toEqual({
      __typename: 'SignUpPayload',
      viewer: {
        email: 'Ada@example.com',
        user: {
          id: expect.stringMatching(/^usr_/),
          name: 'Ada',
          email: 'Ada@example.com',
          createdAt: instant,
        },
        memberships: [
          {
            role: 'OWNER',
            since: instant,
            workspace: { name: "Ada's workspace", viewerRole: 'OWNER' },
            user: { email: 'Ada@example.com' },
          },
        ],
        signIns: [
          {
            id: expect.stringMatching(/^sin_/),
            createdAt: instant,
            lastSeenAt: instant,
            ip: '192.0.2.9',
            userAgent: 'Firefox',
            current: true,
          },
        ],
      },
    });
  });

  test('names every broken rule and where it is', async () => {
    const { data } = await run(
      callAs(tools, nobody),
      `mutation {
        signUp(input: { email: "x", password: "y", name: "z" }) {
          ... on UserError { code }
          ... on ValidationError { issues { path message } }
        }
      }`,
    );
    expect(data.signUp).toMatchInlineSnapshot(`
      {
        "code": "VALIDATION_FAILED",
        "issues": [
          {
            "message": "Must be an email address, like name@example.com.",
            "path": [
              "email",
            ],
          },
          {
            "message": "Must be at least 8 characters long.",
            "path": [
              "password",
            ],
          },
        ],
      }
    `);
  });
});

test('each mutation answers an expected error as a typed member of its union', async () => {
  const { actor, email } = await signUpSomebody(tools);
  const { data, errors } = await run(
    callAs(tools, actor),
    `mutation ($email: String!, $password: String!) {
      signUp(input: { email: $email, password: $password, name: "Again" }) { ...Kind }
      signIn(input: { email: $email, password: "a wrong guess" }) { ...Kind }
      changePassword(input: { currentPassword: "wrong", newPassword: $password }) { ...Kind }
      resetPassword(input: { token: "spent", password: $password }) { ...Kind }
    }
    fragment Kind on UserError { __typename code }`,
    { email, password },
  );
  expect(errors).toBeUndefined();
  const invalid = { __typename: 'InvalidCredentialsError', code: 'INVALID_CREDENTIALS' };
  expect(data).toEqual({
    signUp: { __typename: 'EmailTakenError', code: 'EMAIL_TAKEN' },
    signIn: invalid,
    changePassword: invalid,
    resetPassword: invalid,
  });
});

test('signing in, changing and resetting the password, and signing out answer their payloads', async () => {
  const { email } = await signUpSomebody(tools);
  const { token } = await createPasswordReset(tools, { email });
  const { data, errors } = await run(
    callAs(tools, nobody),
    `mutation ($email: String!, $old: String!, $new: String!, $token: String!) {
      resetPassword(input: { token: $token, password: $new }) {
        ... on ResetPasswordPayload { email }
      }
      signIn(input: { email: $email, password: $new }) {
        ... on SignInPayload { viewer { email user { email } signIns { current } } }
      }
      changePassword(input: { currentPassword: $new, newPassword: $old }) {
        ... on ChangePasswordPayload { viewer { email } }
      }
      here: signOut { ... on SignOutPayload { everywhere } }
    }`,
    { email, token, old: password, new: 'a new password' },
  );
  expect(errors).toBeUndefined();
  expect(data).toEqual({
    resetPassword: { email },
    signIn: { viewer: { email, user: { email }, signIns: [{ current: true }] } },
    changePassword: { viewer: { email } },
    here: { everywhere: false },
  });
});

describe('a user', () => {
  test('is found by those who share a workspace, with the email, and by nobody else', async () => {
    const [ada, bob, eve] = [
      await signUpSomebody(tools),
      await signUpSomebody(tools),
      await signUpSomebody(tools),
    ];
    const [workspaceId] = ada.actor.memberships.keys();
    await tools.db.membership.create({
      data: { userId: bob.actor.id, workspaceId: workspaceId!, role: 'VIEWER' },
    });
    const query = `query ($id: ID!) { node(id: $id) { __typename ... on User { id email } } }`;
    const ask = async (call: Call) => (await run(call, query, { id: bob.actor.id })).data;
    const seen = { node: { __typename: 'User', id: bob.actor.id, email: bob.email } };
    expect(await ask(callAs(tools, ada.actor))).toEqual(seen);
    expect(await ask(callAs(tools, bob.actor))).toEqual(seen);
    expect(await ask(callAs(tools, eve.actor))).toEqual({ node: null });
    expect(await ask(callAs(tools, nobody))).toEqual({ node: null });
  });

  test('shows a name but no email to those who no longer share a workspace', async () => {
    const [ada, bob] = [await signUpSomebody(tools), await signUpSomebody(tools)];
    const [workspaceId = ''] = ada.actor.memberships.keys();
    const membership = { userId: bob.actor.id, workspaceId };
    await tools.db.membership.create({ data: { ...membership, role: 'ADMIN' } });
    const asAdmin = { ...bob.actor, memberships: new Map([[workspaceId, 'ADMIN' as const]]) };
    const { secretKeyId } = await createProject(callAs(tools, asAdmin), {
      name: 'Shop',
      workspaceId,
    });
    const ask = async () => {
      const query = `query ($id: ID!) { apiKey(id: $id) { createdBy { name email } } }`;
      return (await run(callAs(tools, ada.actor), query, { id: secretKeyId })).data.apiKey;
    };
    const { name } = bob.actor;
    expect(await ask()).toEqual({ createdBy: { name, email: bob.email } });
    await tools.db.membership.delete({ where: { userId_workspaceId: membership } });
    expect(await ask()).toEqual({ createdBy: { name, email: null } });
  });
});

test('the viewer is null unless a user asks', async () => {
  expect(await run(callAs(tools, nobody), '{ viewer { email } }')).toEqual({
    data: { viewer: null },
    errors: undefined,
  });
});
