/** What can be subscribed to, and by whom: each checks, and returns what to listen to. */
import { environmentOfKey, mayReadBeyondOwnName } from '../access.ts';
import { type ActivityScope, environmentScope, projectScope } from '../activity-scope.ts';
import { findWatchedSession, type SessionInPlace } from '../auth-sessions/find.ts';
import type { Call } from '../call.ts';
import { loadEnvironment } from '../environments/find.ts';
import { ForbiddenError, found, NotFoundError, UnauthenticatedError } from '../errors.ts';
import { readCursor } from '../keyset.ts';
import { checkLogFilter, type LogFilter } from '../logs/filter.ts';
import type { LogRecord } from '../logs/find.ts';
import { loadProject } from '../projects/find.ts';
import type { SessionCounts } from '../session-counts.ts';
import { invalid } from '../validation.ts';
import { liveLog } from './log.ts';
import { liveSessionCounts } from './session-counts.ts';
import type { LiveSource } from './source.ts';
import { liveSessions } from './watched-session.ts';

export interface ScopeChoice {
  projectId?: string | null;
  environmentId?: string | null;
}

/**
 * The counts of a project, or of one of its environments. An API key counts its own environment.
 *
 * @throws {UnauthenticatedError} nobody asks
 * @throws {ForbiddenError} a publishable key asks
 * @throws {ValidationError} a user names no project
 * @throws {NotFoundError} there is no such project or environment that the actor may see
 */
export async function watchSessionCounts(
  call: Call,
  choice: ScopeChoice,
): Promise<LiveSource<SessionCounts>> {
  const { projectId, environmentId } = await findScope(call, choice);
  return liveSessionCounts(call).watch(environmentId ?? projectId, environmentOfKey(call.actor));
}

/**
 * A session as its waiting device sees it. The secret is credential enough.
 *
 * @throws {NotFoundError} no session has this secret, or it is not of the key's environment
 */
export async function watchSession(
  call: Call,
  clientSecret: string,
): Promise<LiveSource<SessionInPlace>> {
  const session = await found('The session', findWatchedSession(call, clientSecret));
  return liveSessions(call).watch(session.id);
}

/**
 * New log entries of a project or environment.
 *
 * @throws as `watchSessionCounts` does
 * @throws {ValidationError} the filter or the cursor is malformed
 */
export async function watchLog(
  call: Call,
  choice: ScopeChoice & { filter?: LogFilter | null; after?: string | null },
): Promise<LiveSource<LogRecord>> {
  const { projectId, environmentId, workspaceId } = await findScope(call, choice);
  const filter = checkLogFilter(choice.filter);
  const scope: ActivityScope =
    environmentId === null ? projectScope(call, projectId) : environmentScope(call, environmentId);
  const after = choice.after == null ? null : readCursor('after', choice.after, 'logEntry');
  return liveLog(call).watch(call, { workspaceId, scope, filter, after });
}

/** Where somebody may watch: a project, or one environment of it. */
interface WatchedScope {
  projectId: string;
  /** null: all environments of the project that the actor may see. */
  environmentId: string | null;
  workspaceId: string;
}

async function findScope(call: Call, choice: ScopeChoice): Promise<WatchedScope> {
  const { actor } = call;
  if (actor.kind === 'nobody') {
    throw new UnauthenticatedError('This takes a secret key or a signed-in user.');
  }
  if (!mayReadBeyondOwnName(actor)) {
    throw new ForbiddenError('A publishable key may not read this. Use a secret key, on a server.');
  }
  if (actor.kind === 'apiKey' && choice.projectId == null && choice.environmentId == null) {
    // The commonest by far, and thousands may come at once: whoever opened the key need not be looked up.
    const { projectId, environmentId, workspaceId } = actor.key;
    return { projectId, environmentId, workspaceId };
  }
  const own = actor.kind === 'apiKey' ? actor.key : actor.kind === 'user' ? actor.narrowedTo : null;
  const projectId = choice.projectId ?? own?.projectId;
  if (projectId == null) invalid('projectId', 'Say which project. Only an API key knows its own.');
  const project = await found('The project', loadProject(call, projectId));
  // A key that names its project means what it sees of it, as a query does.
  const environmentId =
    choice.environmentId ?? (choice.projectId == null ? own?.environmentId : null);
  if (environmentId == null) {
    return { projectId, environmentId: null, workspaceId: project.workspaceId };
  }
  const environment = await found('The environment', loadEnvironment(call, environmentId));
  if (environment.projectId !== projectId) throw new NotFoundError('The environment');
  return { projectId, environmentId, workspaceId: project.workspaceId };
}
