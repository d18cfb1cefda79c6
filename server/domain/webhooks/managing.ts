/**
 * Changes of endpoints. Every one takes the locks of the endpoint first, of its health and then of
 * itself, in the order in which outcomes are written; so of those who change an endpoint at once each
 * finds what the one before left.
 */
import type { WebhookEndpoint } from '../../../prisma/generated/client.ts';
import type { EnvironmentKind } from '../../../prisma/generated/enums.ts';
import type { Tx } from '../../platform/db.ts';
import { demand, mayManageEnvironment, requireUser } from '../access.ts';
import type { Call } from '../call.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { recordLog } from '../log-entries.ts';
import type { LogType } from '../logs/types.ts';
import { invalid } from '../validation.ts';
import { findWebhookEndpoint } from './find.ts';
import { urlForLog } from './rules.ts';

/** Where an endpoint is. None of it ever changes. */
export interface ManagedEndpoint {
  id: string;
  workspaceId: string;
  projectId: string;
  environmentId: string;
}

/** An endpoint whose row the transaction has locked. */
export interface LockedEndpoint {
  endpoint: WebhookEndpoint;
  /** By the database's clock, in whole milliseconds, after the lock was taken. */
  now: Date;
  /** Writes to the log what is done to the endpoint. */
  record(entry: {
    type: Extract<LogType, `webhook.${string}`>;
    message: string;
    data?: object;
  }): Promise<void>;
}

/** @throws {ForbiddenError} the actor may not manage the webhooks of such an environment */
export function demandWebhooks(
  call: Call,
  place: { workspaceId: string; kind: EnvironmentKind },
): void {
  demand(
    mayManageEnvironment(call, place),
    place.kind === 'PRODUCTION'
      ? 'Webhooks of production take the role Admin or higher.'
      : 'Webhooks take the role Developer or higher.',
  );
}

/**
 * @throws {UnauthenticatedError} @throws {ForbiddenError}
 * @throws {NotFoundError} there is no such endpoint that the actor may see
 */
export async function findManagedEndpoint(call: Call, id: string): Promise<ManagedEndpoint> {
  requireUser(call);
  const endpoint = await findWebhookEndpoint(call, id, {
    include: { environment: { include: { project: { select: { workspaceId: true } } } } },
  });
  if (!endpoint) throw new NotFoundError('The webhook endpoint');
  const { environmentId, environment } = endpoint;
  const { kind, projectId, project } = environment;
  demandWebhooks(call, { workspaceId: project.workspaceId, kind });
  return { id, workspaceId: project.workspaceId, projectId, environmentId };
}

/**
 * Changes an endpoint in one transaction, alone with it.
 *
 * @param version the one that was read; null or undefined: any
 * @throws {NotFoundError} it was deleted meanwhile
 * @throws {ConflictError} with the current version, when it is not the given one
 */
export async function changeEndpoint<Result>(
  call: Call,
  managed: ManagedEndpoint,
  version: number | null | undefined,
  change: (tx: Tx, locked: LockedEndpoint) => Promise<Result>,
): Promise<Result> {
  return call.db.$transaction(async (tx) => {
    const locked = await lockEndpoint(tx, call, managed);
    const { endpoint } = locked;
    if (version != null && version !== endpoint.version) {
      throw new ConflictError(
        'The webhook endpoint was changed since you read it.',
        endpoint.version,
      );
    }
    return change(tx, locked);
  });
}

/** Locks an endpoint in the caller's transaction. @throws {NotFoundError} it was deleted meanwhile */
export async function lockEndpoint(
  tx: Tx,
  call: Call,
  { id, workspaceId, projectId, environmentId }: ManagedEndpoint,
): Promise<LockedEndpoint> {
  await tx.$queryRaw`SELECT endpoint_id FROM webhook_health WHERE endpoint_id = ${id} FOR UPDATE`;
  await tx.$queryRaw`SELECT id FROM webhook_endpoints WHERE id = ${id} FOR UPDATE`;
  const endpoint = await tx.webhookEndpoint.findUnique({ where: { id } });
  if (!endpoint) throw new NotFoundError('The webhook endpoint');
  const [clock] = await tx.$queryRaw<[{ now: Date }]>`
    SELECT date_trunc('milliseconds', clock_timestamp()) AS now`;
  const url = urlForLog(endpoint.url);
  return {
    endpoint,
    now: clock.now,
    record: ({ data, ...entry }) =>
      recordLog(tx, call, {
        ...{ workspaceId, projectId, environmentId },
        ...entry,
        data: { endpointId: id, url, ...data },
      }),
  };
}

/** @throws {ValidationError} the endpoint is off, so nothing can be sent to it */
export function demandActive({ active }: Pick<WebhookEndpoint, 'active'>): void {
  if (!active) invalid('id', 'The webhook endpoint is switched off. Switch it on first.');
}
