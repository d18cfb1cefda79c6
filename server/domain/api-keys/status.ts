import type { ApiKey } from '../../../prisma/generated/client.ts';

export type ApiKeyStatus = 'ACTIVE' | 'INACTIVE' | 'EXPIRED' | 'ROTATING';

/**
 * What a key's owner is shown. The first that applies: EXPIRED, INACTIVE, ROTATING, ACTIVE.
 *
 * For show only, so the process's clock will do: whether a key works is decided by the statement that
 * checks it.
 *
 * @param rotating whether an earlier secret works beside the current one
 */
export function apiKeyStatus(
  { active, expiresAt }: Pick<ApiKey, 'active' | 'expiresAt'>,
  rotating: boolean,
): ApiKeyStatus {
  if (expiresAt && expiresAt.getTime() <= Date.now()) return 'EXPIRED';
  if (!active) return 'INACTIVE';
  return rotating ? 'ROTATING' : 'ACTIVE';
}
