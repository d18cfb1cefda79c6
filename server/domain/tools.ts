import type { Db } from '../platform/db.ts';
import type { Events } from '../platform/events.ts';
import type { MasterKeys } from '../platform/master-keys.ts';
import { Passwords } from '../platform/passwords.ts';
import { createApiKeyCache } from './api-keys/check.ts';
import { createApiKeyUsage } from './api-keys/usage.ts';
import { createSessionWriter } from './auth-sessions/writer.ts';
import type { SignUpMode, Tools } from './call.ts';
import { createRefusalLog } from './refusals.ts';
import { createSigningKeys } from './signing-keys.ts';

export interface ToolsOptions {
  db: Db;
  /** Not started: until it is, what is kept is trusted for a second at most. */
  events: Events;
  masterKeys: MasterKeys;
  /** An origin, without a slash at its end. */
  publicUrl: string;
  signUp: SignUpMode;
}

/** The tools of one process. */
export function createTools({ db, events, masterKeys, publicUrl, signUp }: ToolsOptions): Tools {
  const usage = createApiKeyUsage(db);
  const refusals = createRefusalLog(db);
  return {
    db,
    masterKeys,
    signingKeys: createSigningKeys(db, masterKeys),
    passwords: new Passwords(),
    events,
    apiKeys: createApiKeyCache({ db, masterKeys, events, usage, refusals }),
    apiKeyUsage: usage,
    refusals,
    sessionWriter: createSessionWriter(db),
    publicUrl,
    signUp,
  };
}
