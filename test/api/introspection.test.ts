import { expect, test } from 'vitest';
import { createTestProject } from '../support/projects.ts';
import { startTestServer } from '../support/server.ts';
import { withKey } from '../support/session-api.ts';

const server = await startTestServer({ openIntrospection: false });
const project = await createTestProject(server.tools);
const ask = '{ __schema { queryType { name } } }';

test('introspection can be kept to those who have a credential', async () => {
  for (const query of [ask, '{ server { version } __type(name: "Query") { name } }']) {
    const { status, json } = await server.post(query);
    expect(status).toBe(401);
    expect(json.errors[0].extensions).toMatchObject({ code: 'UNAUTHENTICATED' });
  }
  expect((await server.send('/schema.graphql')).status).toBe(404);
  const { __schema } = await server.graphql(ask, {}, withKey(project.production.secret));
  expect(__schema.queryType.name).toBe('Query');
  // Not one answer for all who send the same document.
  expect((await server.post(ask)).status).toBe(401);
});

test('what is no introspection goes on without a credential', async () => {
  expect(await server.graphql('{ server { version } }')).toBeDefined();
});
