import { beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../schema/index.ts';
import { newAccessTokenValue } from '../../server/domain/access-tokens/format.ts';
import type { SignedUp } from '../support/accounts.ts';
import { mutationDocuments } from '../support/mutation-documents.ts';
import { addMember, giveToken, withToken } from '../support/people.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { type GraphQLOptions, startTestServer } from '../support/server.ts';

const server = await startTestServer();
const { tools, db } = server;

/** The refusal of a whole request, before anything of it is executed. */
async function refused(by: GraphQLOptions) {
  const { status, json } = await server.post('{ viewer { email } }', {}, by);
  expect(json).not.toHaveProperty('data');
  const { code, reason } = json.errors[0].extensions;
  return [status, code, ...(reason ? [reason] : [])];
}

let project: TestProject;
let owner: SignedUp;
let write: string;
beforeAll(async () => {
  project = await createTestProject(tools);
  owner = project.owner;
  write = (await giveToken(tools, owner)).token;
});

describe('an access token in Authorization', () => {
  test('makes a request its user’s', async () => {
    const { id, token } = await giveToken(tools, owner, { name: 'CI' });
    const { viewer } = await server.graphql(
      `{ viewer { email user { id } memberships { role workspace { id viewerRole } }
         accessTokens { id name preview scope workspace { id } expiresAt } signIns { id } } }`,
      {},
      withToken(token),
    );
    expect(viewer).toEqual({
      email: owner.email,
      user: { id: owner.actor.id },
      memberships: [{ role: 'OWNER', workspace: { id: project.workspaceId, viewerRole: 'OWNER' } }],
      accessTokens: [
        {
          id,
          name: 'CI',
          preview: `${token.slice(0, 12)}…${token.slice(-4)}`,
          scope: 'WRITE',
          workspace: null,
          expiresAt: null,
        },
      ],
      signIns: [],
    });
  });

  test('that is junk, unknown, revoked or expired fails the whole request', async () => {
    const { id, token } = await giveToken(tools, owner);
    const unknown = [401, 'UNAUTHENTICATED', 'UNKNOWN'];
    expect(await refused(withToken('lkp_junk'))).toEqual(unknown);
    expect(await refused(withToken(newAccessTokenValue()))).toEqual(unknown);
    await db.$executeRaw`UPDATE access_tokens SET expires_at = now() - interval '1 second' WHERE id = ${id}`;
    expect(await refused(withToken(token))).toEqual([401, 'UNAUTHENTICATED', 'EXPIRED']);
    await server.graphql(
      'mutation ($id: ID!) { revokeAccessToken(input: { id: $id }) { ... on RevokeAccessTokenPayload { revokedId } } }',
      { id },
      { cookie: owner.token },
    );
    expect(await refused(withToken(token))).toEqual(unknown);
  });

  test('does not go with a sign-in cookie, nor into X-API-Key', async () => {
    expect(await refused({ ...withToken(write), cookie: owner.token })).toEqual([
      400,
      'CREDENTIAL_MISMATCH',
    ]);
    expect(await refused({ headers: { 'x-api-key': write } })).toEqual([401, 'UNAUTHENTICATED']);
    const swapped = { 'x-api-key': write, authorization: `Bearer ${project.production.secret}` };
    expect(await refused({ headers: swapped })).toEqual([401, 'UNAUTHENTICATED']);
  });

  test('is made, shown once and used, all over the wire', async () => {
    const { createAccessToken: made } = await server.graphql(
      `mutation ($workspaceId: ID!) { createAccessToken(input: {
         name: "Deploy", scope: WRITE, workspaceId: $workspaceId, expiresAt: "2099-01-01T00:00:00Z" }) {
         ... on CreateAccessTokenPayload { token accessToken { id workspace { id } lastUsedAt } } } }`,
      { workspaceId: project.workspaceId },
      { cookie: owner.token },
    );
    expect(made.accessToken).toMatchObject({
      workspace: { id: project.workspaceId },
      lastUsedAt: null,
    });
    const { createProject } = await server.graphql(
      `mutation { createProject(input: { name: "By CI" }) { ... on CreateProjectPayload {
         project { id logs { edges { node { type actor { kind id label } } } } } } } }`,
      {},
      withToken(made.token),
    );
    expect(createProject.project.logs.edges[0].node).toEqual({
      type: 'project.created',
      actor: {
        kind: 'ACCESS_TOKEN',
        id: made.accessToken.id,
        label: `Deploy (${owner.email})`,
      },
    });
    const { node } = await server.graphql(
      'query ($id: ID!) { node(id: $id) { ... on AccessToken { lastUsedAt } } }',
      { id: made.accessToken.id },
      { cookie: owner.token },
    );
    expect(node.lastUsedAt).not.toBeNull();
    expect(JSON.stringify(server.log)).not.toContain(made.token.slice(12, -4));
  });
});

describe('a token that only reads is refused every mutation before it runs:', () => {
  test.each(mutationDocuments(schema))('$name', async ({ document }) => {
    const { token } = await giveToken(tools, owner, { scope: 'READ' });
    const count = async () =>
      (
        await db.$pool.query(`SELECT (SELECT count(*) FROM log_entries) AS entries,
        (SELECT count(*) FROM auth_sessions) AS sessions, (SELECT count(*) FROM rate_limits) AS limits,
        (SELECT count(*) FROM users) AS users`)
      ).rows[0];
    const before = await count();
    const { json } = await server.post(document, {}, withToken(token));
    const codes = [json.data?.answer?.code, json.errors?.[0].extensions.code];
    expect(codes.filter(Boolean)).toEqual(['FORBIDDEN']);
    const said = json.data?.answer?.message ?? json.errors[0].message;
    expect(said).toBe('This access token may only read. Make one with the scope WRITE.');
    expect(await count()).toEqual(before);
  });

  test('and may read', async () => {
    const { token } = await giveToken(tools, owner, { scope: 'READ' });
    const { project: found } = await server.graphql(
      'query ($id: ID!) { project(id: $id) { id viewerCanUpdate environments { viewerCanUpdate viewerCanManageKeys } workspace { viewerCanUpdate viewerCanDelete viewerCanManageMembers viewerCanManageOwners viewerCanCreateProjects } } }',
      { id: project.id },
      withToken(token),
    );
    expect(found.id).toBe(project.id);
    expect(JSON.stringify(found)).not.toContain('true');
  });
});

describe('what a role and a credential may is shown where it is asked', () => {
  const query = `query ($id: ID!) { workspace(id: $id) { viewerRole viewerCanUpdate viewerCanDelete
    viewerCanManageMembers viewerCanManageOwners viewerCanCreateProjects } }`;
  const may = (update: boolean, people: boolean, owners: boolean, projects: boolean) => ({
    viewerCanUpdate: update,
    viewerCanDelete: owners,
    viewerCanManageMembers: people,
    viewerCanManageOwners: owners,
    viewerCanCreateProjects: projects,
  });
  const expected = {
    OWNER: { browser: may(true, true, true, true), token: may(true, false, false, true) },
    ADMIN: { browser: may(false, true, false, true), token: may(false, false, false, true) },
    DEVELOPER: {
      browser: may(false, false, false, false),
      token: may(false, false, false, false),
    },
    VIEWER: { browser: may(false, false, false, false), token: may(false, false, false, false) },
  };

  test.each(Object.keys(expected) as (keyof typeof expected)[])('%s', async (role) => {
    const member = await addMember(tools, project.workspaceId, role);
    const { token } = await giveToken(tools, member);
    const ask = async (by: GraphQLOptions) =>
      (await server.graphql(query, { id: project.workspaceId }, by)).workspace;
    const { browser, token: program } = expected[role];
    expect(await ask({ cookie: member.token })).toEqual({ viewerRole: role, ...browser });
    expect(await ask(withToken(token))).toEqual({ viewerRole: role, ...program });
  });
});
