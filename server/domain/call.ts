import type { Db } from '../platform/db.ts';
import type { Events } from '../platform/events.ts';
import type { Logger } from '../platform/log.ts';
import type { MasterKeys } from '../platform/master-keys.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { Passwords } from '../platform/passwords.ts';
import type { FailedSignInLog } from './accounts/failed-sign-ins.ts';
import type { Actor, Client } from './actor.ts';
import type { ApiKeyCache } from './api-keys/check.ts';
import type { ApiKeyUsage } from './api-keys/usage.ts';
import type { SessionWriter } from './auth-sessions/writer.ts';
import type { Draw, PublicStartLimits } from './budgets.ts';
import type { Connections } from './connections/connection.ts';
import type { ErrorCode } from './errors.ts';
import type { Activity } from './live/activity.ts';
import type { RefusalLog } from './refusals.ts';
import type { SigningKeys } from './signing-keys.ts';
import type { WebhookHint } from './webhooks/hint.ts';

/** How a request sets or clears the browser's sign-in. Throws ForbiddenError where it may not. */
export interface SignInCookie {
  set(token: string, expiresAt: Date): void;
  clear(): void;
}

/** What every use case works with: one set for each process. */
export interface Tools {
  db: Db;
  events: Events;
  masterKeys: MasterKeys;
  signingKeys: SigningKeys;
  passwords: Passwords;
  apiKeys: ApiKeyCache;
  apiKeyUsage: ApiKeyUsage;
  refusals: RefusalLog;
  failedSignIns: FailedSignInLog;
  sessionWriter: SessionWriter;
  connections: Connections;
  activity: Activity;
  webhookHint: WebhookHint;
  metrics: Metrics;
  publicStarts: PublicStartLimits;
  /** Whether endpoints may be plain HTTP and private addresses. */
  allowPrivateWebhooks: boolean;
  publicUrl: string;
  signUp: SignUpMode;
}

export type SignUpMode = 'OPEN' | 'FIRST' | 'CLOSED';

/** Who asks, from where, with which tools: one for each request, job run or chat message. */
export interface Call extends Tools {
  /** Signing in or out changes it, so that the rest of the reply is for whom it then is. */
  actor: Actor;
  client: Client;
  requestId: string;
  log: Logger;
  signInCookie: SignInCookie;
  /** The code of the error that a mutation answered with, for what is counted and logged. */
  expectedError?: ErrorCode;
  /** What this request drew of its budgets so far. */
  readonly draws: Draw[];
}
