import { randomBytes } from 'node:crypto';
import type { Actor, Client } from '../../server/domain/actor.ts';
import type { Call, SignInCookie, Tools } from '../../server/domain/call.ts';
import { createTools, type ToolsOptions } from '../../server/domain/tools.ts';
import { loadConfig } from '../../server/platform/config.ts';
import { openDb } from '../../server/platform/db.ts';
import { createEvents } from '../../server/platform/events.ts';
import { createLogger } from '../../server/platform/log.ts';
import { MasterKeys } from '../../server/platform/master-keys.ts';

/**
 * The tools of one server process on this database: two calls make two processes, which share data if
 * they share master keys. The connections end with `closeDb(tools.db)`.
 */
export function createTestTools(url: string, options: Partial<ToolsOptions> = {}): Tools {
  return createTools({
    db: openDb({ url, poolMax: 10 }),
    events: createEvents({ url }),
    masterKeys: new MasterKeys([{ id: 'k1', bytes: randomBytes(32) }]),
    publicUrl: 'http://localhost:4000',
    signUp: 'OPEN',
    allowPrivateWebhooks: true,
    publicStarts: loadConfig({}).publicStarts,
    openConnections: loadConfig({}).openConnections,
    ...options,
  });
}

/** What the browser holds after a request. */
export interface RecordedCookie extends SignInCookie {
  /** undefined: neither set nor cleared; null: cleared. */
  token: string | null | undefined;
  expiresAt: Date | null;
}

export interface TestCall extends Call {
  signInCookie: RecordedCookie;
}

export const nobody: Actor = { kind: 'nobody' };

/** One request: of this actor, from an address of its own unless `client` says from where. */
export function callAs(
  tools: Tools,
  actor: Actor,
  client: Partial<Client> = {},
  overrides: Partial<Tools> = {},
): TestCall {
  return {
    ...tools,
    ...overrides,
    actor,
    client: {
      ip: newAddress(),
      userAgent: 'vitest',
      foreignOrigin: null,
      crossSite: false,
      ...client,
    },
    requestId: randomBytes(8).toString('hex'),
    log: createLogger({ level: 'silent' }),
    signInCookie: recordCookie(),
    draws: [],
  };
}

let addresses = 0;

/** An IPv4 address that no test has used: limits per address then never meet. */
export function newAddress(): string {
  addresses += 1;
  return `10.${(addresses >> 16) & 255}.${(addresses >> 8) & 255}.${addresses & 255}`;
}

function recordCookie(): RecordedCookie {
  return {
    token: undefined,
    expiresAt: null,
    set(token, expiresAt) {
      this.token = token;
      this.expiresAt = expiresAt;
    },
    clear() {
      this.token = null;
      this.expiresAt = null;
    },
  };
}
