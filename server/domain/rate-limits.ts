/**
 * Limits on how often something may be tried, shared by every process of the database.
 *
 * A leaky bucket: each attempt adds one to its level, which sinks steadily by the database's clock.
 * An attempt that would raise it above the capacity is refused and adds nothing, so a client that
 * goes on trying is let in as soon as there is room.
 */
import type { Db } from '../platform/db.ts';

export interface Bucket {
  /** Its name. Holds digests rather than addresses and emails. */
  bucket: string;
  /** Attempts that may come at once. */
  capacity: number;
  /** Attempts that become possible again each second. */
  refillPerSecond: number;
}

export interface Taken {
  allowed: boolean;
  /** Attempts that have room now. */
  remaining: number;
  /** Whole seconds until one more has. */
  moreAfterSeconds: number;
}

/** The level now: elapsed time is never negative, though instants are stored in milliseconds. */
const sunkLevel = `greatest(0, b.level
  - $3::float8 * greatest(0, extract(epoch FROM clock_timestamp() - b.updated_at)::float8))`;

/**
 * One statement, and an atomic one: parallel attempts queue for the row, so that no more of them
 * than there is room for can pass. The level that a refusal reports may be a moment old.
 */
const takeSql = `
WITH taken AS (
  INSERT INTO rate_limits AS b (bucket, level, updated_at) VALUES ($1, 1, clock_timestamp())
  ON CONFLICT (bucket) DO UPDATE SET level = ${sunkLevel} + 1, updated_at = clock_timestamp()
    WHERE ${sunkLevel} + 1 <= $2::float8
  RETURNING level
)
SELECT EXISTS (SELECT FROM taken) AS allowed,
  coalesce((SELECT level FROM taken), (SELECT ${sunkLevel} FROM rate_limits b WHERE b.bucket = $1)) AS level`;

/** Counts an attempt, before it is known whether it succeeds. */
export async function takeFromBucket(
  db: Db,
  { bucket, capacity, refillPerSecond }: Bucket,
): Promise<Taken> {
  const { rows } = await db.$pool.query<{ allowed: boolean; level: number | null }>({
    name: 'rate-limit-take',
    text: takeSql,
    values: [bucket, capacity, refillPerSecond],
  });
  const { allowed, level } = rows[0]!;
  const room = capacity - (level ?? capacity); // of others, who made the bucket meanwhile
  const remaining = Math.max(0, Math.floor(room));
  const moreAfterSeconds = Math.max(1, Math.ceil((remaining + 1 - room) / refillPerSecond));
  return { allowed, remaining, moreAfterSeconds };
}

/** Takes an attempt back out of the count, because it succeeded. */
export async function giveBackToBucket(db: Db, { bucket }: Pick<Bucket, 'bucket'>): Promise<void> {
  await db.$pool.query({
    name: 'rate-limit-give-back',
    text: 'UPDATE rate_limits SET level = greatest(0, level - 1) WHERE bucket = $1',
    values: [bucket],
  });
}

/** Deletes buckets that have long been empty: every bucket empties in less than a day. */
export async function purgeEmptyBuckets(db: Db): Promise<number> {
  const { rowCount } = await db.$pool.query(
    `DELETE FROM rate_limits WHERE updated_at < now() - interval '1 day'`,
  );
  return rowCount ?? 0;
}
