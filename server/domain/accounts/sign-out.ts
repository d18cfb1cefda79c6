import type { Call } from '../call.ts';
import { endSignIns } from './end-sign-ins.ts';

/**
 * Ends the browser's sign-in, or with `everywhere` all that the user has, and clears the cookie.
 * Signing out when nobody is signed in does nothing, successfully.
 *
 * @throws {ForbiddenError} this request may not clear the cookie
 */
export async function signOut(call: Call, { everywhere }: { everywhere: boolean }): Promise<void> {
  const { actor } = call;
  call.signInCookie.clear(); // first: it refuses a foreign page, which must not end anything
  if (actor.kind !== 'user') return;
  await endSignIns(call.db, actor.id, everywhere ? {} : { only: actor.signInId });
  call.actor = { kind: 'nobody' };
}
