import { invalid } from '../validation.ts';

/** @throws {ValidationError} the expiry has passed @param now by the database's clock */
export function demandFutureExpiry(expiresAt: Date, now: Date): void {
  if (expiresAt <= now) invalid('expiresAt', 'Must be in the future. Leave it out for no expiry.');
}
