import { hash, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Db } from '../../platform/db.ts';
import type { Events } from '../../platform/events.ts';
import type { MasterKeys } from '../../platform/master-keys.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { AuthenticatedKey, Client } from '../actor.ts';
import { originNotAllowedMessage, type RefusalReason } from '../errors.ts';
import { isOriginAllowed } from '../origins.ts';
import type { RefusalLog } from '../refusals.ts';
import { isApiKeyValue } from './format.ts';
import { createJunkLimit } from './junk-limit.ts';
import { refusal, refusalSql } from './refusal.ts';
import type { ApiKeyUsage } from './usage.ts';

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
   * The key behind a value, once it is found to be live and allowed where it came from. Answers at
   * once while the key is warm; when it is not, one statement serves all who wait.
   *
   * @param requestId for the log of a refusal
   * @throws {UnauthenticatedError} with the reason of the refusal, at once or as a rejection
   * @throws {RateLimitedError} the address has made up too many keys
   */
  check(
    value: string,
    client: Client,
    requestId?: string,
  ): AuthenticatedKey | Promise<AuthenticatedKey>;
}

export interface ApiKeyCacheTools {
  db: Db;
  masterKeys: MasterKeys;
  events: Events;
  usage: ApiKeyUsage;
  refusals: RefusalLog;
  metrics: Metrics;
}

/** Also bounds how late a read may notice a change: one second. */
const trustedMs = 1_000;
const keysMax = 20_000;
/** A change of any of these may be one of the key. */
const scopesOfKeys = new Set(['apiKey', 'environment', 'project', 'workspace']);

/** What the database says of a secret. */
interface Known {
  refused: RefusalReason | null;
  /** Of a refused key too, as far as the tombstone of its secret knows. */
  key: AuthenticatedKey;
  preview: string;
  /** Until the key's expiry or the secret's deadline, from when the database was asked. */
  endsInMs: number | null;
}

interface Kept {
  found: Promise<Known | null>;
  /** What it turned out to be; null while the database is asked. */
  known: Known | null;
  /** When the database was asked, on the clock of performance.now(). */
  at: number;
}

const findSql = `
SELECT ${refusalSql} AS refused,
  extract(epoch FROM least(k.expires_at, s.ends_at) - now())::float8 * 1000 AS ends_in_ms,
  s.id AS secret_id, s.preview, s.master_key_id, s.api_key_id, s.environment_id, s.project_id,
  s.workspace_id, k.name, k.type, e.kind, e.allowed_origins
FROM api_key_secrets s
LEFT JOIN api_keys k ON k.id = s.api_key_id
LEFT JOIN environments e ON e.id = k.environment_id
WHERE s.digest = ANY($1)`;

export function createApiKeyCache(tools: ApiKeyCacheTools): ApiKeyCache {
  const { db, masterKeys, events, usage, refusals, metrics } = tools;
  const inMemory = metrics.keyChecks.labels('memory');
  const inDatabase = metrics.keyChecks.labels('database');
  const junk = createJunkLimit();
  // Keyed by a hash, so that the cache holds no secrets; a plain one, because it is the hot path of
  // every request, and salted, because it is not the stored digest. Junk is not kept: there is no end of it.
  const salt = randomBytes(16).toString('base64');
  const cache = new LRUCache<string, Kept>({ max: keysMax });

  events.listen({
    reset: () => cache.clear(),
    message({ kind, id }) {
      if (!scopesOfKeys.has(kind)) return;
      for (const [name, { known }] of cache.entries()) {
        // What is still being asked for may be answered from before the change.
        if (known === null || concerns(known.key, id)) cache.delete(name);
      }
    },
  });

  function isTrusted({ at, known }: Kept, now: number): boolean {
    const endsInMs = known?.endsInMs ?? null;
    if (endsInMs !== null && endsInMs > 0 && now - at >= endsInMs) return false;
    if (now - at < trustedMs) return true;
    return at >= events.listeningSince && now - events.heardUpTo < trustedMs;
  }

  async function find(value: string): Promise<Known | null> {
    const digests = masterKeys.digests('api-key', value);
    const { rows } = await db.$pool.query({
      name: 'api-key-check',
      text: findSql,
      values: [digests],
    });
    const [row] = rows;
    if (!row) return null;
    if (row.master_key_id !== masterKeys.primaryId) {
      // Digests move to the first master key at their next use.
      await db.$executeRaw`UPDATE api_key_secrets SET digest = ${digests[0]},
        master_key_id = ${masterKeys.primaryId} WHERE id = ${row.secret_id}`;
    }
    return {
      refused: row.refused,
      preview: row.preview,
      endsInMs: row.ends_in_ms,
      key: {
        id: row.api_key_id,
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

  /** Answers at once while the key is warm. Null: there is no such key. */
  function look(value: string, { ip }: Client): Known | null | Promise<Known | null> {
    const name = hash('sha256', salt + value, 'base64');
    const now = performance.now();
    const kept = cache.get(name);
    if (kept && isTrusted(kept, now)) {
      inMemory.inc();
      return kept.known ?? kept.found;
    }
    if (!isApiKeyValue(value)) return null;
    const end = junk.begin(ip);
    inDatabase.inc();
    const found = find(value);
    const entry: Kept = { found, known: null, at: now };
    cache.set(name, entry);
    const forget = () => {
      if (cache.get(name) === entry) cache.delete(name);
    };
    found.then(
      (known) => {
        entry.known = known;
        end(known !== null);
        if (!known) forget();
      },
      () => {
        end(true); // nothing is known of it
        forget();
      },
    );
    return found;
  }

  function admit(known: Known | null, client: Client, requestId: string | null): AuthenticatedKey {
    if (known === null) {
      metrics.keyRefusals.inc({ reason: 'UNKNOWN' });
      throw refusal('UNKNOWN');
    }
    const { key } = known;
    const error = refuse(known, client);
    if (error === null) {
      usage.note(key, client);
      return key;
    }
    metrics.keyRefusals.inc({ reason: error.reason! });
    refusals.note({
      type: 'key.refused',
      reason: error.reason!,
      message: `API key ${known.preview} refused: ${error.message}`,
      environmentId: key.environmentId,
      apiKeyId: key.id,
      actor: { kind: 'API_KEY', id: key.id, label: key.name ?? known.preview },
      client,
      requestId,
    });
    throw error;
  }

  return {
    check(value, client, requestId) {
      const known = look(value, client);
      return known instanceof Promise
        ? known.then((result) => admit(result, client, requestId ?? null))
        : admit(known, client, requestId ?? null);
    },
  };
}

/** Null where the key is live and may come from where it came from. */
function refuse({ refused, key }: Known, client: Client) {
  if (refused !== null) return refusal(refused);
  const { foreignOrigin, crossSite } = client;
  if (key.type === 'SECRET') return crossSite ? refusal('SECRET_IN_BROWSER') : null;
  const place = { kind: key.environmentKind, allowedOrigins: key.allowedOrigins };
  if (foreignOrigin === null || isOriginAllowed(foreignOrigin, place)) return null;
  return refusal('ORIGIN_NOT_ALLOWED', originNotAllowedMessage(foreignOrigin));
}

function concerns(key: AuthenticatedKey, changed: string): boolean {
  return [key.id, key.environmentId, key.projectId, key.workspaceId].includes(changed);
}
