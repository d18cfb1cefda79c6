import type { Role } from '../../../prisma/generated/enums.ts';
import type { SignedInUser } from '../actor.ts';
import type { Tools } from '../call.ts';
import { idleDays, longestDays } from './start-sign-in.ts';
import { isToken } from './tokens.ts';

/**
 * Finds the sign-in with its user and memberships, and once a minute notes that it was used: moves
 * its end, and its digest to the first master key. The note is skipped where the row changed since
 * it was found: a sign-in that is just being ended must not come back, nor an old cookie value.
 */
const findSql = `
WITH found AS (
  SELECT id, user_id, digest, expires_at, last_seen_at FROM sign_ins
  WHERE digest = ANY($1::bytea[]) AND expires_at > now()
), seen AS (
  UPDATE sign_ins s SET digest = $2, master_key_id = $5, last_seen_at = now(),
    expires_at = least(now() + make_interval(days => $3), s.created_at + make_interval(days => $4))
  FROM found f
  WHERE s.id = f.id AND s.digest = f.digest AND s.expires_at = f.expires_at
    AND (f.digest <> $2 OR f.last_seen_at < now() - interval '1 minute')
)
SELECT f.id AS sign_in_id, u.id, u.name, u.email, m.workspace_id, m.role
FROM found f JOIN users u ON u.id = f.user_id LEFT JOIN memberships m ON m.user_id = u.id`;

interface Row {
  sign_in_id: string;
  id: string;
  name: string;
  email: string;
  workspace_id: string | null;
  role: Role;
}

/** Who signed in with this cookie value; null where it is junk, ended or expired. One statement. */
export async function authenticateSignIn(
  { db, masterKeys }: Pick<Tools, 'db' | 'masterKeys'>,
  token: string,
): Promise<SignedInUser | null> {
  if (!isToken(token)) return null;
  const digests = masterKeys.digests('sign-in', token);
  const { rows } = await db.$pool.query<Row>({
    name: 'sign-in-authenticate',
    text: findSql,
    values: [digests, digests[0], idleDays, longestDays, masterKeys.primaryId],
  });
  const [first] = rows;
  if (!first) return null;
  return {
    kind: 'user',
    id: first.id,
    name: first.name,
    email: first.email,
    signInId: first.sign_in_id,
    accessToken: null,
    narrowedTo: null,
    memberships: new Map(
      rows.flatMap(({ workspace_id, role }) => (workspace_id ? [[workspace_id, role]] : [])),
    ),
  };
}
