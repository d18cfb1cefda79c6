/**
 * May they? The one place that knows who may see and do what.
 *
 * Reading is a filter: each `readable…` function gives the Prisma condition that every way to a thing
 * (lookup, list, relation, `node`) puts into its query, so that what an actor may not see is simply
 * not there, exactly like what does not exist. Writing is a question asked after that.
 */

import type { Prisma } from '../../prisma/generated/client.ts';
import type { EnvironmentKind, Role } from '../../prisma/generated/enums.ts';
import type { Actor, Call, UserActor } from './call.ts';
import { ForbiddenError, UnauthenticatedError } from './errors.ts';

const rank: Record<Role, number> = { VIEWER: 0, DEVELOPER: 1, ADMIN: 2, OWNER: 3 };
const nothing = { id: { in: [] as string[] } };

/** @throws {UnauthenticatedError} the actor is not a signed-in user */
export function requireUser({ actor }: Pick<Call, 'actor'>): UserActor {
  if (actor.kind === 'user') return actor;
  throw new UnauthenticatedError('Sign in first: this takes a signed-in user.');
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

function hasRole(call: Pick<Call, 'actor'>, workspaceId: string, least: Role): boolean {
  const role = roleIn(call, workspaceId);
  return role !== null && rank[role] >= rank[least];
}

/** @throws {ForbiddenError} with this sentence, where the answer is no */
export function demand(allowed: boolean, message: string): void {
  if (!allowed) throw new ForbiddenError(message);
}

// ── what they may see ───────────────────────────────────────────────────────────────────────────

/** The environment whose things, and no others, the actor sees; null for people, who see projects. */
export function environmentOfKey(actor: Actor): string | null {
  return actor.kind === 'apiKey' ? actor.key.environmentId : null;
}

/** A publishable key reads its own name and environment, and what client secrets open; no more. */
export function mayReadBeyondOwnName(actor: Actor): boolean {
  return !(actor.kind === 'apiKey' && actor.key.type === 'PUBLISHABLE');
}

export function readableWorkspaces({ actor }: Pick<Call, 'actor'>): Prisma.WorkspaceWhereInput {
  return actor.kind === 'user' ? { id: { in: [...actor.memberships.keys()] } } : nothing;
}

export function readableProjects({ actor }: Pick<Call, 'actor'>): Prisma.ProjectWhereInput {
  if (actor.kind === 'user') return { workspaceId: { in: [...actor.memberships.keys()] } };
  if (actor.kind === 'apiKey' && actor.key.type === 'SECRET') return { id: actor.key.projectId };
  return nothing;
}

export function readableEnvironments(call: Pick<Call, 'actor'>): Prisma.EnvironmentWhereInput {
  const { actor } = call;
  if (actor.kind === 'user') return { project: readableProjects(call) };
  if (actor.kind === 'apiKey' && actor.key.type === 'SECRET')
    return { id: actor.key.environmentId };
  return nothing;
}

export function readableApiKeys(call: Pick<Call, 'actor'>): Prisma.ApiKeyWhereInput {
  const { actor } = call;
  if (actor.kind === 'user') return { environment: readableEnvironments(call) };
  if (actor.kind === 'apiKey') return { id: actor.key.id };
  return nothing;
}

/** Users who share a workspace with the actor, the actor included. */
export function readableUsers({ actor }: Pick<Call, 'actor'>): Prisma.UserWhereInput {
  if (actor.kind !== 'user') return nothing;
  return {
    OR: [
      { id: actor.id },
      { memberships: { some: { workspaceId: { in: [...actor.memberships.keys()] } } } },
    ],
  };
}

/** An email shows to the user themselves and to those who share a workspace with them. */
export function mayReadEmail(
  { actor }: Pick<Call, 'actor'>,
  user: { id: string; memberships: readonly { workspaceId: string }[] },
): boolean {
  if (actor.kind !== 'user') return false;
  return (
    actor.id === user.id ||
    user.memberships.some(({ workspaceId }) => actor.memberships.has(workspaceId))
  );
}

// ── what they may do ────────────────────────────────────────────────────────────────────────────

/** Create projects in the workspace. */
export function mayCreateProject(call: Pick<Call, 'actor'>, workspaceId: string): boolean {
  return hasRole(call, workspaceId, 'ADMIN');
}

/** Change a project's settings, or delete it. */
export function mayManageProject(call: Pick<Call, 'actor'>, workspaceId: string): boolean {
  return hasRole(call, workspaceId, 'ADMIN');
}

/** Change an environment, its keys and its webhooks. */
export function mayManageEnvironment(
  call: Pick<Call, 'actor'>,
  { workspaceId, kind }: { workspaceId: string; kind: EnvironmentKind },
): boolean {
  return hasRole(call, workspaceId, kind === 'PRODUCTION' ? 'ADMIN' : 'DEVELOPER');
}

/** Start, cancel and exchange sessions without a key, as the dashboard's "Try it" does. */
export function mayTrySessions(
  call: Pick<Call, 'actor'>,
  { workspaceId, kind }: { workspaceId: string; kind: EnvironmentKind },
): boolean {
  return kind !== 'PRODUCTION' && hasRole(call, workspaceId, 'DEVELOPER');
}
