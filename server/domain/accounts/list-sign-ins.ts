import type { UserActor } from '../actor.ts';
import type { Call } from '../call.ts';

export interface SignInRecord {
  id: string;
  createdAt: Date;
  lastSeenAt: Date;
  ip: string | null;
  userAgent: string | null;
  /** It is the one that asks. */
  current: boolean;
}

/** The last seen ones that are listed. */
export const signInsShown = 100;

/** The browsers that the user is signed in with now, the one last seen first. None where an access token asks. */
export async function listSignIns(
  { db }: Pick<Call, 'db'>,
  { id, signInId }: UserActor,
): Promise<SignInRecord[]> {
  if (signInId === null) return [];
  return db.$queryRaw`
    SELECT id, created_at AS "createdAt", last_seen_at AS "lastSeenAt", ip,
      user_agent AS "userAgent", id = ${signInId} AS current
    FROM sign_ins WHERE user_id = ${id} AND expires_at > now()
    ORDER BY last_seen_at DESC, id DESC LIMIT ${signInsShown}`;
}
