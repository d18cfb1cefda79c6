/**
 * How long sessions take from start to confirmation, as histograms that can be added up: fixed
 * buckets, each 2^(1/8) times as wide as the one before. Whatever is in a bucket differs from its
 * geometric middle by a factor of 2^(1/16) at most, so that a percentile read from it is off by less
 * than 4.5 %.
 *
 * Bucket n holds 2^((n-1)/8) < ms <= 2^(n/8); bucket 0 a millisecond and less. A session lives for an
 * hour at most, so the last one used is 175.
 */

const bucketsPerDoubling = 8;

/**
 * The bucket of a confirmed session. The tiny subtrahend keeps powers of two, the only whole numbers
 * of milliseconds on an edge, in their bucket however the machine rounds a logarithm.
 *
 * @param row with `created_at` and `confirmed_at`
 */
export const bucketSql = (row: string) =>
  `ceil(${bucketsPerDoubling} * ln(greatest(extract(epoch FROM ${row}.confirmed_at - ${row}.created_at)::float8 * 1000, 1)) / ln(2::float8) - 1e-9)::smallint`;

/** The geometric middle of a bucket, in milliseconds. */
const middleMs = (bucket: number) => 2 ** ((bucket - 0.5) / bucketsPerDoubling);

/**
 * The time within which a part of the sessions were confirmed: of so many sessions, that of the one at
 * this rank. Within 4.5 % of it: half a bucket is 4.43 %, and four digits say the rest.
 * What took a millisecond or less is told as one.
 *
 * @param histogram in the order of its buckets, with one session at least
 * @param part such as 0.95
 */
export function percentileMs(
  histogram: readonly { bucket: number; count: number }[],
  part: number,
): number {
  const total = histogram.reduce((sum, { count }) => sum + count, 0);
  let left = Math.ceil(part * total);
  for (const { bucket, count } of histogram) {
    left -= count;
    if (left <= 0) return Number(middleMs(bucket).toPrecision(4));
  }
  throw new Error('A percentile of no session was asked for.');
}
