import { beforeAll, describe, expect, test } from 'vitest';
import { newAccessTokenValue } from '../../server/domain/access-tokens/format.ts';
import { inviteMember } from '../../server/domain/invitations/invite.ts';
import { type SignedUp, signUpSomebody } from '../support/accounts.ts';
import { addMember, callOf, giveToken, setRole, withToken } from '../support/people.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { type GraphQLOptions, startTestServer } from '../support/server.ts';
import { createSessionApi, nobodyAtAll, subject, withKey } from '../support/session-api.ts';

const server = await startTestServer();
const { tools, db } = server;
const { start, confirm, cancel, exchange, watch, look } = createSessionApi(server);

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

describe('an access token with an API key beside it', () => {
  let narrowed: GraphQLOptions;
  let inDevelopment: GraphQLOptions;
  let otherProject: TestProject;
  beforeAll(async () => {
    narrowed = withToken(write, { 'x-api-key': project.production.secret });
    inDevelopment = withToken(write, { 'x-api-key': project.development.publishableValue });
    otherProject = await createTestProject(tools);
    await setRole(tools, owner.actor.id, otherProject.workspaceId, 'OWNER');
  });

  /** A session of Development, which a key of Production must not reach. */
  const startElsewhere = () => start(withKey(project.development.publishableValue));
  const startHere = () => start(withKey(project.production.secret));

  test('is the user, who sees that environment and its project', async () => {
    const { viewer, viewerKey, projects } = await server.graphql(
      `{ viewer { email user { id email } memberships { role } accessTokens { id } signIns { id } }
         viewerKey { id } projects { edges { node { id environments { id }
           apiKeys { edges { node { environment { id } } } } } } } }`,
      {},
      narrowed,
    );
    expect(viewer).toEqual({
      email: owner.email,
      user: { id: owner.actor.id, email: owner.email },
      memberships: [],
      accessTokens: [],
      signIns: [],
    });
    expect(viewerKey).toBeNull();
    const environment = { id: project.production.id };
    expect(projects.edges).toEqual([
      {
        node: {
          id: project.id,
          environments: [environment],
          apiKeys: { edges: Array(2).fill({ node: { environment } }) },
        },
      },
    ]);
  });

  test('finds nothing outside the key’s environment, on any path', async () => {
    const { session, clientSecret, linkToken } = await startElsewhere();
    const call = await callOf(tools, owner);
    const { workspaceId } = project;
    const invitation = await inviteMember(call, {
      workspaceId,
      email: 'seen@example.com',
      role: 'VIEWER',
    });
    const member = await addMember(tools, workspaceId, 'VIEWER');
    const { id: tokenId } = await giveToken(tools, owner);
    const elsewhere = { environmentId: project.development.id };
    const key = await db.apiKey.findFirstOrThrow({ where: elsewhere });
    const entryThere = await db.logEntry.findFirstOrThrow({ where: elsewhere });
    const entryOfProject = await db.logEntry.findFirstOrThrow({
      where: { projectId: project.id, environmentId: null },
    });
    const ids = {
      workspace: workspaceId,
      otherProject: otherProject.id,
      environment: project.development.id,
      apiKey: key.id,
      authSession: session.sessionId,
      entryThere: entryThere.id,
      entryOfProject: entryOfProject.id,
      user: member.actor.id,
      invitation: invitation.id,
      accessToken: tokenId,
    };
    const query = `query ($ids: [ID!]!, $workspace: ID!, $otherProject: ID!, $environment: ID!,
        $apiKey: ID!, $authSession: ID!) {
      nodes(ids: $ids) { id } workspace(id: $workspace) { id } project(id: $otherProject) { id }
      environment(id: $environment) { id } apiKey(id: $apiKey) { id } authSession(id: $authSession) { id }
    }`;
    const variables = { ...ids, ids: Object.values(ids) };
    const whole = await server.graphql(query, variables, withToken(write));
    expect(whole.nodes.filter(Boolean)).toHaveLength(9); // of tokens it sees itself only
    expect(await server.graphql(query, variables, narrowed)).toEqual({
      nodes: Array(10).fill(null),
      workspace: null,
      project: null,
      environment: null,
      apiKey: null,
      authSession: null,
    });
    expect(await watch(narrowed, clientSecret)).toBeNull();
    expect(await look(narrowed, linkToken)).toBeNull();
    expect(await watch(inDevelopment, clientSecret)).toBe('PENDING');
    expect(await look(inDevelopment, linkToken)).toBe('PENDING');
  });

  test('sees sessions, log and counts of that environment alone', async () => {
    const here = await startHere();
    const elsewhere = await startElsewhere();
    const query = `query ($id: ID!, $dead: ID!) { project(id: $id) {
        authSessions(first: 100) { edges { node { id environment { id } apiKey { createdBy { id } } } } }
        logs(first: 100) { edges { node { type environment { id } workspace { id } } } }
        sessionCounts { lifetime { started } } }
      authSession(id: $dead) { id } }`;
    const variables = { id: project.id, dead: here.session.sessionId };
    const { project: whole } = await server.graphql(
      query,
      { ...variables, dead: elsewhere.session.sessionId },
      withToken(write),
    );
    const { json } = await server.post(query, variables, narrowed);
    // Who created a key is a person, and not of the environment.
    expect(json.errors[0].extensions.code).toBe('FORBIDDEN');
    const allowed = query.replace(' apiKey { createdBy { id } }', '');
    const { project: seen } = await server.graphql(allowed, variables, narrowed);
    const environmentsOf = (list: { edges: { node: { environment: { id: string } } }[] }) => [
      ...new Set(list.edges.map(({ node }) => node.environment?.id)),
    ];
    expect(environmentsOf(seen.authSessions)).toEqual([project.production.id]);
    expect(environmentsOf(seen.logs)).toEqual([project.production.id]);
    expect(environmentsOf(whole.logs)).toContain(undefined);
    const workspaces = seen.logs.edges.map(
      ({ node }: { node: { workspace: unknown } }) => node.workspace,
    );
    expect(new Set(workspaces)).toEqual(new Set([null]));
    const counted = seen.sessionCounts.lifetime.started;
    expect(counted).toBe(seen.authSessions.edges.length);
    expect(whole.sessionCounts.lifetime.started).toBeGreaterThan(counted);
  });

  test('changes that environment as its role allows, and nothing outside', async () => {
    const change = async (mutation: string, variables: object) => {
      const { json } = await server.post(mutation, variables, narrowed);
      return json.data?.answer?.code ?? json.errors?.[0].extensions.code ?? 'done';
    };
    const common = '{ __typename ... on UserError { code } }';
    const environment = (id: string) =>
      change(
        `mutation ($id: ID!) { answer: updateEnvironment(input: { id: $id, version: 1, name: "Renamed" }) ${common} }`,
        { id },
      );
    expect(await environment(project.development.id)).toBe('NOT_FOUND');
    expect(await environment(project.production.id)).toBe('done');
    const { id, workspaceId } = project;
    for (const mutation of [
      'updateProject(input: { id: $id, version: 1, name: "Mine" })',
      'deleteProject(input: { id: $id, confirmName: "Shop" })',
      'createEnvironment(input: { projectId: $id, name: "More", kind: CUSTOM })',
    ]) {
      expect(
        await change(`mutation ($id: ID!) { answer: ${mutation} ${common} }`, { id }),
        mutation,
      ).toBe('FORBIDDEN');
    }
    for (const [mutation, code] of [
      ['createProject(input: { name: "Mine", workspaceId: $id })', 'FORBIDDEN'],
      ['updateWorkspace(input: { id: $id, version: 1, name: "Mine" })', 'NOT_FOUND'],
      ['createWorkspace(input: { name: $id })', 'FORBIDDEN'],
    ] as const) {
      const type = mutation.startsWith('createWorkspace') ? 'String!' : 'ID!';
      expect(
        await change(`mutation ($id: ${type}) { answer: ${mutation} ${common} }`, {
          id: workspaceId,
        }),
        mutation,
      ).toBe(code);
    }
    expect((await db.project.findUniqueOrThrow({ where: { id } })).name).toBe('Shop');
  });

  test('starts, confirms, cancels and exchanges no session outside it, whatever it holds', async () => {
    const missing = { code: 'NOT_FOUND' };
    const { session, clientSecret, linkToken } = await startElsewhere();
    const { sessionId } = session;
    expect(await start(narrowed, { environmentId: project.development.id })).toMatchObject(missing);
    for (const input of [{ sessionId }, { clientSecret }, { linkToken }]) {
      expect(await cancel(narrowed, input)).toMatchObject(missing);
    }
    expect(await confirm(narrowed, { linkToken, subject })).toMatchObject(missing);
    await confirm(nobodyAtAll, { linkToken, subject });
    for (const input of [{ sessionId }, { clientSecret }]) {
      expect(await exchange(narrowed, input)).toMatchObject(missing);
    }
    expect(await watch(nobodyAtAll, clientSecret)).toBe('CONFIRMED');
    expect(await exchange(inDevelopment, { sessionId })).toMatchObject({
      session: { status: 'USED' },
    });
    const own = await start(inDevelopment, { environmentId: project.development.id });
    expect(await cancel(inDevelopment, { clientSecret: own.clientSecret })).toMatchObject({
      session: { status: 'CANCELLED' },
    });

    await db.project.update({ where: { id: project.id }, data: { publicAccess: true } });
    const bare = { projectId: project.id };
    expect(await start(inDevelopment, bare)).toMatchObject(missing);
    expect(await start(narrowed, bare)).toMatchObject({ session: { status: 'PENDING' } });
    const { id: otherId } = otherProject;
    await db.project.update({ where: { id: otherId }, data: { publicAccess: true } });
    expect(await start(narrowed, { projectId: otherId })).toMatchObject(missing);
    await db.project.update({ where: { id: project.id }, data: { publicAccess: false } });
  });

  test('gains no power from the key', async () => {
    const viewer = await addMember(tools, project.workspaceId, 'VIEWER');
    const { token } = await giveToken(tools, viewer);
    const by = withToken(token, { 'x-api-key': project.production.secret });
    const { session, linkToken } = await startHere();
    expect(await confirm(by, { sessionId: session.sessionId, subject })).toMatchObject({
      code: 'FORBIDDEN',
    });
    expect(await confirm(by, { linkToken, subject })).toMatchObject({
      code: 'CHANNEL_UNAVAILABLE',
    });
    expect(await cancel(by, { sessionId: session.sessionId })).toMatchObject({
      code: 'FORBIDDEN',
    });
    const asKey = await start(by, {}).catch((error: Error) => error);
    expect(asKey).toMatchObject({ code: 'VALIDATION_FAILED' });
  });

  test('must belong together with it', async () => {
    const mismatch = [400, 'CREDENTIAL_MISMATCH'];
    const stranger = await giveToken(tools, await signUpSomebody(tools));
    const key = { 'x-api-key': project.production.secret };
    expect(await refused(withToken(stranger.token, key))).toEqual(mismatch);
    const limited = await giveToken(tools, owner, { workspaceId: otherProject.workspaceId });
    expect(await refused(withToken(limited.token, key))).toEqual(mismatch);
    const fitting = await giveToken(tools, owner, { workspaceId: project.workspaceId });
    await server.graphql('{ viewer { email } }', {}, withToken(fitting.token, key));
    const member = await addMember(tools, project.workspaceId, 'VIEWER');
    const { token } = await giveToken(tools, member);
    await server.graphql('{ viewer { email } }', {}, withToken(token, key));
    await setRole(tools, member.actor.id, project.workspaceId, null);
    expect(await refused(withToken(token, key))).toEqual(mismatch);
  });

  test('fails the whole request where one of the two is refused', async () => {
    const dead = await createTestProject(tools, owner);
    await db.apiKey.updateMany({
      where: { environmentId: dead.production.id },
      data: { active: false },
    });
    const inactive = { 'x-api-key': dead.production.secret };
    expect(await refused(withToken(write, inactive))).toEqual([401, 'UNAUTHENTICATED', 'INACTIVE']);
    expect(await refused(withToken(write, { 'x-api-key': 'junk' }))).toEqual([
      401,
      'UNAUTHENTICATED',
      'UNKNOWN',
    ]);
    const key = { 'x-api-key': project.production.secret };
    expect(await refused(withToken(newAccessTokenValue(), key))).toEqual([
      401,
      'UNAUTHENTICATED',
      'UNKNOWN',
    ]);
    const foreign = { ...key, origin: 'https://evil.example' };
    expect(await refused(withToken(write, foreign))).toEqual([
      401,
      'UNAUTHENTICATED',
      'SECRET_IN_BROWSER',
    ]);
  });
});
