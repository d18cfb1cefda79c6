import { type RefusalReason, UnauthenticatedError } from '../errors.ts';

const messages: Record<RefusalReason, string> = {
  UNKNOWN: 'This API key does not exist. Check that it was copied whole.',
  INACTIVE: 'This API key is switched off.',
  EXPIRED: 'This API key has expired.',
  DELETED: 'This API key was deleted.',
  ROTATED_OUT: 'This API key was regenerated; use its new secret.',
  WRONG_ENVIRONMENT: 'This API key belongs to another environment.',
  ORIGIN_NOT_ALLOWED: 'A page of this origin may not use the key.',
  SECRET_IN_BROWSER:
    'This secret key was sent from a browser, so it must be taken as exposed. Regenerate it, and use a publishable key in pages and apps.',
};

/** What a client with a refused key is told. */
export function refusal(reason: RefusalReason, message = messages[reason]): UnauthenticatedError {
  return new UnauthenticatedError(message, reason);
}

/**
 * Why the key of a secret may not be used now; null where it may. SQL over the tables
 * `api_key_secrets s` left joined to `api_keys k`; every statement that writes for a key has it.
 */
export const refusalSql = `CASE
  WHEN s.id IS NULL THEN 'UNKNOWN'
  WHEN s.ends_at <= now() THEN s.end_reason
  WHEN k.id IS NULL THEN 'DELETED'
  WHEN k.expires_at <= now() THEN 'EXPIRED'
  WHEN NOT k.active THEN 'INACTIVE'
END`;
