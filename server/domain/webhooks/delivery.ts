/**
 * How events reach receivers:
 *
 *     change of a session ──► outbox event ──► delivery for each endpoint ──► attempts
 *          (one statement)        (fan-out)         (claim, send, record)
 *
 *     PENDING ──► DELIVERED         answered 2xx
 *        └──────► FAILED            given up, or its endpoint is not active; redelivering or
 *                                   replaying makes it PENDING again
 *
 * What holds, whoever is killed where:
 *
 * - An event is there exactly if its change is: the same statement writes both.
 * - An event and an endpoint that wants it make exactly one delivery, by a unique index. Its event's id
 *   is the `webhook-id` of every attempt, also after a replay. What a message says never changes.
 * - Whoever sends has claimed: a lease of 30 seconds, taken by a conditional write. The lease's number
 *   is a fencing token: an outcome is recorded only by who holds the last one. A process that dies
 *   between sending and recording leaves a lease that lapses, so the message goes again, under its id.
 * - No later event of a session goes to an endpoint before an earlier one was tried there once. (Tried,
 *   not delivered: a receiver that fails one of them would else block the rest for a day.)
 * - Claiming asks for the live, active endpoint. Once it is deleted or off, nothing more is claimed.
 *
 * A queue of our own, on the row that the log of deliveries shows anyway, and not graphile-worker: that
 * keeps what a killed worker held for four hours, unless told who is dead, where we wait 30 seconds; it
 * sends NOTIFY with each job, which cost three quarters of the rate of session writes; its named queues
 * run one job at a time, where an endpoint should get a few and none may crowd out another; and a job
 * that was retried has no token by which to refuse the late outcome of the attempt before.
 */

export const leaseSeconds = 30;
/** From connecting to the last byte of the reply. Far enough below the lease to record in it. */
export const attemptTimeoutMs = 10_000;
/** What of a reply's body is read and kept. */
export const replyBytesMax = 4_096;
/** Attempts that a delivery remembers, the last ones. */
export const attemptsKept = 20;
/** Attempts under way to one endpoint, from each process. */
export const perEndpointMax = 8;
/** After so many failures in a row an endpoint is tried once a second, from each process. */
export const failuresUntilPaced = 8;
/** An endpoint that does nothing but fail for so long is disabled. */
export const failingDaysMax = 5;
/** For how long after that events are kept for it, so that a replay finds them. */
export const missedDays = 30;

/** One attempt, as it is stored and shown. */
export interface DeliveryAttempt {
  /** RFC 3339. */
  at: string;
  durationMs: number;
  requestHeaders: Record<string, string>;
  /** Null where no reply came. */
  responseStatus: number | null;
  responseHeaders: Record<string, string> | null;
  /** The first 4 KiB. */
  responseBody: string | null;
  /** Why it failed, as a sentence; null where the status says it, or it succeeded. */
  error: string | null;
}

/** SQL: whether nobody holds a lease of this row. */
export const isFreeSql = (row: string) =>
  `(${row}.locked_until IS NULL OR ${row}.locked_until <= now())`;

/** SQL: the place of an event among those of its session. A session leaves a state once, so no two share one. */
const rankSql = (row: string) =>
  `(CASE ${row}.event_type WHEN 'session.started' THEN 0 WHEN 'session.used' THEN 2 ELSE 1 END)`;

/**
 * SQL: whether an earlier event of the same session still waits for its first attempt there. A value
 * and not EXISTS, which PostgreSQL would answer for all rows at once by reading every delivery that waits.
 */
export const isHeldBackSql = (row: string) => `coalesce((SELECT true FROM webhook_deliveries earlier
  WHERE earlier.session_id = ${row}.session_id AND earlier.endpoint_id = ${row}.endpoint_id
    AND earlier.status = 'PENDING' AND earlier.tries = 0 AND ${rankSql('earlier')} < ${rankSql(row)}
  LIMIT 1), false)`;
