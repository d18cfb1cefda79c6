/**
 * How often something may be done by one address, project or account: a quota that comes back steadily,
 * shared by every process of the database.
 *
 * What is drawn is drawn before the thing is done, so that no two can pass on the same one. A process
 * that dies in between has drawn for nothing, which a minute makes good; a database that crashes forgets
 * the counts, for the table of them is not logged.
 */
import type { Db } from '../platform/db.ts';
import type { MasterKeys } from '../platform/master-keys.ts';
import { RateLimitedError } from './errors.ts';
import { giveBackToBucket, takeFromBucket } from './rate-limits.ts';

/** How many sessions may be started without a secret key. */
export interface PublicStartLimits {
  /** Starts of one IPv4 address, or the first 64 bits of an IPv6 address, in a minute. */
  perAddress: number;
  /** Starts of one project in a minute, from wherever. */
  perProject: number;
  /** Sessions of one project that were started so and are still pending. */
  pendingMax: number;
}

export interface Budget {
  /** As clients are told it: lower case with hyphens. */
  readonly name: string;
  readonly quota: number;
  /** In which an empty budget is full again; null: what is open counts, whenever it began. */
  readonly windowSeconds: number | null;
  /** Where it would tell who somebody is. */
  readonly isHidden?: boolean;
  /** Seconds that a refusal says to wait instead of the real ones, which would tell the same. */
  readonly waitTold?: number;
}

/** What a request drew, or was refused, for its reply to tell. */
export interface Draw {
  readonly budget: Budget;
  readonly allowed: boolean;
  readonly remaining: number;
  /** Whole seconds until there is more. */
  readonly moreAfterSeconds: number;
}

/** What it takes of a Call. */
export interface DrawingCall {
  readonly db: Db;
  readonly masterKeys: MasterKeys;
  readonly draws: Draw[];
}

/**
 * Draws one.
 *
 * @param whom whose budget: kept as a digest, so that a dump of the table names nobody
 * @param refusal a sentence that names the limit
 * @returns gives it back
 * @throws {RateLimitedError} nothing is left
 */
export async function drawFrom(
  call: DrawingCall,
  budget: Budget & { windowSeconds: number },
  whom: string,
  refusal: string,
): Promise<() => Promise<void>> {
  const { name, quota, windowSeconds } = budget;
  const digest = call.masterKeys.digest('rate-limit', `${name} ${whom}`).toString('base64url');
  const bucket = {
    bucket: `${name} ${digest}`,
    capacity: quota,
    refillPerSecond: quota / windowSeconds,
  };
  const taken = await takeFromBucket(call.db, bucket);
  const moreAfterSeconds = budget.waitTold ?? taken.moreAfterSeconds;
  const draw: Draw = { budget, ...taken, moreAfterSeconds };
  call.draws.push(draw);
  if (!taken.allowed) throw overBudget(budget, moreAfterSeconds, refusal);
  return () => {
    call.draws.splice(call.draws.indexOf(draw), 1);
    return giveBackToBucket(call.db, bucket);
  };
}

/** The refusal of who is over a budget. */
export function overBudget(budget: Budget, seconds: number, refusal: string): RateLimitedError {
  const wait = seconds === 1 ? '1 second' : `${seconds} seconds`;
  const message = `${refusal} Try again in ${wait}.`;
  return new RateLimitedError(message, seconds, budget.isHidden ? null : budget);
}
