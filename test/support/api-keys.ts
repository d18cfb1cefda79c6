import type { AuthenticatedKey } from '../../server/domain/actor.ts';
import { createApiKeyCache } from '../../server/domain/api-keys/check.ts';
import { startSession } from '../../server/domain/auth-sessions/start.ts';
import type { Tools } from '../../server/domain/call.ts';
import { type RefusalReason, UnauthenticatedError } from '../../server/domain/errors.ts';
import type { Db } from '../../server/platform/db.ts';
import { callAs, nobody } from './call.ts';

/** What becomes of a request with a key. */
export type Verdict = 'accepted' | RefusalReason;

async function verdictOf(work: () => unknown): Promise<Verdict> {
  try {
    await work();
    return 'accepted';
  } catch (error) {
    if (error instanceof UnauthenticatedError && error.reason) return error.reason;
    throw error;
  }
}

/** What a process that has not seen the keys before says of each. */
export function checkAfresh(tools: Tools, values: readonly string[]): Promise<Verdict[]> {
  const cache = createApiKeyCache({ ...tools, usage: tools.apiKeyUsage });
  const { client } = callAs(tools, nobody);
  return Promise.all(values.map((value) => verdictOf(() => cache.check(value, client))));
}

/** What the write path says of a request whose key was found to be live before whatever happened. */
export function startWith(tools: Tools, key: AuthenticatedKey): Promise<Verdict> {
  return verdictOf(() => startSession(callAs(tools, { kind: 'apiKey', key }), {}));
}

/** The actor that a request with this value had while it was accepted. Works for dead ones too. */
export async function keyBehind(tools: Tools, value: string): Promise<AuthenticatedKey> {
  const { rows } = await tools.db.$pool.query(
    `SELECT k.id, k.name, k.type, s.id AS "secretId", s.environment_id AS "environmentId",
       e.kind AS "environmentKind", e.allowed_origins AS "allowedOrigins",
       s.project_id AS "projectId", s.workspace_id AS "workspaceId"
     FROM api_key_secrets s JOIN environments e ON e.id = s.environment_id
     LEFT JOIN api_keys k ON k.id = s.api_key_id WHERE s.digest = ANY ($1)`,
    [tools.masterKeys.digests('api-key', value)],
  );
  return rows[0];
}

/** As if so much time had passed for a key: its expiry and the ends of its secrets come nearer. */
export async function ageKey(db: Db, id: string, seconds: number): Promise<void> {
  await db.$executeRaw`UPDATE api_keys SET expires_at = expires_at - make_interval(secs => ${seconds})
    WHERE id = ${id}`;
  await db.$executeRaw`UPDATE api_key_secrets SET ends_at = ends_at - make_interval(secs => ${seconds})
    WHERE api_key_id = ${id}`;
}
