/**
 * A server full of things, each planted so that it is known again: three workspaces, of which one has
 * every kind of thing there is, with people of every role, and others that must not see them.
 *
 *     w1  owner, admin, developer, viewer, both      p1  production, staging, development, empty     p2
 *     w2  stranger, both                             p3
 *     w3  owner                                      p4
 *     gone: a project, an environment and a key that w1 had and that were deleted
 */
import type { ApiKeyType, Role } from '../../prisma/generated/enums.ts';
import { signUp } from '../../server/domain/accounts/sign-up.ts';
import { createApiKey } from '../../server/domain/api-keys/create.ts';
import { deleteApiKey } from '../../server/domain/api-keys/delete.ts';
import { regenerateApiKey } from '../../server/domain/api-keys/regenerate.ts';
import { updateApiKey } from '../../server/domain/api-keys/update.ts';
import type { Call, Tools } from '../../server/domain/call.ts';
import { createEnvironment } from '../../server/domain/environments/create.ts';
import { deleteEnvironment } from '../../server/domain/environments/delete.ts';
import { updateEnvironment } from '../../server/domain/environments/update.ts';
import { inviteMember } from '../../server/domain/invitations/invite.ts';
import { createProject } from '../../server/domain/projects/create.ts';
import { deleteProject } from '../../server/domain/projects/delete.ts';
import { createWorkspace } from '../../server/domain/workspaces/create.ts';
import { updateWorkspace } from '../../server/domain/workspaces/update.ts';
import { password, type SignedUp } from './accounts.ts';
import { callAs, nobody } from './call.ts';
import { createMarkers, type Markers } from './markers.ts';
import { callOf, giveToken, ownWorkspace, setRole, withToken } from './people.ts';
import type { GraphQLOptions } from './server.ts';
import { nobodyAtAll, withKey } from './session-api.ts';
import { addSessions, type StartedSession } from './world-sessions.ts';
import { addCounts, addRefusals, labelLogs, plantLogs } from './world-traces.ts';
import { addWebhooks, type WorldWebhook } from './world-webhooks.ts';

export interface WorldEnvironment {
  label: string;
  id: string;
  projectId: string;
  workspaceId: string;
  /** The values of its keys, by what they are called in labels. */
  keys: Record<string, { id: string; value: string }>;
}

export interface WorldInProgress {
  tools: Tools;
  markers: Markers;
  people: Record<string, SignedUp>;
  workspaces: Record<string, string>;
  projects: Record<string, string>;
  environments: Record<string, WorldEnvironment>;
  sessions: StartedSession[];
  /** By the labels of their environments. */
  webhooks: Record<string, WorldWebhook>;
}

export interface World extends WorldInProgress {
  /** Every id of something, of whatever kind. */
  ids: string[];
  /** Who asks, by name. */
  actors: Record<ActorName, GraphQLOptions>;
  /** What everybody signs in with. */
  password: string;
  /** Of access tokens, by their labels. */
  tokenIds: Record<string, string>;
  /** An open one to w1. */
  invitation: { id: string; token: string };
}

export type ActorName =
  | 'nobody'
  | 'publishable key'
  | 'secret key'
  | 'secret key of another environment'
  | 'secret key of another workspace'
  | 'viewer'
  | 'developer'
  | 'admin'
  | 'owner'
  | 'owner of another workspace'
  | 'access token that reads'
  | 'access token for another workspace'
  | 'access token beside a key';

export async function createWorld(tools: Tools): Promise<World> {
  const world: WorldInProgress = {
    tools,
    markers: createMarkers(),
    people: {},
    workspaces: {},
    projects: {},
    environments: {},
    sessions: [],
    webhooks: {},
  };
  for (const name of ['owner', 'admin', 'developer', 'viewer', 'both', 'stranger', 'departed']) {
    world.people[name] = await addPerson(world, name);
  }
  await addWorkspaces(world);
  for (const [project, owner] of [
    ['w1-p1', 'owner'],
    ['w1-p2', 'owner'],
    ['w2-p3', 'stranger'],
    ['w3-p4', 'owner'],
    ['gone-p9', 'owner'],
  ] as const) {
    await addProject(world, project, owner);
  }
  await addMoreKeys(world);
  for (const environment of Object.values(world.environments)) {
    await addSessions(world, environment);
  }
  await addRefusals(world);
  await addWebhooks(world);
  const { tokens, tokenIds } = await addTokens(world);
  const invitation = await addInvitations(world);
  await deleteThings(world);
  await plantLogs(world);
  await addCounts(world);
  await addEmptyEnvironment(world);
  await labelKeys(world);
  await labelLogs(world);
  const actors = actorsOf(world, tokens);
  return { ...world, ids: await readIds(tools), actors, password, tokenIds, invitation };
}

/** A request of somebody's browser. */
export async function requestOf(
  { tools, markers, people }: WorldInProgress,
  name: string,
): Promise<Call> {
  const call = await callOf(tools, people[name]!);
  call.client.ip = markers.plantIp(`${name}-request-ip`);
  call.client.userAgent = markers.plant(`${name}-request-agent`);
  return Object.assign(call, { requestId: markers.plant(`${name}-request-id`) });
}

async function addPerson({ tools, markers }: WorldInProgress, name: string): Promise<SignedUp> {
  const ip = markers.plantIp(`${name}-signin-ip`);
  const call = callAs(tools, nobody, { ip, userAgent: markers.plant(`${name}-signin-agent`) });
  const email = `${markers.plant(`${name}-user-email`)}@example.com`;
  const actor = await signUp(call, { email, password, name: markers.plant(`${name}-user-name`) });
  markers.learn(`${name}-user-id`, actor.id);
  markers.learn(`${name}-signin-id`, actor.signInId);
  return { actor, email, token: call.signInCookie.token!, ip };
}

/** The workspaces that people got with their accounts are w1 and w2, or are gone. */
async function addWorkspaces(world: WorldInProgress): Promise<void> {
  const { tools, markers, people, workspaces } = world;
  for (const [name, person] of Object.entries(people)) {
    if (name === 'owner') workspaces.w1 = ownWorkspace(person);
    else if (name === 'stranger') workspaces.w2 = ownWorkspace(person);
    else await tools.db.workspace.delete({ where: { id: ownWorkspace(person) } });
  }
  for (const [label, owner] of [
    ['w1', 'owner'],
    ['w2', 'stranger'],
  ] as const) {
    await updateWorkspace(await requestOf(world, owner), {
      id: workspaces[label]!,
      version: 1,
      name: markers.plant(`${label}-workspace-name`),
    });
  }
  const name = markers.plant('w3-workspace-name');
  workspaces.w3 = (await createWorkspace(await requestOf(world, 'owner'), { name })).id;
  for (const label of ['w1', 'w2', 'w3'])
    markers.learn(`${label}-workspace-id`, workspaces[label]!);

  const roles: Record<string, Role> = { admin: 'ADMIN', developer: 'DEVELOPER', viewer: 'VIEWER' };
  for (const [person, role] of Object.entries({ ...roles, both: 'VIEWER' as const })) {
    await setRole(tools, people[person]!.actor.id, workspaces.w1!, role);
  }
  await setRole(tools, people.both!.actor.id, workspaces.w2!, 'VIEWER');
}

async function addProject(world: WorldInProgress, label: string, owner: string): Promise<void> {
  const { tools, markers, workspaces, projects } = world;
  const [workspace] = label.split('-') as [string];
  const workspaceId = workspaces[workspace] ?? workspaces.w1!;
  const by = await requestOf(world, owner);
  const name = markers.plant(`${label}-project-name`);
  const made = await createProject(by, { name, workspaceId });
  const projectId = made.projectId;
  projects[label] = projectId;
  markers.learn(`${label}-project-id`, projectId);

  const rows = await tools.db.environment.findMany({
    where: { projectId },
    include: { apiKeys: true },
  });
  for (const { id, kind, apiKeys } of rows) {
    const place = `${label}-${kind.toLowerCase()}`;
    const environment: WorldEnvironment = { label: place, id, projectId, workspaceId, keys: {} };
    await settleEnvironment(world, by, environment);
    for (const { id: keyId, type, publishableValue } of apiKeys) {
      const which = type.toLowerCase();
      environment.keys[which] = { id: keyId, value: publishableValue ?? made.secret };
      const name = markers.plant(`${place}-key-${which}-name`);
      await updateApiKey(by, { id: keyId, version: 1, name });
    }
  }
}

/** Names it, and lets a page of its own in. */
async function settleEnvironment(
  { markers, environments }: WorldInProgress,
  by: Call,
  environment: WorldEnvironment,
): Promise<void> {
  const { label, id } = environment;
  environments[label] = environment;
  markers.learn(`${label}-environment-id`, id);
  await updateEnvironment(by, {
    id,
    version: 1,
    name: markers.plant(`${label}-environment-name`),
    allowedOrigins: [originOf(markers, label)],
  });
}

export function originOf(markers: Markers, label: string): string {
  return `https://${markers.plant(`${label}-environment-origin`).toLowerCase()}.example`;
}

/** Staging, and in every state that a key can be in one more key of p1. */
async function addMoreKeys(world: WorldInProgress): Promise<void> {
  const { tools, markers, environments, projects } = world;
  const by = await requestOf(world, 'owner');
  const production = environments['w1-p1-production']!;
  const made = await createEnvironment(by, {
    projectId: projects['w1-p1']!,
    name: 'New',
    kind: 'STAGING',
  });
  const staging = { ...production, label: 'w1-p1-staging', id: made.id, keys: {} };
  await settleEnvironment(world, by, staging);

  for (const [environment, which, type] of [
    [staging, 'secret', 'SECRET'],
    [staging, 'publishable', 'PUBLISHABLE'],
    [production, 'rotating', 'SECRET'],
    [production, 'inactive', 'SECRET'],
    [production, 'temporary', 'PUBLISHABLE'],
  ] as const) {
    await addKey(world, by, environment, which, type);
  }
  const { rotating, inactive, temporary } = production.keys;
  const before = await tools.db.apiKey.findUniqueOrThrow({ where: { id: rotating!.id } });
  markers.learn(`${production.label}-key-rotating-previous`, before.preview);
  const { secret } = await regenerateApiKey(by, { id: rotating!.id, overlapSeconds: 3600 });
  rotating!.value = secret!;
  await updateApiKey(by, { id: inactive!.id, version: 1, active: false });
  const expiresAt = new Date(Date.now() + 3_600_000);
  await updateApiKey(by, { id: temporary!.id, version: 1, expiresAt });
  // Made by somebody who is no member any more.
  await tools.db.apiKey.update({
    where: { id: inactive!.id },
    data: { createdById: world.people.departed!.actor.id },
  });
}

/** For development, and nothing has happened there. */
async function addEmptyEnvironment(world: WorldInProgress): Promise<void> {
  const { markers, environments, projects } = world;
  const label = 'w1-p1-empty';
  const { id } = await createEnvironment(await requestOf(world, 'owner'), {
    projectId: projects['w1-p1']!,
    name: markers.plant(`${label}-environment-name`),
    kind: 'DEVELOPMENT',
  });
  markers.learn(`${label}-environment-id`, id);
  environments[label] = { ...environments['w1-p1-development']!, label, id, keys: {} };
}

async function addKey(
  { tools, markers }: WorldInProgress,
  by: Call,
  { label, id: environmentId, keys }: WorldEnvironment,
  which: string,
  type: ApiKeyType,
): Promise<void> {
  const name = markers.plant(`${label}-key-${which}-name`);
  const { id, secret } = await createApiKey(by, { environmentId, name, type });
  const row = await tools.db.apiKey.findUniqueOrThrow({ where: { id } });
  keys[which] = { id, value: secret ?? row.publishableValue! };
}

/** Of the owner: one that reads, one for w3 alone, one to send beside a key. Others have one each. */
async function addTokens(world: WorldInProgress) {
  const { tools, markers, people, workspaces } = world;
  const tokens: Record<string, string> = {};
  const tokenIds: Record<string, string> = {};
  for (const [label, person, input] of [
    ['owner-token-reading', 'owner', { scope: 'READ' }],
    ['owner-token-limited', 'owner', { scope: 'WRITE', workspaceId: workspaces.w3! }],
    ['owner-token-narrowed', 'owner', { scope: 'WRITE' }],
    ['viewer-token-own', 'viewer', { scope: 'READ' }],
    ['stranger-token-own', 'stranger', { scope: 'WRITE' }],
  ] as const) {
    const expiresAt = new Date(Date.now() + 3_600_000);
    const name = markers.plant(`${label}-name`);
    const { id, token } = await giveToken(tools, people[person]!, { ...input, name, expiresAt });
    const { preview } = await tools.db.accessToken.findUniqueOrThrow({ where: { id } });
    markers.learn(`${label}-id`, id);
    markers.learn(`${label}-preview`, preview);
    tokens[label] = token;
    tokenIds[label] = id;
  }
  return { tokens, tokenIds };
}

/** @returns the one to w1 */
async function addInvitations(world: WorldInProgress): Promise<World['invitation']> {
  const made: World['invitation'][] = [];
  for (const [label, by, role] of [
    ['w1', 'owner', 'DEVELOPER'],
    ['w2', 'stranger', 'VIEWER'],
  ] as const) {
    const email = `${world.markers.plant(`${label}-invitation-email`)}@example.com`;
    const call = await requestOf(world, by);
    const workspaceId = world.workspaces[label]!;
    const { id, url } = await inviteMember(call, { workspaceId, email, role });
    world.markers.learn(`${label}-invitation-id`, id);
    made.push({ id, token: url.split('#token=')[1]! });
  }
  return made[0]!;
}

async function deleteThings(world: WorldInProgress): Promise<void> {
  const { markers, projects, environments } = world;
  const by = await requestOf(world, 'owner');
  const production = environments['w1-p1-production']!;
  const key = { label: 'gone-k9', id: production.id, keys: {} as WorldEnvironment['keys'] };
  await addKey(world, by, { ...production, ...key }, 'deleted', 'SECRET');
  const { id } = key.keys.deleted!;
  markers.learn('gone-k9-key-deleted-id', id);
  const row = await world.tools.db.apiKey.findUniqueOrThrow({ where: { id } });
  markers.learn('gone-k9-key-deleted-preview', row.preview);
  await deleteApiKey(by, { id, confirmName: row.name });

  const made = await createEnvironment(by, {
    projectId: projects['w1-p1']!,
    name: 'New',
    kind: 'CUSTOM',
  });
  const environment = { ...production, label: 'gone-e9', id: made.id, keys: {} };
  await settleEnvironment(world, by, environment);
  await deleteEnvironment(by, {
    id: made.id,
    confirmName: markers.plant('gone-e9-environment-name'),
  });
  await deleteProject(by, {
    id: projects['gone-p9']!,
    confirmName: markers.plant('gone-p9-project-name'),
  });
}

/** What keys show of themselves, after all that was done to them. */
async function labelKeys({ tools, markers, environments }: WorldInProgress): Promise<void> {
  for (const { label, keys } of Object.values(environments)) {
    for (const [which, { id, value }] of Object.entries(keys)) {
      const of = (what: string) => `${label}-key-${which}-${what}`;
      markers.learn(of('id'), id);
      const row = await tools.db.apiKey.findUnique({ where: { id } });
      if (row) markers.learn(of('preview'), row.preview);
      if (row?.publishableValue) markers.learn(of('value'), value);
    }
  }
}

async function readIds({ db }: Tools): Promise<string[]> {
  const { rows } = await db.$pool.query<{ id: string }>(`
    SELECT id FROM workspaces UNION ALL SELECT id FROM projects UNION ALL SELECT id FROM environments
    UNION ALL SELECT id FROM api_keys UNION ALL SELECT api_key_id FROM api_key_secrets
    UNION ALL SELECT id FROM api_key_secrets UNION ALL SELECT id FROM auth_sessions
    UNION ALL SELECT id FROM log_entries UNION ALL SELECT id FROM users UNION ALL SELECT id FROM invitations
    UNION ALL SELECT id FROM access_tokens UNION ALL SELECT id FROM sign_ins
    UNION ALL SELECT id FROM webhook_endpoints UNION ALL SELECT id FROM webhook_secrets
    UNION ALL SELECT id FROM webhook_deliveries UNION ALL SELECT id FROM outbox_events UNION ALL SELECT scope_id FROM purge_tasks`);
  return [...new Set(rows.map(({ id }) => id))];
}

function actorsOf(
  { people, environments }: WorldInProgress,
  tokens: Record<string, string>,
): World['actors'] {
  const keysOf = (label: string) => environments[label]!.keys;
  const keys = keysOf('w1-p1-production');
  const browserOf = (name: string) => ({ cookie: people[name]!.token });
  return {
    nobody: nobodyAtAll,
    'publishable key': withKey(keys.publishable!.value),
    'secret key': withKey(keys.secret!.value),
    'secret key of another environment': withKey(keysOf('w1-p1-staging').secret!.value),
    'secret key of another workspace': withKey(keysOf('w2-p3-production').secret!.value),
    viewer: browserOf('viewer'),
    developer: browserOf('developer'),
    admin: browserOf('admin'),
    owner: browserOf('owner'),
    'owner of another workspace': browserOf('stranger'),
    'access token that reads': withToken(tokens['owner-token-reading']!),
    'access token for another workspace': withToken(tokens['owner-token-limited']!),
    'access token beside a key': withToken(tokens['owner-token-narrowed']!, {
      'x-api-key': keys.publishable!.value,
    }),
  };
}
