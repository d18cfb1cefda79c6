/** What keys and webhook endpoints have in common: things of an environment that people manage. */
import type { EnvironmentKind } from '../../prisma/generated/enums.ts';
import type { Tx } from '../platform/db.ts';
import { demand, mayManageEnvironment, requireUser } from './access.ts';
import type { Call } from './call.ts';
import { findEnvironment } from './environments/find.ts';
import { ConflictError, NotFoundError } from './errors.ts';

/** Where such a thing is. None of it ever changes. */
export interface ManagedPlace {
  workspaceId: string;
  projectId: string;
  environmentId: string;
  kind: EnvironmentKind;
}

const inProject = { project: { select: { workspaceId: true } } };

/** For Prisma: with a thing, the environment that `demandPlace` takes. */
export const inEnvironment = { environment: { include: inProject } };

/**
 * Where the actor may make such things.
 *
 * @throws {UnauthenticatedError} @throws {ForbiddenError}
 * @throws {NotFoundError} there is no such environment that the actor may see
 */
export async function findPlace(
  call: Call,
  environmentId: string,
  what: 'Keys' | 'Webhooks',
): Promise<ManagedPlace> {
  requireUser(call);
  const environment = await findEnvironment(call, environmentId, { include: inProject });
  if (!environment) throw new NotFoundError('The environment');
  return demandPlace(call, environment, what);
}

/** @throws {ForbiddenError} the actor may not manage such things there */
export function demandPlace(
  call: Call,
  environment: {
    id: string;
    kind: EnvironmentKind;
    projectId: string;
    project: { workspaceId: string };
  },
  what: 'Keys' | 'Webhooks',
): ManagedPlace {
  const { id: environmentId, kind, projectId } = environment;
  const { workspaceId } = environment.project;
  demand(
    mayManageEnvironment(call, { workspaceId, kind }),
    kind === 'PRODUCTION'
      ? `${what} of production take the role Admin or higher.`
      : `${what} take the role Developer or higher.`,
  );
  return { workspaceId, projectId, environmentId, kind };
}

/**
 * @param what for the message, such as "The API key"
 * @param given the version that was read; null or undefined: any
 * @throws {ConflictError} with the current version, when it is not the given one
 */
export function demandVersion(
  what: string,
  { version }: { version: number },
  given: number | null | undefined,
): void {
  if (given == null || given === version) return;
  throw new ConflictError(`${what} was changed since you read it.`, version);
}

/**
 * Now by the database's clock, in whole milliseconds. Not now(): that is when the transaction began,
 * perhaps long before it got a lock.
 */
export async function readClock(tx: Tx): Promise<Date> {
  const [clock] = await tx.$queryRaw<[{ now: Date }]>`
    SELECT date_trunc('milliseconds', clock_timestamp()) AS now`;
  return clock.now;
}
