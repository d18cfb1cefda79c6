import { describe, expect, test } from 'vitest';
import { newId } from '../../server/domain/ids.ts';
import { createTestProject } from '../support/projects.ts';
import { type GraphQLOptions, startTestServer } from '../support/server.ts';
import { createSessionApi, nobodyAtAll, subject, withKey } from '../support/session-api.ts';

const server = await startTestServer();
const { start, confirm, cancel, exchange, watch, look } = createSessionApi(server);
const project = await createTestProject(server.tools);
const other = await createTestProject(server.tools);
const secretKey = withKey(project.production.secret);
const otherKey = withKey(other.production.secret);

describe('a key of another project', () => {
  const lookups = `query ($session: ID!, $project: ID!, $environment: ID!) {
    authSession(id: $session) { id } node(id: $session) { id } nodes(ids: [$session]) { id }
    project(id: $project) { id } environment(id: $environment) { id }
  }`;
  const nothing = {
    authSession: null,
    node: null,
    nodes: [null],
    project: null,
    environment: null,
  };

  test('finds none of its things, like those that never were', async () => {
    const { session } = await start(secretKey);
    const [mine, hidden, missing] = [
      [secretKey, session.sessionId, project.id, project.production.id],
      [otherKey, session.sessionId, project.id, project.production.id],
      [otherKey, newId('authSession'), newId('project'), newId('environment')],
    ].map(([by, id, projectId, environment]) =>
      server.graphql(
        lookups,
        { session: id, project: projectId, environment },
        by as GraphQLOptions,
      ),
    );
    expect(await mine).toMatchObject({ authSession: { id: session.sessionId } });
    expect(await hidden).toEqual(nothing);
    expect(await missing).toEqual(nothing);
  });

  test('neither watches nor looks at its sessions, whatever else it holds', async () => {
    const { clientSecret, linkToken } = await start(secretKey);
    expect(await watch(otherKey, clientSecret)).toBeNull();
    expect(await look(otherKey, linkToken)).toBeNull();
    expect(await watch(nobodyAtAll, clientSecret)).toBe('PENDING');
    expect(await look(nobodyAtAll, linkToken)).toBe('PENDING');
  });

  test('cannot confirm, cancel or exchange, and is told so like of a missing session', async () => {
    const { session, clientSecret, linkToken } = await start(secretKey);
    const { sessionId } = session;
    const missing = await confirm(otherKey, { sessionId: newId('authSession'), subject });
    expect(missing).toEqual({
      __typename: 'NotFoundError',
      code: 'NOT_FOUND',
      message: 'The session was not found.',
    });
    expect(await confirm(otherKey, { sessionId, subject })).toEqual(missing);
    expect(await confirm(otherKey, { linkToken, subject })).toEqual(missing);
    expect(await cancel(otherKey, { sessionId })).toEqual(missing);
    expect(await cancel(otherKey, { clientSecret })).toEqual(missing);
    expect(await cancel(otherKey, { linkToken })).toEqual(missing);
    await confirm(secretKey, { sessionId, subject });
    expect(await exchange(otherKey, { sessionId })).toEqual(missing);
    expect(await exchange(otherKey, { clientSecret })).toEqual(missing);
    expect(await exchange(secretKey, { sessionId })).toMatchObject({ session: { status: 'USED' } });
  });

  test('of the same project, for another environment, is told the same', async () => {
    const { session, clientSecret } = await start(secretKey);
    const development = withKey(project.development.publishableValue);
    expect(await watch(development, clientSecret)).toBeNull();
    expect(await cancel(development, { clientSecret })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await cancel(development, { sessionId: session.sessionId })).toMatchObject({
      code: 'FORBIDDEN',
    });
  });
});

test('a key manages nothing, and a publishable key reads nothing beyond its own name', async () => {
  const manage = await server.post(
    'mutation { createProject(input: { name: "Mine" }) { __typename } }',
    {},
    secretKey,
  );
  expect(manage.json).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  const publishable = withKey(project.production.publishableValue);
  const own = await server.graphql(
    'query ($id: ID!) { viewerKey { name type environment { kind } } project(id: $id) { id } projects { edges { cursor } } }',
    { id: project.id },
    publishable,
  );
  expect(own).toEqual({
    viewerKey: {
      name: 'Publishable key',
      type: 'PUBLISHABLE',
      environment: { kind: 'PRODUCTION' },
    },
    project: null,
    projects: { edges: [] },
  });
  const more = await server.post('{ viewerKey { environment { name } } }', {}, publishable);
  expect(more.json.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
});
