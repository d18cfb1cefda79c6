import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { UrlLoader } from '@graphql-tools/url-loader';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { createTestProject } from '../support/projects.ts';
import { startTestServer } from '../support/server.ts';
import { createSessionApi, withKey } from '../support/session-api.ts';

/** Clients that were made without us in mind, as their manuals set them up. */
const server = await startTestServer();
const url = `${server.url}/graphql`;
const project = await createTestProject(server.tools);
const { secret } = project.production;
const api = createSessionApi(server);
const counts = 'subscription { liveSessionCounts { id pending } }';

test('Apollo Client queries, mutates and subscribes', async () => {
  const link = new HttpLink({ uri: url, headers: { 'x-api-key': secret } });
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const { data } = await client.query<{ viewerKey: { name: string; type: string } }>({
    query: gql('{ viewerKey { id name type environment { id kind } } }'),
  });
  expect(data?.viewerKey).toMatchObject({ type: 'SECRET' });
  const { data: started } = await client.mutate<{ startSession: { __typename: string } }>({
    mutation: gql(
      'mutation { startSession(input: {}) { ... on StartSessionPayload { session { sessionId } } } }',
    ),
  });
  expect(started?.startSession.__typename).toBe('StartSessionPayload');

  const sockets = createWsClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { apiKey: secret },
  });
  const live = new ApolloClient({ link: new GraphQLWsLink(sockets), cache: new InMemoryCache() });
  const told: unknown[] = [];
  const subscription = live.subscribe({ query: gql(counts) }).subscribe(({ data }) => {
    told.push(data);
  });
  await expect.poll(() => told).toMatchObject([{ liveSessionCounts: { pending: 1 } }]);
  await api.start(withKey(secret));
  await expect.poll(() => told.at(-1)).toMatchObject({ liveSessionCounts: { pending: 2 } });
  subscription.unsubscribe();
  await sockets.dispose();
  client.stop();
  live.stop();
});

test('graphql-sse subscribes', async () => {
  const client = createSseClient({ url, headers: { 'x-api-key': secret } });
  for await (const { data } of client.iterate({ query: counts })) {
    expect(data).toMatchObject({ liveSessionCounts: { pending: expect.any(Number) } });
    break;
  }
  client.dispose();
});

test('what introspection says is the committed schema', async () => {
  const [source] = await new UrlLoader().load(url, { specifiedByUrl: true });
  const committed = await readFile('schema/schema.graphql', 'utf8');
  expect(`${printSchema(lexicographicSortSchema(source!.schema!))}\n`).toBe(committed);
});

test('relay-compiler takes the schema, its connections and its nodes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-relay-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'src'));
  await writeFile(join(folder, 'schema.graphql'), await readFile('schema/schema.graphql'));
  const config = {
    src: './src',
    schema: './schema.graphql',
    language: 'typescript',
    customScalarTypes: {},
  };
  await writeFile(join(folder, 'relay.config.json'), JSON.stringify(config));
  await writeFile(join(folder, 'src', 'pages.ts'), relayDocuments);
  const compiler: string = createRequire(import.meta.url)('relay-compiler');
  await promisify(execFile)(compiler, ['./relay.config.json'], { cwd: folder });
  const made = await readdir(join(folder, 'src', '__generated__'));
  expect(made).toHaveLength(5);
});

const relayDocuments = `
import { graphql } from 'relay-runtime';
graphql\`fragment pages_projects on Workspace
  @argumentDefinitions(first: { type: "Int", defaultValue: 20 }, after: { type: "String" })
  @refetchable(queryName: "pagesProjectsQuery") {
    projects(first: $first, after: $after) @connection(key: "pages_projects") {
      edges { node { id name sessionCounts { id pending } } }
    }
  }\`;
graphql\`query pagesQuery($id: ID!) {
  workspace(id: $id) { ...pages_projects }
  node(id: $id) { id __typename }
}\`;
graphql\`mutation pagesMutation($input: UpdateProjectInput!) {
  updateProject(input: $input) {
    __typename
    ... on UpdateProjectPayload { project { id name version } }
    ... on UserError { code message }
  }
}\`;
graphql\`subscription pagesSubscription { liveSessionCounts { id pending } }\`;
`;
