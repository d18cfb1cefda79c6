import { randomUUID } from 'node:crypto';
import { purgeAccounts } from '../domain/accounts/purge-accounts.ts';
import { foldRollups } from '../domain/analytics/fold-rollups.ts';
import { writeOpenConnections } from '../domain/api-keys/open-connections.ts';
import { purgeTombstones } from '../domain/api-keys/purge-tombstones.ts';
import { expireSessions } from '../domain/auth-sessions/expire.ts';
import { forgetIdempotencyKeys } from '../domain/auth-sessions/idempotency.ts';
import type { Call, Tools } from '../domain/call.ts';
import { ForbiddenError } from '../domain/errors.ts';
import { purgeDeleted } from '../domain/purge.ts';
import { purgeEmptyBuckets } from '../domain/rate-limits.ts';
import { applyRetention } from '../domain/retention.ts';
import { purgeOldDeliveries } from '../domain/webhooks/purge.ts';
import { purgeWebhookSecrets } from '../domain/webhooks/secrets.ts';
import { settleInactive } from '../domain/webhooks/settle.ts';
import { isDatabaseUnavailable } from '../platform/db.ts';
import type { Logger } from '../platform/log.ts';

interface Job {
  name: string;
  everyMs: number;
  /** Safe to run in several processes at once, and to be killed anywhere. */
  run(call: Call): Promise<unknown>;
}

const second = 1_000;
const hour = 3_600 * second;

/** What runs by itself, and how often. Each run starts when the one before is over. */
const jobs: Job[] = [
  { name: 'write-refusals', everyMs: second, run: ({ refusals }) => refusals.flush() },
  { name: 'write-open-connections', everyMs: second, run: writeOpenConnections },
  {
    name: 'write-failed-sign-ins',
    everyMs: second,
    run: ({ failedSignIns }) => failedSignIns.flush(),
  },
  { name: 'write-key-usage', everyMs: second, run: ({ apiKeyUsage }) => apiKeyUsage.flush() },
  // Twice a second, so that what reads already say is durable at most a second after the deadline.
  { name: 'expire-sessions', everyMs: second / 2, run: expireSessions },
  {
    name: 'rotate-signing-keys',
    everyMs: hour,
    run: ({ signingKeys }) => signingKeys.rotateIfDue(),
  },
  { name: 'fold-rollups', everyMs: hour, run: foldRollups },
  { name: 'purge-deleted', everyMs: 5 * second, run: purgeDeleted },
  { name: 'apply-retention', everyMs: hour, run: (call) => applyRetention(call) },
  { name: 'settle-webhooks', everyMs: 5 * second, run: ({ db }) => settleInactive(db) },
  { name: 'purge-webhooks', everyMs: hour, run: ({ db }) => purgeOldDeliveries(db) },
  { name: 'purge-webhook-secrets', everyMs: hour, run: purgeWebhookSecrets },
  { name: 'forget-idempotency-keys', everyMs: hour, run: forgetIdempotencyKeys },
  { name: 'purge-tombstones', everyMs: hour, run: ({ db }) => purgeTombstones(db) },
  { name: 'purge-accounts', everyMs: hour, run: ({ db }) => purgeAccounts(db) },
  { name: 'purge-rate-limits', everyMs: hour, run: ({ db }) => purgeEmptyBuckets(db) },
];

export interface RunningJobs {
  /** Resolves when no run is under way any more. */
  stop(): Promise<void>;
}

/** Starts every job of this process. A run that fails is logged, and tried again at its next time. */
export function startJobs(tools: Tools, log: Logger): RunningJobs {
  const stops = jobs.map((job) => repeat(job, tools, log.child({ job: job.name })));
  return {
    stop: async () => {
      await Promise.all(stops.map((stop) => stop()));
    },
  };
}

function repeat({ name, everyMs, run }: Job, tools: Tools, log: Logger): () => Promise<void> {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void>;
  async function once(): Promise<void> {
    try {
      await run(callOfJob(tools, name, log));
    } catch (error) {
      // While the database is away each run would say so: the requests do, and readiness.
      if (!isDatabaseUnavailable(error)) log.error({ err: error }, 'A job failed');
    }
    if (!stopped) {
      timer = setTimeout(() => {
        running = once();
      }, everyMs);
    }
  }
  running = once();
  return () => {
    stopped = true;
    clearTimeout(timer);
    return running;
  };
}

function callOfJob(tools: Tools, name: string, log: Logger): Call {
  const refuse = () => {
    throw new ForbiddenError('A job has no browser to sign in.');
  };
  return {
    ...tools,
    actor: { kind: 'system', reason: name },
    client: { ip: null, userAgent: null, foreignOrigin: null, crossSite: false },
    requestId: randomUUID(),
    log,
    signInCookie: { set: refuse, clear: refuse },
    draws: [],
  };
}
