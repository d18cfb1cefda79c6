/**
 * Changes of endpoints. Every one takes the locks of the endpoint first, of its health and then of
 * itself, in the order in which outcomes are written; so of those who change an endpoint at once each
 * finds what the one before left.
 */
import type { WebhookEndpoint } from '../../../prisma/generated/client.ts';
import type { Tx } from '../../platform/db.ts';
import { requireUser } from '../access.ts';
import type { Call } from '../call.ts';
import { NotFoundError } from '../errors.ts';
import { recordLog } from '../log-entries.ts';
import type { LogType } from '../logs/types.ts';
import {
  demandPlace,
  demandVersion,
  inEnvironment,
  type ManagedPlace,
  readClock,
} from '../managed.ts';
import { invalid } from '../validation.ts';
import { findWebhookEndpoint } from './find.ts';
import { urlForLog } from './rules.ts';

/** An endpoint that the actor may manage, and where it is. */
export interface ManagedEndpoint extends Omit<ManagedPlace, 'kind'> {
  id: string;
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

/**
 * @throws {UnauthenticatedError} @throws {ForbiddenError}
 * @throws {NotFoundError} there is no such endpoint that the actor may see
 */
export async function findManagedEndpoint(call: Call, id: string): Promise<ManagedEndpoint> {
  requireUser(call);
  const endpoint = await findWebhookEndpoint(call, id, { include: inEnvironment });
  if (!endpoint) throw new NotFoundError('The webhook endpoint');
  return { id, ...demandPlace(call, endpoint.environment, 'Webhooks') };
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
    demandVersion('The webhook endpoint', locked.endpoint, version);
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
  const url = urlForLog(endpoint.url);
  return {
    endpoint,
    now: await readClock(tx),
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
