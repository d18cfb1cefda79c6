import type { Db } from '../platform/db.ts';
import type { Events } from '../platform/events.ts';
import type { MasterKeys } from '../platform/master-keys.ts';
import { createMetrics } from '../platform/metrics.ts';
import { Passwords } from '../platform/passwords.ts';
import { createFailedSignInLog } from './accounts/failed-sign-ins.ts';
import { createApiKeyCache } from './api-keys/check.ts';
import { createApiKeyUsage } from './api-keys/usage.ts';
import { createSessionWriter } from './auth-sessions/writer.ts';
import type { PublicStartLimits } from './budgets.ts';
import type { SignUpMode, Tools } from './call.ts';
import type { OpenConnectionLimits } from './connections/crowds.ts';
import { createConnections } from './connections/registry.ts';
import { createActivity } from './live/activity.ts';
import { createRefusalLog } from './refusals.ts';
import { createSigningKeys } from './signing-keys.ts';
import { createWebhookHint } from './webhooks/hint.ts';

export interface ToolsOptions {
  db: Db;
  /** Not started: until it is, what is kept is trusted for a second at most. */
  events: Events;
  masterKeys: MasterKeys;
  /** An origin, without a slash at its end. */
  publicUrl: string;
  signUp: SignUpMode;
  /** Told of what fails where no request is there to be told. */
  onError?: (error: unknown) => void;
  /** Whether webhook endpoints may be plain HTTP and private addresses. */
  allowPrivateWebhooks: boolean;
  publicStarts: PublicStartLimits;
  openConnections: OpenConnectionLimits;
}

/** The tools of one process. */
export function createTools(options: ToolsOptions): Tools {
  const { db, events, masterKeys, publicUrl, signUp, onError, allowPrivateWebhooks } = options;
  const { publicStarts, openConnections } = options;
  const activity = createActivity(db, events, onError);
  const usage = createApiKeyUsage(db);
  const refusals = createRefusalLog(db);
  const webhookHint = createWebhookHint();
  const metrics = createMetrics();
  return {
    db,
    masterKeys,
    signingKeys: createSigningKeys(db, masterKeys),
    passwords: new Passwords(),
    events,
    apiKeys: createApiKeyCache({ db, masterKeys, events, usage, refusals, metrics }),
    apiKeyUsage: usage,
    refusals,
    failedSignIns: createFailedSignInLog(db),
    sessionWriter: createSessionWriter(db, {
      onWritten: () => activity.wrote(),
      onAnnounced: webhookHint.give,
      onBecame: (became) => metrics.sessions.inc({ became }),
    }),
    connections: createConnections(db, events, openConnections, onError),
    activity,
    webhookHint,
    metrics,
    publicStarts,
    allowPrivateWebhooks,
    publicUrl,
    signUp,
  };
}
