/** Where a session is started, and with what: by a key, the bare project id, or as a signed-in user. */
import { environmentOfKey, mayTrySessions } from '../access.ts';
import { actorValues } from '../actor.ts';
import type { Call } from '../call.ts';
import { findEnvironment } from '../environments/find.ts';
import {
  ForbiddenError,
  NotFoundError,
  OriginNotAllowedError,
  UnauthenticatedError,
} from '../errors.ts';
import { kindOfId } from '../ids.ts';
import { isOriginAllowed } from '../origins.ts';
import { invalid } from '../validation.ts';
import type { NewSession, StartRefusal } from './insert.ts';

/** With what a session is started, and where. */
export interface Door {
  startedWith: NewSession['started_with'];
  environmentId: string;
  projectId: string;
  kind: 'PRODUCTION' | 'STAGING' | 'DEVELOPMENT' | 'CUSTOM';
  allowedOrigins: readonly string[];
  secretId: string | null;
}

/** What of the input says where. */
interface Place {
  projectId?: string | null;
  environmentId?: string | null;
}

/**
 * @throws {ValidationError} it is not said, or twice
 * @throws {NotFoundError} @throws {OriginNotAllowedError}
 * @throws {UnauthenticatedError} @throws {ForbiddenError} an environment takes a user who may
 */
export async function findDoor(call: Call, input: Place): Promise<Door> {
  const { actor } = call;
  if (actor.kind === 'apiKey') {
    for (const field of ['projectId', 'environmentId'] as const) {
      if (input[field] != null) invalid(field, 'Leave it out: the API key says where.');
    }
    return {
      startedWith: actor.key.type === 'SECRET' ? 'SECRET_KEY' : 'PUBLISHABLE_KEY',
      environmentId: actor.key.environmentId,
      projectId: actor.key.projectId,
      kind: actor.key.environmentKind,
      allowedOrigins: actor.key.allowedOrigins,
      secretId: actor.key.secretId,
    };
  }
  if (input.environmentId != null) {
    if (input.projectId != null)
      invalid('environmentId', 'Give projectId or environmentId, not both.');
    return findDoorOfUser(call, input.environmentId);
  }
  if (input.projectId != null) return findDoorOfProject(call, input.projectId);
  if (actor.kind === 'user') invalid('environmentId', 'Say in which environment to start it.');
  return invalid('projectId', 'Say in which project to start it, or send an API key.');
}

async function findDoorOfUser(call: Call, id: string): Promise<Door> {
  if (call.actor.kind !== 'user') {
    throw new UnauthenticatedError('Naming an environment takes a signed-in user.');
  }
  const environment = await findEnvironment(call, id, {
    select: {
      kind: true,
      allowedOrigins: true,
      project: { select: { id: true, workspaceId: true } },
    },
  });
  if (!environment) throw new NotFoundError('The environment');
  const { kind, allowedOrigins, project } = environment;
  if (!mayTrySessions(call, { kind, workspaceId: project.workspaceId })) {
    throw new ForbiddenError(
      kind === 'PRODUCTION'
        ? 'In production sessions are started with an API key.'
        : 'Starting sessions takes the role Developer or higher.',
    );
  }
  return {
    startedWith: 'USER',
    environmentId: id,
    projectId: project.id,
    kind,
    allowedOrigins,
    secretId: null,
  };
}

/** The bare project id means the default environment. */
async function findDoorOfProject(call: Call, projectId: string): Promise<Door> {
  if (kindOfId(projectId) !== 'project') throw new NotFoundError('The project');
  const project = await call.db.project.findUnique({
    where: { id: projectId },
    select: { defaultEnvironment: { select: { id: true, kind: true, allowedOrigins: true } } },
  });
  if (!project) throw new NotFoundError('The project');
  const { id, kind, allowedOrigins } = project.defaultEnvironment;
  const only = environmentOfKey(call.actor);
  if (only !== null && only !== id) throw new NotFoundError('The project');
  const origin = call.client.foreignOrigin;
  if (origin !== null && !isOriginAllowed(origin, { kind, allowedOrigins })) {
    throw noteRefusal(call, id, 'ORIGIN_NOT_ALLOWED', new OriginNotAllowedError(origin));
  }
  return {
    startedWith: 'PROJECT_ID',
    environmentId: id,
    projectId,
    kind,
    allowedOrigins,
    secretId: null,
  };
}

/** For the log too: a switched-off project should show who still knocks. */
export function noteRefusal(
  call: Call,
  environmentId: string,
  refused: StartRefusal | 'RATE_LIMITED',
  error: Error,
): Error {
  const { actor, client, requestId } = call;
  call.refusals.note({
    type: error instanceof UnauthenticatedError ? 'key.refused' : 'session.refused',
    reason: refused,
    message: `Session refused: ${error.message}`,
    environmentId,
    apiKeyId: actor.kind === 'apiKey' ? actor.key.id : null,
    actor: actorValues(actor),
    client,
    requestId,
  });
  return error;
}
