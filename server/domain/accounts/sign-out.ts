import { refuseAccessToken, requireSignedIn } from '../access.ts';
import type { Call } from '../call.ts';
import { NotFoundError } from '../errors.ts';
import { kindOfId } from '../ids.ts';
import { invalid } from '../validation.ts';
import { endSignIns } from './end-sign-ins.ts';
import { recordInWorkspaces } from './record-in-workspaces.ts';

export interface SignOutInput {
  everywhere?: boolean | null;
  /** Another browser that the user is signed in with, or this one. */
  signInId?: string | null;
}

/**
 * Ends the browser's sign-in, or with `everywhere` all that the user has, and clears the cookie.
 * Signing out when nobody is signed in does nothing, successfully. With `signInId` it ends that
 * sign-in, and this browser stays signed in unless it is its own.
 *
 * @throws {ForbiddenError} this request may not clear the cookie, or an access token asks
 * @throws {ValidationError} both fields are set
 * @throws {UnauthenticatedError} nobody is signed in, and a sign-in was named
 * @throws {NotFoundError} the user has no such sign-in now
 */
export async function signOut(
  call: Call,
  { everywhere, signInId = null }: SignOutInput,
): Promise<void> {
  refuseAccessToken(call);
  const { actor } = call;
  if (signInId !== null) {
    if (everywhere) invalid('signInId', 'Give everywhere or signInId, not both.');
    const user = requireSignedIn(call);
    if (signInId !== user.signInId) return endOther(call, signInId);
  }
  call.signInCookie.clear(); // first: it refuses a foreign page, which must not end anything
  if (actor.kind !== 'user' || actor.signInId === null) return;
  const only = everywhere ? {} : { only: actor.signInId };
  await call.db.$transaction(async (tx) => {
    const ended = await endSignIns(tx, actor.id, only);
    if (ended.length === 0) return; // by another request, which says so
    await recordInWorkspaces(tx, call, actor.memberships.keys(), {
      type: 'user.signed_out',
      message: `${actor.name} signed out${everywhere ? ' everywhere' : ''}.`,
    });
  });
  call.actor = { kind: 'nobody' };
}

async function endOther(call: Call, signInId: string): Promise<void> {
  const user = requireSignedIn(call);
  if (kindOfId(signInId) !== 'signIn') throw new NotFoundError('The sign-in');
  await call.db.$transaction(async (tx) => {
    const [ended] = await endSignIns(tx, user.id, { only: signInId });
    if (ended === undefined) throw new NotFoundError('The sign-in');
    await recordInWorkspaces(tx, call, user.memberships.keys(), {
      type: 'user.sign_in_revoked',
      message: `${user.name} signed another browser out.`,
      data: { signInId },
    });
  });
}
