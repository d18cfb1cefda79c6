import { z } from 'zod';
import type { ApiKeyType, EnvironmentKind } from '../../../prisma/generated/enums.ts';
import type { Tx } from '../../platform/db.ts';
import { requireUser } from '../access.ts';
import { announce } from '../announce.ts';
import type { Call } from '../call.ts';
import { NotFoundError } from '../errors.ts';
import { newId } from '../ids.ts';
import { recordLog } from '../log-entries.ts';
import { findPlace } from '../managed.ts';
import { nameText, validate } from '../validation.ts';
import { demandFutureExpiry } from './expiry.ts';
import { apiKeyPreview, newApiKeyValue } from './format.ts';

export interface CreateApiKeyInput {
  environmentId: string;
  name: string;
  type: ApiKeyType;
  expiresAt?: Date | null;
}

const rules = z.object({ name: nameText(), expiresAt: z.date().nullish() });

/**
 * Creates a key in an environment. Names need not be unique.
 *
 * @returns its id, and of a secret key the value, which nobody can read again; null of a publishable
 *   one, whose value is always readable
 * @throws {UnauthenticatedError} @throws {ForbiddenError} @throws {NotFoundError} no such environment
 * @throws {ValidationError} the name breaks a rule, or the expiry has passed
 */
export async function createApiKey(
  call: Call,
  input: CreateApiKeyInput,
): Promise<{ id: string; secret: string | null }> {
  const user = requireUser(call);
  const { environmentId, type } = input;
  const { kind, ...place } = await findPlace(call, environmentId, 'Keys');
  const { name, expiresAt = null } = validate(rules, input);

  return call.db.$transaction(async (tx) => {
    // Held, so that the environment cannot be deleted between this look and the end.
    const [held] = await tx.$queryRaw<{ now: Date }[]>`
      SELECT date_trunc('milliseconds', now()) AS now FROM environments
      WHERE id = ${environmentId} FOR KEY SHARE`;
    if (!held) throw new NotFoundError('The environment');
    if (expiresAt) demandFutureExpiry(expiresAt, held.now);
    const { id, value } = await insertApiKey(call, tx, {
      ...place,
      kind,
      type,
      name,
      expiresAt,
      createdById: user.id,
    });
    await announce(tx, 'apiKey', id);
    await recordLog(tx, call, {
      ...place,
      type: 'key.created',
      message: `API key "${name}" created.`,
      apiKeyId: id,
      data: { after: { name, type, preview: apiKeyPreview(value), expiresAt } },
    });
    return { id, secret: type === 'SECRET' ? value : null };
  });
}

export interface NewApiKey {
  workspaceId: string;
  projectId: string;
  environmentId: string;
  kind: EnvironmentKind;
  type: ApiKeyType;
  name: string;
  createdById: string | null;
  expiresAt?: Date | null;
}

/**
 * Writes a key with its first secret, in the caller's transaction.
 *
 * @returns the id, and the value: of a secret key this is the only time that anybody sees it
 */
export async function insertApiKey(
  { masterKeys }: Pick<Call, 'masterKeys'>,
  tx: Tx,
  { environmentId, kind, type, name, createdById, expiresAt, ...place }: NewApiKey,
): Promise<{ id: string; value: string }> {
  const value = newApiKeyValue(type, kind);
  const preview = apiKeyPreview(value);
  const id = newId('apiKey');
  await tx.apiKey.create({
    data: {
      id,
      environmentId,
      name,
      type,
      preview,
      publishableValue: type === 'PUBLISHABLE' ? value : null,
      createdById,
      expiresAt,
    },
    select: { id: true },
  });
  await insertApiKeySecret({ masterKeys }, tx, { apiKeyId: id, ...place, environmentId, value });
  return { id, value };
}

/** Writes a secret as the current one of its key, in the caller's transaction. */
export async function insertApiKeySecret(
  { masterKeys }: Pick<Call, 'masterKeys'>,
  tx: Tx,
  {
    value,
    ...place
  }: {
    apiKeyId: string;
    workspaceId: string;
    projectId: string;
    environmentId: string;
    value: string;
  },
): Promise<void> {
  await tx.apiKeySecret.create({
    data: {
      id: newId('apiKeySecret'),
      ...place,
      digest: Uint8Array.from(masterKeys.digest('api-key', value)),
      masterKeyId: masterKeys.primaryId,
      preview: apiKeyPreview(value),
    },
    select: { id: true },
  });
}
