import { LRUCache } from 'lru-cache';
import type { Db } from '../../platform/db.ts';
import type { Events } from '../../platform/events.ts';
import type { MasterKeys } from '../../platform/master-keys.ts';
import type { AuthenticatedKey, Client } from '../call.ts';
import { originNotAllowedMessage, type RefusalReason, UnauthenticatedError } from '../errors.ts';
import { isOriginAllowed } from '../origins.ts';
import { isApiKeyValue } from './format.ts';

/**
 * Checks the keys that requests carry.
 *
 * Invariant: a read never trusts what was known of a key once a change of it was heard of, and never
 * for longer than `trustedMs` without hearing at all; a write never trusts it, but checks key and
 * project again inside its own statement. So a key that was switched off stops writing with the very
 * next request in every process, and reading within a second, whatever happens to the connection that
 * hears of changes.
 */
export interface ApiKeyCache {
  /**
   * The key behind a value, once it is found to be live and allowed where it came from. Takes no
   * statement while the key is warm, and one for all who wait when it is not.
   *
   * @throws {UnauthenticatedError} with the reason of the refusal
   */
  check(value: string, client: Client): Promise<AuthenticatedKey>;
}

/** Also bounds how late a read may notice a change: one second. */
const trustedMs = 1_000;
const keysMax = 20_000;

const messages: Record<RefusalReason, string> = {
  UNKNOWN: 'This API key does not exist. Check that it was copied whole.',
  INACTIVE: 'This API key is switched off.',
  EXPIRED: 'This API key has expired.',
  DELETED: 'This API key was deleted.',
  ROTATED_OUT: 'This API key was regenerated; use its new secret.',
  WRONG_ENVIRONMENT: 'This API key belongs to another environment.',
  ORIGIN_NOT_ALLOWED: 'The origin is not allowed.',
  SECRET_IN_BROWSER:
    'This secret key was sent from a browser, so it must be taken as exposed. Regenerate it, and use a publishable key in pages and apps.',
};

export function refusal(reason: RefusalReason): UnauthenticatedError {
  return new UnauthenticatedError(messages[reason], reason);
}

/**
 * Why the key of a secret may not be used now; null where it may. SQL over the tables
 * `api_key_secrets s` left joined to `api_keys k`; every statement that writes for a key has it.
 */
export const refusalSql = `CASE
  WHEN s.id IS NULL THEN 'UNKNOWN'
  WHEN k.id IS NULL THEN 'DELETED'
  WHEN s.ends_at <= now() THEN s.end_reason
  WHEN k.expires_at <= now() THEN 'EXPIRED'
  WHEN NOT k.active THEN 'INACTIVE'
END`;

type Found = { refused: RefusalReason } | { key: AuthenticatedKey; endsInMs: number | null };

interface Kept {
  found: Promise<Found>;
  /** What it turned out to be; undefined while the database is asked. */
  known?: Found;
  /** When the database was asked, on the clock of performance.now(). */
  at: number;
}

const findSql = `
SELECT ${refusalSql} AS refused,
  extract(epoch FROM least(k.expires_at, s.ends_at) - now())::float8 * 1000 AS ends_in_ms,
  k.id, k.name, k.type, s.id AS secret_id, e.id AS environment_id, e.kind, e.allowed_origins, p.id AS project_id, p.workspace_id
FROM api_key_secrets s
LEFT JOIN api_keys k ON k.id = s.api_key_id
LEFT JOIN environments e ON e.id = k.environment_id
LEFT JOIN projects p ON p.id = e.project_id
WHERE s.digest = ANY($1)`;

export function createApiKeyCache(db: Db, masterKeys: MasterKeys, events: Events): ApiKeyCache {
  // Keyed by digest, so that a heap dump holds no secrets. Junk is not kept: there is no end of it.
  const cache = new LRUCache<string, Kept>({ max: keysMax });

  events.listen({
    reset: () => cache.clear(),
    message({ kind, id }) {
      for (const [name, { known }] of cache.entries()) {
        // What is still being asked for may be answered from before the change.
        const concerned =
          !known || 'refused' in known || Object.values(scopeOf(known.key)).includes(id);
        if (concerned && (kind === 'apiKey' || kind === 'environment' || kind === 'project')) {
          cache.delete(name);
        }
      }
    },
  });

  function isTrusted({ at, known }: Kept, now: number): boolean {
    const endsInMs = known && 'key' in known ? known.endsInMs : null;
    if (endsInMs !== null && now - at >= endsInMs) return false;
    if (now - at < trustedMs) return true;
    return at >= events.listeningSince && now - events.heardUpTo < trustedMs;
  }

  async function find(digests: Buffer[]): Promise<Found> {
    const { rows } = await db.$pool.query({
      name: 'api-key-check',
      text: findSql,
      values: [digests],
    });
    const [row] = rows;
    if (!row) return { refused: 'UNKNOWN' };
    if (row.refused) return { refused: row.refused };
    return {
      endsInMs: row.ends_in_ms,
      key: {
        id: row.id,
        name: row.name,
        type: row.type,
        secretId: row.secret_id,
        environmentId: row.environment_id,
        environmentKind: row.kind,
        allowedOrigins: row.allowed_origins,
        projectId: row.project_id,
        workspaceId: row.workspace_id,
      },
    };
  }

  function findCached(value: string): Promise<Found> {
    const digest = masterKeys.digest('api-key', value);
    const name = digest.toString('base64');
    const now = performance.now();
    const kept = cache.get(name);
    if (kept && isTrusted(kept, now)) return kept.found;
    const found = find([digest, ...masterKeys.digests('api-key', value).slice(1)]);
    const entry: Kept = { found, at: now };
    cache.set(name, entry);
    const forget = () => {
      if (cache.get(name) === entry) cache.delete(name);
    };
    found.then((result) => {
      entry.known = result;
      if ('refused' in result && result.refused === 'UNKNOWN') forget();
    }, forget);
    return found;
  }

  return {
    async check(value, client) {
      if (!isApiKeyValue(value)) throw refusal('UNKNOWN');
      const found = await findCached(value);
      if ('refused' in found) throw refusal(found.refused);
      const { key } = found;
      if (key.type === 'SECRET' && client.crossSite) throw refusal('SECRET_IN_BROWSER');
      if (
        key.type === 'PUBLISHABLE' &&
        client.foreignOrigin !== null &&
        !isOriginAllowed(client.foreignOrigin, {
          kind: key.environmentKind,
          allowedOrigins: key.allowedOrigins,
        })
      ) {
        throw new UnauthenticatedError(
          originNotAllowedMessage(client.foreignOrigin),
          'ORIGIN_NOT_ALLOWED',
        );
      }
      return key;
    },
  };
}

function scopeOf({ id, environmentId, projectId }: AuthenticatedKey) {
  return { id, environmentId, projectId };
}
