/**
 * Who may watch what: exactly what they may read. Everybody subscribes to everything there is, and is
 * told what a query tells them, field for field, or refused where a query shows nothing.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import type { GraphQLOptions } from '../support/server.ts';
import { startTestServer } from '../support/server.ts';
import { openStream } from '../support/socket.ts';
import { type ActorName, createWorld, type World } from '../support/world.ts';

const server = await startTestServer();
let world: World;
/** A project or one of its environments, as arguments. */
let scopes: { projectId: string; environmentId: string | null }[];
/** Of the oldest entry of each scope. */
const cursors = new Map<string, string>();

beforeAll(async () => {
  world = await createWorld(server.tools);
  const { projects, environments } = world;
  scopes = [
    ...Object.values(projects).map((projectId) => ({ projectId, environmentId: null })),
    ...Object.values(environments).map(({ projectId, id }) => ({ projectId, environmentId: id })),
    // An environment of another project.
    { projectId: projects['w1-p2']!, environmentId: environments['w1-p1-production']!.id },
  ];
}, 120_000);

const counted = `id pending today { started confirmed } lifetime { started confirmed cancelled expired used }`;
const entry = `id at type level message reason actor { kind id label } workspace { id } project { id }
  environment { id } session { id } apiKey { id } ip userAgent requestId data`;
const refusals = ['UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'];
const names = [
  'nobody',
  'publishable key',
  'secret key',
  'secret key of another environment',
  'secret key of another workspace',
  'viewer',
  'developer',
  'admin',
  'owner',
  'owner of another workspace',
  'access token that reads',
  'access token for another workspace',
  'access token beside a key',
] as const satisfies ActorName[];

const headersOf = ({ headers, cookie }: GraphQLOptions) => ({
  ...headers,
  ...(cookie === undefined ? {} : { cookie: `latchkey=${cookie}` }),
});

/** What a query shows of the scope; null: nothing, as of what does not exist. */
async function read(scope: (typeof scopes)[number], selection: string, by: GraphQLOptions) {
  const { projectId, environmentId } = scope;
  const [field, id] = environmentId ? ['environment', environmentId] : ['project', projectId];
  const ofProject = environmentId ? 'project { id }' : 'id';
  const query = `query ($id: ID!) { scope: ${field}(id: $id) { ${ofProject} ${selection} } }`;
  const { json } = await server.post(query, { id }, by);
  const found = json.data?.scope ?? null;
  return found && (found.project?.id ?? found.id) === projectId ? found : null;
}

/** All entries of the scope, the oldest first, each as the actor sees it. */
async function readLog(scope: (typeof scopes)[number], by: GraphQLOptions) {
  const nodes: unknown[] = [];
  for (let before: string | null = null; ; ) {
    const page = `logs(last: 50${before ? `, before: "${before}"` : ''}) {
      edges { cursor node { ${entry} } } pageInfo { hasPreviousPage startCursor } }`;
    const found = await read(scope, page, by);
    if (!found) return null;
    const { edges, pageInfo } = found.logs;
    nodes.push(...edges.map(({ node }: { node: unknown }) => node).reverse());
    if (nodes.length > 0 && before === null) {
      cursors.set(JSON.stringify(scope), edges.at(-1).cursor);
    }
    if (!pageInfo.hasPreviousPage) return nodes;
    before = pageInfo.startCursor;
  }
}

/** The first results of a subscription, as many, or until it is refused. */
async function watch(query: string, variables: object, by: GraphQLOptions, count = 1) {
  const stream = await openStream(server.url, query, variables, headersOf(by));
  await expect
    .poll(() => stream.results.length >= count || stream.isOver, { interval: 5 })
    .toBe(true);
  stream.close();
  return stream.results;
}

describe.each(names)('%s', (name) => {
  test('watches the counts that they may read, and no others', { timeout: 60_000 }, async () => {
    const by = world.actors[name];
    const query = `subscription ($projectId: ID, $environmentId: ID) {
      counts: liveSessionCounts(projectId: $projectId, environmentId: $environmentId) { ${counted} } }`;
    for (const scope of scopes) {
      const readable = await read(scope, `sessionCounts { ${counted} }`, by);
      const [first] = await watch(query, scope, by);
      if (readable) expect(first).toEqual({ data: { counts: readable.sessionCounts } });
      else expect(refusals).toContain(first?.errors[0].extensions.code);
    }
  });

  test('watches the entries that they may read, as they may read them', {
    timeout: 120_000,
  }, async () => {
    const by = world.actors[name];
    const query = `subscription ($projectId: ID, $environmentId: ID, $after: String) {
      entry: logAppended(projectId: $projectId, environmentId: $environmentId, after: $after) { ${entry} } }`;
    for (const scope of scopes) {
      const nodes = await readLog(scope, by);
      const after = cursors.get(JSON.stringify(scope)) ?? null;
      if (nodes === null) {
        const [first] = await watch(query, { ...scope, after }, by);
        expect(refusals).toContain(first?.errors[0].extensions.code);
      } else if (nodes.length > 1) {
        const told = await watch(query, { ...scope, after }, by, nodes.length - 1);
        const entries = told.map(({ data }) => data.entry);
        expect(new Set(nodes.map((node) => JSON.stringify(node)))).toEqual(
          new Set([nodes[0], ...entries].map((node) => JSON.stringify(node))),
        );
      }
    }
  });

  test('watches the sessions that a query shows them by the same client secret', {
    timeout: 60_000,
  }, async () => {
    const by = world.actors[name];
    const watched = 'sessionId status expiresAt returnUrl pollIntervalSeconds';
    for (const { clientSecret: secret } of world.sessions) {
      const { watchedSession } = await server.graphql(
        `query ($secret: String!) { watchedSession(clientSecret: $secret) { ${watched} } }`,
        { secret },
        by,
      );
      const subscription = `subscription ($secret: String!) {
        sessionChanged(clientSecret: $secret) { ${watched} } }`;
      const [first] = await watch(subscription, { secret }, by);
      if (watchedSession) expect(first).toEqual({ data: { sessionChanged: watchedSession } });
      else expect(first?.errors[0].extensions.code).toBe('NOT_FOUND');
    }
  });
});

test('everybody there is was asked', () => {
  expect([...names].sort()).toEqual(Object.keys(world.actors).sort());
});
