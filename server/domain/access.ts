/**
 * May they? The one place that knows who may see and do what.
 *
 * Reading is a filter: each `readable…` function gives the Prisma condition that every way to a thing
 * (lookup, list, relation, `node`) puts into its query, so that what an actor may not see is simply
 * not there, exactly like what does not exist. Writing is a question asked after that.
 */

import type { Prisma } from '../../prisma/generated/client.ts';
import type { EnvironmentKind, Role } from '../../prisma/generated/enums.ts';
import type { Actor, AuthenticatedKey, SignedInUser, UserActor } from './actor.ts';
import type { Call } from './call.ts';
import { CredentialMismatchError, ForbiddenError, UnauthenticatedError } from './errors.ts';

const rank: Record<Role, number> = { VIEWER: 0, DEVELOPER: 1, ADMIN: 2, OWNER: 3 };
const nothing = { id: { in: [] as string[] } };

/** @throws {UnauthenticatedError} the actor is not a user, by sign-in or access token */
export function requireUser({ actor }: Pick<Call, 'actor'>): UserActor {
  if (actor.kind === 'user') return actor;
  throw new UnauthenticatedError('Sign in first: this takes a signed-in user.');
}

/**
 * For what a person does themselves: sign-ins, passwords, access tokens, members, invitations, roles,
 * and workspaces coming and going. A token that could do any of it could make itself outlive its
 * revocation.
 *
 * @throws {UnauthenticatedError} the actor is not a user
 * @throws {ForbiddenError} it is a user's access token
 */
export function requireSignedIn(call: Pick<Call, 'actor'>): SignedInUser {
  const user = requireUser(call);
  if (isSignedIn(user)) return user;
  throw new ForbiddenError(tokenMayNot);
}

/**
 * For what nobody need be signed in to do, such as signing in.
 *
 * @throws {ForbiddenError} the actor is a user's access token
 */
export function refuseAccessToken({ actor }: Pick<Call, 'actor'>): void {
  demand(actor.kind !== 'user' || isSignedIn(actor), tokenMayNot);
}

const tokenMayNot =
  'An access token may not do this: it never manages sign-ins, passwords, tokens, members or workspaces. Sign in with a browser.';

function isSignedIn(actor: Actor): actor is SignedInUser {
  return actor.kind === 'user' && actor.accessToken === null;
}

/**
 * A user whose access token came with an API key: the same user, who sees and does no more than
 * belongs to the key's environment. The key adds no power.
 *
 * @throws {CredentialMismatchError} the key is of a workspace that the token does not open
 */
export function narrowToKey(user: UserActor, key: AuthenticatedKey): UserActor {
  const { id: keyId, secretId, environmentId, projectId, workspaceId } = key;
  const role = user.memberships.get(workspaceId);
  if (role === undefined) {
    throw new CredentialMismatchError(
      'This API key and this access token do not belong together: the token does not open the workspace of the key.',
    );
  }
  return {
    ...user,
    memberships: new Map([[workspaceId, role]]),
    narrowedTo: { keyId, secretId, environmentId, projectId, workspaceId },
  };
}

/**
 * A page of another site may neither sign its visitors in nor use up their attempts. The cookie
 * refuses it too, but only after the work is done.
 *
 * @throws {ForbiddenError} the request comes from such a page
 */
export function requireOwnPage({ client }: Pick<Call, 'client'>): void {
  demand(!client.crossSite, 'Only pages of this server may sign people in.');
}

/** The actor's role in the workspace; null for keys, strangers and nobody. */
export function roleIn({ actor }: Pick<Call, 'actor'>, workspaceId: string): Role | null {
  return actor.kind === 'user' ? (actor.memberships.get(workspaceId) ?? null) : null;
}

/** Whether the role is this one or a higher. */
export function isAtLeast(role: Role | null | undefined, least: Role): boolean {
  return role != null && rank[role] >= rank[least];
}

/** Whether the actor may change what takes this role. An access token that only reads may nothing. */
function hasRole(call: Pick<Call, 'actor'>, workspaceId: string, least: Role): boolean {
  return mayWrite(call) && isAtLeast(roleIn(call, workspaceId), least);
}

/** The same for what lies outside every environment, where a key beside the token has narrowed it. */
function hasRoleInAll(call: Pick<Call, 'actor'>, workspaceId: string, least: Role): boolean {
  return environmentOfKey(call.actor) === null && hasRole(call, workspaceId, least);
}

/** @throws {ForbiddenError} with this sentence, where the answer is no */
export function demand(allowed: boolean, message: string): void {
  if (!allowed) throw new ForbiddenError(message);
}

// ── what they may see ───────────────────────────────────────────────────────────────────────────

/**
 * The environment whose things, and no others, the actor sees, because a key came with the request;
 * null for people without one, who see projects.
 */
export function environmentOfKey(actor: Actor): string | null {
  if (actor.kind === 'user') return actor.narrowedTo?.environmentId ?? null;
  return actor.kind === 'apiKey' ? actor.key.environmentId : null;
}

/** A publishable key reads its own name and environment, and what client secrets open; no more. */
export function mayReadBeyondOwnName(actor: Actor): boolean {
  return !(actor.kind === 'apiKey' && actor.key.type === 'PUBLISHABLE');
}

/** A person who sees other people and whole workspaces: no key, and none beside an access token. */
export function mayReadPeople(actor: Actor): boolean {
  return actor.kind === 'user' && actor.narrowedTo === null;
}

/** The one environment that the actor may read all of; null: none, or not only one. */
function onlyReadableEnvironment(actor: Actor) {
  if (actor.kind === 'apiKey') return actor.key.type === 'SECRET' ? actor.key : null;
  return actor.kind === 'user' ? actor.narrowedTo : null;
}

/** Whether the actor may read what happens in an environment: its sessions, and its log. */
export function mayReadEnvironment(
  { actor }: Pick<Call, 'actor'>,
  { environmentId, workspaceId }: { environmentId: string; workspaceId: string },
): boolean {
  const only = onlyReadableEnvironment(actor);
  if (only) return only.environmentId === environmentId;
  return actor.kind === 'user' && actor.memberships.has(workspaceId);
}

/** The workspaces whose members, settings and projects the actor sees, by their ids. */
export function readableWorkspaceIds({ actor }: Pick<Call, 'actor'>): string[] {
  return actor.kind === 'user' && mayReadPeople(actor) ? [...actor.memberships.keys()] : [];
}

export function readableWorkspaces(call: Pick<Call, 'actor'>): Prisma.WorkspaceWhereInput {
  return { id: { in: readableWorkspaceIds(call) } };
}

export function readableProjects(call: Pick<Call, 'actor'>): Prisma.ProjectWhereInput {
  const only = onlyReadableEnvironment(call.actor);
  return only ? { id: only.projectId } : { workspaceId: { in: readableWorkspaceIds(call) } };
}

export function readableEnvironments(call: Pick<Call, 'actor'>): Prisma.EnvironmentWhereInput {
  const only = onlyReadableEnvironment(call.actor);
  return only ? { id: only.environmentId } : { project: readableProjects(call) };
}

export function readableApiKeys(call: Pick<Call, 'actor'>): Prisma.ApiKeyWhereInput {
  const { actor } = call;
  if (actor.kind === 'apiKey') return { id: actor.key.id };
  return { environment: readableEnvironments(call) };
}

/** Webhooks show to people only: an API key neither sees nor manages them. */
export function readableWebhookEndpoints(
  call: Pick<Call, 'actor'>,
): Prisma.WebhookEndpointWhereInput {
  return call.actor.kind === 'user' ? { environment: readableEnvironments(call) } : nothing;
}

/** The same of what was sent to the endpoints of an environment. */
export function mayReadWebhooks(
  call: Pick<Call, 'actor'>,
  place: { environmentId: string; workspaceId: string },
): boolean {
  return call.actor.kind === 'user' && mayReadEnvironment(call, place);
}

/** The actor, and the users who share a workspace that the actor sees. */
export function readableUsers(call: Pick<Call, 'actor'>): Prisma.UserWhereInput {
  const { actor } = call;
  if (actor.kind !== 'user') return nothing;
  return {
    OR: [
      { id: actor.id },
      { memberships: { some: { workspaceId: { in: readableWorkspaceIds(call) } } } },
    ],
  };
}

/** An email shows to the user themselves and to those who share a workspace with them. */
export function mayReadEmail(
  call: Pick<Call, 'actor'>,
  user: { id: string; memberships: readonly { workspaceId: string }[] },
): boolean {
  const { actor } = call;
  if (actor.kind !== 'user') return false;
  const shared = new Set(readableWorkspaceIds(call));
  return (
    actor.id === user.id || user.memberships.some(({ workspaceId }) => shared.has(workspaceId))
  );
}

/** The open invitations of a workspace show to those whose role manages its members. */
export function mayReadInvitations(call: Pick<Call, 'actor'>, workspaceId: string): boolean {
  return mayReadPeople(call.actor) && isAtLeast(roleIn(call, workspaceId), 'ADMIN');
}

/** The workspaces whose invitations the actor sees, by their ids. */
export function workspaceIdsWithInvitations(call: Pick<Call, 'actor'>): string[] {
  return readableWorkspaceIds(call).filter((id) => mayReadInvitations(call, id));
}

/** A user sees their own; an access token sees itself, as an API key does. */
export function readableAccessTokens({ actor }: Pick<Call, 'actor'>): Prisma.AccessTokenWhereInput {
  if (actor.kind !== 'user' || !mayReadPeople(actor)) return nothing;
  return { userId: actor.id, id: actor.accessToken?.id };
}

// ── what they may do ────────────────────────────────────────────────────────────────────────────

/** Change anything at all: everybody but an access token that only reads. Every mutation asks this. */
export function mayWrite({ actor }: Pick<Call, 'actor'>): boolean {
  return !(actor.kind === 'user' && actor.accessToken?.scope === 'READ');
}

/** Change a workspace's name and how long it keeps what. */
export function mayUpdateWorkspace(call: Pick<Call, 'actor'>, workspaceId: string): boolean {
  return hasRoleInAll(call, workspaceId, 'OWNER');
}

export function mayDeleteWorkspace(call: Pick<Call, 'actor'>, workspaceId: string): boolean {
  return isSignedIn(call.actor) && hasRoleInAll(call, workspaceId, 'OWNER');
}

/** Invite, promote, demote and remove members who are not owners, and are not to be. */
export function mayManageMembers(call: Pick<Call, 'actor'>, workspaceId: string): boolean {
  return isSignedIn(call.actor) && hasRoleInAll(call, workspaceId, 'ADMIN');
}

/** The same of owners: make them, demote them, remove them. */
export function mayManageOwners(call: Pick<Call, 'actor'>, workspaceId: string): boolean {
  return isSignedIn(call.actor) && hasRoleInAll(call, workspaceId, 'OWNER');
}

/** Whether a member of this role may offer that role. The other side of the two above. */
export function mayOffer(inviter: Role | null | undefined, offered: Role): boolean {
  return isAtLeast(inviter, offered === 'OWNER' ? 'OWNER' : 'ADMIN');
}

/** Create projects in the workspace. */
export function mayCreateProject(call: Pick<Call, 'actor'>, workspaceId: string): boolean {
  return hasRoleInAll(call, workspaceId, 'ADMIN');
}

/** Change a project's settings, or delete it. */
export function mayManageProject(call: Pick<Call, 'actor'>, workspaceId: string): boolean {
  return hasRoleInAll(call, workspaceId, 'ADMIN');
}

/** Create an environment of this kind in a project, or delete one. */
export function mayCreateEnvironment(
  call: Pick<Call, 'actor'>,
  { workspaceId, kind }: { workspaceId: string; kind: EnvironmentKind },
): boolean {
  return hasRoleInAll(call, workspaceId, kind === 'PRODUCTION' ? 'ADMIN' : 'DEVELOPER');
}

/** Change an environment that the actor may see, its keys and its webhooks. */
export function mayManageEnvironment(
  call: Pick<Call, 'actor'>,
  { workspaceId, kind }: { workspaceId: string; kind: EnvironmentKind },
): boolean {
  return hasRole(call, workspaceId, kind === 'PRODUCTION' ? 'ADMIN' : 'DEVELOPER');
}

/** Erase an end user from an environment, or from all of a project. Whatever its kind: it is for ever. */
export function mayEraseSubjects(
  call: Pick<Call, 'actor'>,
  { workspaceId, environmentId }: { workspaceId: string; environmentId: string | null },
): boolean {
  return environmentId === null
    ? hasRoleInAll(call, workspaceId, 'ADMIN')
    : hasRole(call, workspaceId, 'ADMIN');
}

/** Start, cancel and exchange sessions without a key, as the dashboard's "Try it" does. */
export function mayTrySessions(
  call: Pick<Call, 'actor'>,
  { workspaceId, kind }: { workspaceId: string; kind: EnvironmentKind },
): boolean {
  return kind !== 'PRODUCTION' && hasRole(call, workspaceId, 'DEVELOPER');
}

/** @throws {ForbiddenError} the answer about an environment of this kind is no; says which role it takes */
export function demandForEnvironment(allowed: boolean, kind: EnvironmentKind): void {
  demand(
    allowed,
    kind === 'PRODUCTION'
      ? 'Production takes the role Admin or higher.'
      : 'Environments take the role Developer or higher.',
  );
}
