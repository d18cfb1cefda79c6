/** A server with seeded history, and what there is in it to ask for. */
import { listQuery } from './data-cases.ts';
import { account, ask, type Latchkey, latchkeySettings, send, startLatchkey } from './latchkey.ts';
import { startProgram } from './processes.ts';
import { showProgress } from './progress.ts';

export interface Look {
  /** Of the workspace, its busiest project, and production of that. */
  ids: { workspace: string; project: string; environment: string };
  keys: { frequent: string; rare: string; never: string };
  userId: string;
  sessionId: string;
  subjects: { frequent: string; rare: string };
  /** The cursor before page 1,000 of the workspace's log. */
  page1000: string;
}

export interface Dataset extends Look {
  latchkey: Latchkey;
  cookie: string;
  /** What seeding said that it did; null: all was there already. */
  seeded: string | null;
}

/** A year, so that every analytics range has something in all of its days. */
export const days = 366;
const pageSize = 20;

/**
 * Starts a server on the database of this directory, and seeds it in the name of our account. What is
 * there of an earlier run with as many sessions is used again.
 */
export async function createDataset(dataDir: string, sessions: number): Promise<Dataset> {
  const latchkey = await startLatchkey({ dataDir });
  const { port } = latchkey;
  const cookie = await signUpOrIn(port);
  const seed = startProgram('dist/seed.js', {
    args: ['--sessions', String(sessions), '--days', String(days), '--email', account.email],
    env: latchkeySettings(dataDir),
  });
  const timer = setInterval(() => {
    showProgress(`seeding:${seed.output().trim().split('\n').at(-1) ?? ''}`);
  }, 1_000);
  await seed.ended().finally(() => clearInterval(timer));
  const [seeded = null] = /[\d,]+ sessions from .+ in [\d.]+ s/.exec(seed.output()) ?? [];
  return { latchkey, cookie, seeded, ...(await look({ port, cookie })) };
}

/** The workspace keeps what is seeded: nothing is to be removed while it is measured. */
async function signUpOrIn(port: number): Promise<string> {
  const { email, password } = account;
  const signIn = `mutation ($input: SignInInput!) { signIn(input: $input) { __typename } }`;
  const there = await send(port, signIn, { email, password }).catch(() => null);
  if (there) return there.cookie;
  const { payload, cookie } = await send(
    port,
    `mutation ($input: SignUpInput!) { signUp(input: $input) {
      __typename ... on SignUpPayload { viewer { memberships { workspace { id version } } } } } }`,
    account,
  );
  const [{ workspace }] = payload.viewer.memberships;
  await send(
    port,
    `mutation ($input: UpdateWorkspaceInput!) { updateWorkspace(input: $input) { __typename } }`,
    { ...workspace, logRetentionDays: 2 * days, sessionRetentionDays: 2 * days },
    cookie,
  );
  return cookie;
}

/** Finds what can be asked for, on a server that was seeded for this user. */
export async function look({ port, cookie }: { port: number; cookie: string }): Promise<Look> {
  const read = (query: string, variables: object = {}) => ask(port, query, variables, cookie);
  const { viewer } = await read('{ viewer { user { id } memberships { workspace { id } } } }');
  const workspace: string = viewer.memberships[0].workspace.id;
  const { projects } = await read(`{ projects(search: "Sample shop") { edges { node { id
    environments { id kind primaryKey(type: SECRET) { id } } } } } }`);
  const [{ node: project }] = projects.edges;
  const of = (kind: string) =>
    project.environments.find((each: { kind: string }) => each.kind === kind);
  const { payload } = await send(
    port,
    `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) {
      __typename ... on CreateApiKeyPayload { apiKey { id } } } }`,
    { environmentId: of('PRODUCTION').id, name: 'Never used', type: 'SECRET' },
    cookie,
  );
  const ids = { workspace, project: project.id, environment: of('PRODUCTION').id };
  const { scope } = await read(
    `query ($id: ID!) { scope: project(id: $id) { authSessions(last: 100) {
      edges { node { id subject { id } } } } } }`,
    { id: project.id },
  );
  type Row = { node: { id: string; subject: { id: string } | null } };
  const oldest: Row[] = scope.authSessions.edges;
  // The highest number of them is the rarest.
  const numbers = oldest.map(({ node }) => Number(node.subject?.id.split('-')[1] ?? 0));
  const rare = numbers.indexOf(Math.max(...numbers));
  return {
    ids,
    keys: {
      frequent: of('PRODUCTION').primaryKey.id,
      rare: of('STAGING').primaryKey.id,
      never: payload.apiKey.id,
    },
    userId: viewer.user.id,
    sessionId: oldest[rare]!.node.id,
    subjects: { frequent: 'user-1', rare: oldest[rare]!.node.subject!.id },
    page1000: await cursorBefore(1_000),
  };

  /** The end of the page before, found in the widest steps that there are. */
  async function cursorBefore(page: number): Promise<string> {
    const query = listQuery('workspace', 'logs');
    let after: string | null = null;
    for (let left = (page - 1) * pageSize; left > 0; left -= 100) {
      const first = Math.min(left, 100);
      const { scope } = await read(query, { id: workspace, first, after, filter: {} });
      after = scope.list.pageInfo.endCursor;
      if (!scope.list.pageInfo.hasNextPage) throw new Error('The log has not so many pages.');
    }
    return after!;
  }
}
