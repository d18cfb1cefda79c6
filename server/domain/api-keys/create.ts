import type { ApiKeyType, EnvironmentKind } from '../../../prisma/generated/enums.ts';
import type { Tx } from '../../platform/db.ts';
import type { Call } from '../call.ts';
import { newId } from '../ids.ts';
import { apiKeyPreview, newApiKeyValue } from './format.ts';

export interface NewApiKey {
  workspaceId: string;
  projectId: string;
  environmentId: string;
  kind: EnvironmentKind;
  type: ApiKeyType;
  name: string;
  createdById: string | null;
}

/**
 * Writes a key with its first secret, in the caller's transaction.
 *
 * @returns the id, and the value: of a secret key this is the only time that anybody sees it
 */
export async function insertApiKey(
  { masterKeys }: Pick<Call, 'masterKeys'>,
  tx: Tx,
  { environmentId, kind, type, name, createdById, ...place }: NewApiKey,
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
