import type { AccessTokenScope, Role } from '../../../prisma/generated/enums.ts';
import type { UserActor } from '../actor.ts';
import type { Tools } from '../call.ts';
import { UnauthenticatedError } from '../errors.ts';
import { isAccessTokenValue } from './format.ts';

/**
 * Finds the token with its user and their memberships, and once a minute notes that it was used, which
 * also moves its digest to the first master key. The conditions of the note are on the row as it is
 * when it is written: of requests at once one notes it, and one that is just being revoked stays so.
 */
const findSql = `
WITH found AS (
  SELECT id, user_id, workspace_id, name, scope, digest, coalesce(expires_at <= now(), false) AS expired
  FROM access_tokens WHERE digest = ANY ($1::bytea[])
), seen AS (
  UPDATE access_tokens t SET digest = $2, master_key_id = $3, last_used_at = now()
  FROM found f
  WHERE t.id = f.id AND NOT f.expired AND (t.digest <> $2 OR t.last_used_at IS NULL
    OR t.last_used_at < now() - interval '1 minute')
)
SELECT f.id AS token_id, f.name AS token_name, f.scope, f.expired, u.id, u.name, u.email,
  m.workspace_id, m.role
FROM found f
JOIN users u ON u.id = f.user_id
LEFT JOIN memberships m
  ON m.user_id = u.id AND (f.workspace_id IS NULL OR m.workspace_id = f.workspace_id)`;

interface Row {
  token_id: string;
  token_name: string;
  scope: AccessTokenScope;
  expired: boolean;
  id: string;
  name: string;
  email: string;
  workspace_id: string | null;
  role: Role;
}

/**
 * For whom this access token speaks. One statement; none for what is no token.
 *
 * @throws {UnauthenticatedError} UNKNOWN: it is junk or was revoked; EXPIRED
 */
export async function authenticateAccessToken(
  { db, masterKeys }: Pick<Tools, 'db' | 'masterKeys'>,
  value: string,
): Promise<UserActor> {
  if (!isAccessTokenValue(value)) throw unknown();
  const digests = masterKeys.digests('access-token', value);
  const { rows } = await db.$pool.query<Row>({
    name: 'access-token-authenticate',
    text: findSql,
    values: [digests, digests[0], masterKeys.primaryId],
  });
  const [first] = rows;
  if (!first) throw unknown();
  if (first.expired) {
    throw new UnauthenticatedError('This access token has expired. Make a new one.', 'EXPIRED');
  }
  return {
    kind: 'user',
    id: first.id,
    name: first.name,
    email: first.email,
    signInId: null,
    accessToken: { id: first.token_id, name: first.token_name, scope: first.scope },
    narrowedTo: null,
    memberships: new Map(
      rows.flatMap(({ workspace_id, role }) => (workspace_id ? [[workspace_id, role]] : [])),
    ),
  };
}

function unknown(): UnauthenticatedError {
  return new UnauthenticatedError(
    'This access token does not exist, or was revoked. Check that it was copied whole.',
    'UNKNOWN',
  );
}
