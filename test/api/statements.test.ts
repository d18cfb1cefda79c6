import { beforeAll, describe, expect, test } from 'vitest';
import { insertApiKey } from '../../server/domain/api-keys/create.ts';
import { callAs } from '../support/call.ts';
import { createTestProject, type TestProject } from '../support/projects.ts';
import { startTestServer } from '../support/server.ts';
import { watchStatements } from '../support/statements.ts';
import { addEndpoint } from '../support/webhooks.ts';

const server = await startTestServer();
const watch = watchStatements(server.db);
let project: TestProject;

/** Twenty projects and one, which has twenty sessions, each of another key. */
beforeAll(async () => {
  project = await createTestProject(server.tools);
  for (let index = 0; index < 20; index += 1) {
    const { value } = await insertApiKey(server.tools, server.db, {
      workspaceId: project.workspaceId,
      projectId: project.id,
      environmentId: project.production.id,
      kind: 'PRODUCTION',
      type: 'SECRET',
      name: `Key ${index}`,
      createdById: project.owner.actor.id,
    });
    const headers = { 'x-api-key': value };
    await server.graphql('mutation { startSession(input: {}) { __typename } }', {}, { headers });
    const { production } = await createTestProject(server.tools, project.owner);
    const url = 'https://example.com';
    await addEndpoint(callAs(server.tools, project.owner.actor), production.id, { url });
  }
});

/** How many statements the query runs with `$first` rows. */
async function countStatements(query: string, first: number): Promise<number> {
  const owner = { cookie: project.owner.token };
  const { result, statements } = await watch.during(() =>
    server.graphql(query, { id: project.id, first }, owner),
  );
  const [list] = Object.values(result.project ?? result) as { edges: unknown[] }[];
  expect(list?.edges).toHaveLength(first);
  return statements.length;
}

describe('a list runs as many statements for twenty rows as for one', () => {
  test.each([
    ['authSessions', 'status project { name } environment { kind } apiKey { name status }'],
    ['logs', 'type workspace { name } project { name } environment { kind } apiKey { name }'],
    ['logs', 'session { status project { name } environment { kind } apiKey { name } }'],
  ])('%s { %s }', async (list, fields) => {
    const query = `query ($id: ID!, $first: Int!) {
      project(id: $id) { ${list}(first: $first) { edges { node { id ${fields} } } } }
    }`;
    const one = await countStatements(query, 1);
    expect(await countStatements(query, 20)).toBe(one);
    expect(one).toBeLessThanOrEqual(10);
  });

  test.each([
    'workspace { name } environments { kind } defaultEnvironment { kind }',
    'sessionCounts { pending today { started } lifetime { started confirmed } }',
    'environments { apiKeys(first: 5) { edges { node { name preview status } } } }',
    'webhookUrl environments { webhookEndpoints { url consecutiveFailures lastSuccessAt secretRotationEndsAt } }',
    'environments { primaryKey(type: PUBLISHABLE) { publishableValue } }',
  ])('projects { %s }', async (fields) => {
    const query = `query ($first: Int!) {
      projects(first: $first) { edges { node { id ${fields} } } }
    }`;
    const one = await countStatements(query, 1);
    expect(await countStatements(query, 20)).toBe(one);
    expect(one).toBeLessThanOrEqual(10);
  });
});
