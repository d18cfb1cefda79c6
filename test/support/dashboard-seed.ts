/** What the tour of the dashboard finds there. */

/** Sends one operation, with the cookie of the person if there is one. */
// biome-ignore lint/suspicious/noExplicitAny: replies of every shape
export type Ask = (query: string, variables?: object, cookie?: string) => Promise<any>;

export interface TourWorld {
  /** What the owner's cookie holds. */
  token: string;
  workspaceId: string;
  projectId: string;
  /** A workspace without a project. */
  emptyWorkspaceId: string;
  developmentId: string;
  /** In development; nobody listens there. */
  webhookEndpointId: string;
  /** A project whose development environment has the sessions of some months, and one that is empty. */
  sample: { projectId: string; developmentId: string; emptyId: string };
  /** Of sessions in states that the confirm page shows. */
  linkTokens: Record<'pending' | 'typed' | 'production' | 'used' | 'cancelled', string>;
}

/** One person with what there is to see. */
export async function seedTour(
  ask: Ask,
  signUp: (input: object) => Promise<string>,
): Promise<TourWorld> {
  const token = await signUp({
    email: 'ada@example.com',
    password: 'correct horse battery',
    name: 'Ada Lovelace',
  });
  const { viewer } = await ask('{ viewer { memberships { workspace { id } } } }', {}, token);
  const workspaceId = viewer.memberships[0].workspace.id;
  const createProject = `mutation ($input: CreateProjectInput!) {
    createProject(input: $input) { ... on CreateProjectPayload {
      project { id environments { id kind } } secretKey { id name } } } }`;
  const create = async (name: string) =>
    (await ask(createProject, { input: { workspaceId, name } }, token)).createProject;
  const internal = await create('Internal tools');
  const { project, secretKey } = await create('Shop');
  const environmentOf = (kind: string) =>
    project.environments.find((each: { kind: string }) => each.kind === kind).id;
  const { createWorkspace } = await ask(
    `mutation { createWorkspace(input: { name: "Analytical Engines" }) {
      ... on CreateWorkspacePayload { workspace { id } } } }`,
    {},
    token,
  );
  await ask(
    `mutation ($id: ID!) {
      regenerateApiKey(input: { id: $id, overlapSeconds: 86400 }) { __typename } }`,
    { id: secretKey.id },
    token,
  );
  const addKey = `mutation ($input: CreateApiKeyInput!) {
    createApiKey(input: $input) { ... on CreateApiKeyPayload { secret } } }`;
  const environmentId = environmentOf('PRODUCTION');
  const keyOf = async (name: string) => {
    const input = { environmentId, name, type: 'SECRET', expiresAt: inDays(90) };
    return (await ask(addKey, { input }, token)).createApiKey.secret;
  };
  await keyOf('Nightly reports');
  await ask(
    `mutation ($input: CreateAccessTokenInput!) { createAccessToken(input: $input) { __typename } }`,
    { input: { name: 'Deployment', scope: 'WRITE', workspaceId, expiresAt: inDays(30) } },
    token,
  );
  await ask(
    `mutation ($input: InviteMemberInput!) { inviteMember(input: $input) { __typename } }`,
    { input: { workspaceId, email: 'grace@example.com', role: 'DEVELOPER' } },
    token,
  );
  const developmentId = environmentOf('DEVELOPMENT');
  const webhookEndpointId = await addWebhook(ask, token, developmentId);
  const linkTokens = {
    ...(await startSessions(ask, token, developmentId)),
    ...(await startInPublic(ask, token, internal.project)),
  };
  const sample = await addSample(ask, token, (await create('Bookshop')).project);
  return {
    token,
    workspaceId,
    sample,
    projectId: project.id,
    emptyWorkspaceId: createWorkspace.workspace.id,
    developmentId,
    webhookEndpointId,
    linkTokens,
  };
}

async function addWebhook(ask: Ask, token: string, environmentId: string): Promise<string> {
  const { createWebhookEndpoint } = await ask(
    `mutation ($input: CreateWebhookEndpointInput!) {
      createWebhookEndpoint(input: $input) {
        ... on CreateWebhookEndpointPayload { webhookEndpoint { id } } } }`,
    { input: { environmentId, url: 'http://127.0.0.1:9/webhooks' } },
    token,
  );
  const { id } = createWebhookEndpoint.webhookEndpoint;
  await ask(
    'mutation ($id: ID!) { sendTestWebhook(input: { id: $id }) { __typename } }',
    { id },
    token,
  );
  return id;
}

async function addSample(
  ask: Ask,
  token: string,
  { id, environments }: { id: string; environments: { id: string; kind: string }[] },
) {
  const developmentId = environments.find(({ kind }) => kind === 'DEVELOPMENT')?.id ?? '';
  const add = `mutation ($environmentId: ID!) {
    addSampleData(input: { environmentId: $environmentId }) { __typename } }`;
  await ask(add, { environmentId: developmentId }, token);
  const { createEnvironment } = await ask(
    `mutation ($input: CreateEnvironmentInput!) { createEnvironment(input: $input) {
      ... on CreateEnvironmentPayload { environment { id } } } }`,
    { input: { projectId: id, name: 'Sandbox', kind: 'DEVELOPMENT' } },
    token,
  );
  return { projectId: id, developmentId, emptyId: createEnvironment.environment.id };
}

/** One session in production, which anybody may start, and one whose code has to be typed. */
async function startInPublic(
  ask: Ask,
  token: string,
  project: { id: string; environments: { id: string; kind: string }[] },
) {
  const update = `mutation ($input: UpdateProjectInput!) {
    updateProject(input: $input) { ... on UpdateProjectPayload { project { version } } } }`;
  const start = `mutation ($input: StartSessionInput!) {
    startSession(input: $input) { ... on StartSessionPayload { linkToken } } }`;
  const { id } = project;
  const opened = await ask(update, { input: { id, version: 1, publicAccess: true } }, token);
  const production = (await ask(start, { input: { projectId: id } })).startSession.linkToken;
  const { version } = opened.updateProject.project;
  await ask(update, { input: { id, version, publicAccess: false, requireUserCode: true } }, token);
  const environmentId = project.environments.find(({ kind }) => kind === 'DEVELOPMENT')?.id;
  const typed = (await ask(start, { input: { environmentId } }, token)).startSession.linkToken;
  return { production, typed };
}

/** A session in each of the states that can be had at once. */
async function startSessions(ask: Ask, token: string, environmentId: string) {
  const start = `mutation ($input: StartSessionInput!) {
    startSession(input: $input) {
      ... on StartSessionPayload { session { sessionId } linkToken clientSecret } } }`;
  const begin = async () => (await ask(start, { input: { environmentId } }, token)).startSession;
  const confirm = `mutation ($input: ConfirmSessionInput!) {
    confirmSession(input: $input) { __typename } }`;
  const pending = await begin();
  const cancelled = await begin();
  await ask(
    'mutation ($input: CancelSessionInput!) { cancelSession(input: $input) { __typename } }',
    { input: { clientSecret: cancelled.clientSecret } },
  );
  const people = ['Katherine Johnson', 'Alan Turing'];
  let used = '';
  for (const name of people) {
    const { linkToken, clientSecret } = await begin();
    used = linkToken;
    await ask(confirm, { input: { linkToken, subject: { id: name.toLowerCase(), name } } });
    if (name !== 'Alan Turing') continue;
    await ask(
      'mutation ($input: ExchangeSessionInput!) { exchangeSession(input: $input) { __typename } }',
      { input: { clientSecret } },
    );
  }
  return { pending: pending.linkToken, cancelled: cancelled.linkToken, used };
}

function inDays(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString();
}
