import { afterAll, expect, test } from 'vitest';
import {
  giveBackToBucket,
  purgeEmptyBuckets,
  takeFromBucket,
} from '../../server/domain/rate-limits.ts';
import { closeDb, openDb } from '../../server/platform/db.ts';
import { createTestDatabase } from '../support/database.ts';

const { url } = await createTestDatabase();
// Two processes, as far as the database can tell.
const [db, otherDb] = [openDb({ url, poolMax: 10 }), openDb({ url, poolMax: 10 })];
afterAll(() => Promise.all([closeDb(db), closeDb(otherDb)]));

const refillPerSecond = 1 / 60;

/** Lets the bucket's past grow by so many seconds, for the database's clock. */
async function letPass(bucket: string, seconds: number): Promise<void> {
  await db.$executeRaw`
    UPDATE rate_limits SET updated_at = updated_at - make_interval(secs => ${seconds}::float8)
    WHERE bucket = ${bucket}`;
}

test('no more attempts pass at once than the bucket holds, whichever process asks', async () => {
  const bucket = { bucket: 'parallel', capacity: 7, refillPerSecond };
  const taken = await Promise.all(
    Array.from({ length: 40 }, (_, n) => takeFromBucket(n % 2 ? db : otherDb, bucket)),
  );
  expect(taken.filter(({ allowed }) => allowed)).toHaveLength(7);
  expect(new Set(taken.map(({ remaining }) => remaining))).toEqual(new Set([6, 5, 4, 3, 2, 1, 0]));
  for (const { allowed, remaining, moreAfterSeconds } of taken) {
    if (!allowed) expect(remaining).toBe(0);
    expect(moreAfterSeconds).toBeGreaterThan(0);
    expect(moreAfterSeconds).toBeLessThanOrEqual(60);
  }
});

test('a refusal names the seconds after which one more attempt passes, and costs nothing', async () => {
  const bucket = { bucket: 'sinking', capacity: 2, refillPerSecond };
  await takeFromBucket(db, bucket);
  await letPass('sinking', 20);
  await takeFromBucket(db, bucket);
  const refused = await takeFromBucket(db, bucket);
  expect(refused).toEqual({ allowed: false, remaining: 0, moreAfterSeconds: 40 });
  await letPass('sinking', 38);
  expect((await takeFromBucket(db, bucket)).allowed).toBe(false);
  await letPass('sinking', 2);
  expect((await takeFromBucket(db, bucket)).allowed).toBe(true);
  expect((await takeFromBucket(db, bucket)).allowed).toBe(false);
});

test('a long pause empties the bucket and no more', async () => {
  const bucket = { bucket: 'pause', capacity: 2, refillPerSecond };
  await takeFromBucket(db, bucket);
  await letPass('pause', 1_000_000);
  const taken = [];
  for (let n = 0; n < 3; n += 1) taken.push((await takeFromBucket(db, bucket)).allowed);
  expect(taken).toEqual([true, true, false]);
});

test('an attempt given back makes room for one, and never for more than the bucket holds', async () => {
  const bucket = { bucket: 'given back', capacity: 1, refillPerSecond };
  await takeFromBucket(db, bucket);
  await giveBackToBucket(db, bucket);
  await giveBackToBucket(db, bucket);
  const taken = [];
  for (let n = 0; n < 2; n += 1) taken.push((await takeFromBucket(db, bucket)).allowed);
  expect(taken).toEqual([true, false]);
});

test('buckets are purged once they have been empty for long', async () => {
  await takeFromBucket(db, { bucket: 'old', capacity: 1, refillPerSecond });
  await takeFromBucket(db, { bucket: 'fresh', capacity: 1, refillPerSecond });
  await letPass('old', 25 * 3600);
  await purgeEmptyBuckets(db);
  const left = (await db.rateLimit.findMany()).map(({ bucket }) => bucket);
  expect(left).toContain('fresh');
  expect(left).not.toContain('old');
});
