import type { Role } from '../../../prisma/generated/enums.ts';
import { type Db, promptly } from '../../platform/db.ts';
import { isAtLeast } from '../access.ts';
import type { Actor, UserActor } from '../actor.ts';
import { refusalSql } from '../api-keys/refusal.ts';
import type { Connection, EndReason } from './connection.ts';

/** How the credential of a connection stands, by the database's clock. */
export interface CredentialState {
  /** Why it is dead; null: it lives. */
  reason: EndReason | null;
  /** When it ends by itself; null: never, as far as is known. */
  endsInMs: number | null;
}

/** The key that came with the connection, alone or beside an access token. */
export function keyOf(actor: Actor): { keyId: string; secretId: string } | null {
  if (actor.kind === 'apiKey') return { keyId: actor.key.id, secretId: actor.key.secretId };
  return actor.kind === 'user' ? actor.narrowedTo : null;
}

/** Whether somebody may now be in a workspace, or do more there, than before. */
export function hasGained(now: Actor, before: Actor): boolean {
  if (now.kind !== 'user' || before.kind !== 'user') return false;
  return exceeds(now.memberships, before.memberships);
}

function exceeds(some: ReadonlyMap<string, Role>, others: ReadonlyMap<string, Role>): boolean {
  return [...some].some(([workspaceId, role]) => !isAtLeast(others.get(workspaceId), role));
}

const msUntil = (instant: string) => `extract(epoch FROM ${instant} - now())::float8 * 1000`;

const keysSql = `
SELECT i.id, ${refusalSql} AS refused, ${msUntil('least(k.expires_at, s.ends_at)')} AS ends_in_ms
FROM unnest($1::text[]) i(id)
LEFT JOIN api_key_secrets s ON s.id = i.id
LEFT JOIN api_keys k ON k.id = s.api_key_id`;

const tokensSql = `
SELECT id, expires_at <= now() AS expired, ${msUntil('expires_at')} AS ends_in_ms
FROM access_tokens WHERE id = ANY ($1)`;

const signInsSql = `
SELECT id, digest, ${msUntil('expires_at')} AS ends_in_ms
FROM sign_ins WHERE id = ANY ($1) AND expires_at > now()`;

const membershipsSql =
  'SELECT user_id, workspace_id, role FROM memberships WHERE user_id = ANY ($1)';

/** How the credentials of these connections stand, in order. At most one statement of each kind. */
export async function readCredentialStates(
  db: Db,
  connections: readonly Connection[],
): Promise<CredentialState[]> {
  const users = connections.flatMap(({ actor }) => (actor.kind === 'user' ? [actor] : []));
  const ask = async (name: string, text: string, ids: (string | null | undefined)[]) => {
    const values = [[...new Set(ids.filter((id) => id != null))]];
    if (values[0]!.length === 0) return [];
    return (await db.$urgent.query<Row>({ name, text, values, ...promptly })).rows;
  };
  const [keys, tokens, signIns, memberships] = await Promise.all([
    ask(
      'live-keys',
      keysSql,
      connections.map(({ actor }) => keyOf(actor)?.secretId),
    ),
    ask(
      'live-tokens',
      tokensSql,
      users.map(({ accessToken }) => accessToken?.id),
    ),
    ask(
      'live-sign-ins',
      signInsSql,
      users.map(({ signInId }) => signInId),
    ),
    ask(
      'live-memberships',
      membershipsSql,
      users.map(({ id }) => id),
    ),
  ]);
  const byId = (rows: Row[]) => new Map(rows.map((row) => [row.id, row]));
  const found = { keys: byId(keys), tokens: byId(tokens), signIns: byId(signIns) };
  const roles = new Map<string, Map<string, Role>>();
  for (const { user_id: id, workspace_id, role } of memberships) {
    roles.set(id, (roles.get(id) ?? new Map()).set(workspace_id, role));
  }

  return connections.map(({ actor, signInDigests }) => {
    const key = keyOf(actor);
    const states = key ? [stateOfKey(found.keys.get(key.secretId))] : [];
    if (actor.kind === 'user') {
      const { accessToken, signInId } = actor;
      if (accessToken) states.push(stateOfToken(found.tokens.get(accessToken.id)));
      if (signInId) states.push(stateOfSignIn(found.signIns.get(signInId), signInDigests));
      states.push(stateOfAccess(actor, roles.get(actor.id)));
    }
    const ends = states.flatMap(({ endsInMs }) => endsInMs ?? []);
    return {
      reason: states.find(({ reason }) => reason !== null)?.reason ?? null,
      endsInMs: ends.length > 0 ? Math.min(...ends) : null,
    };
  });
}

// biome-ignore lint/suspicious/noExplicitAny: rows of the statements above
type Row = any;

/** One that is switched off is not dead: what runs goes on. */
function stateOfKey(row: Row): CredentialState {
  const { refused, ends_in_ms: endsInMs } = row;
  return { reason: refused === 'INACTIVE' ? null : refused, endsInMs };
}

function stateOfToken(row: Row): CredentialState {
  if (!row) return { reason: 'UNKNOWN', endsInMs: null }; // revoked: its row is gone
  return { reason: row.expired ? 'EXPIRED' : null, endsInMs: row.ends_in_ms };
}

function stateOfSignIn(row: Row, digests: readonly Buffer[]): CredentialState {
  const isSame = row && digests.some((digest) => digest.equals(row.digest));
  return { reason: isSame ? null : 'SIGNED_OUT', endsInMs: row?.ends_in_ms ?? null };
}

/** Whether a workspace is lost to the user, or is seen with a lower role. */
function stateOfAccess(
  { memberships }: UserActor,
  rolesNow: ReadonlyMap<string, Role> = new Map(),
): CredentialState {
  return { reason: exceeds(memberships, rolesNow) ? 'ACCESS_CHANGED' : null, endsInMs: null };
}
