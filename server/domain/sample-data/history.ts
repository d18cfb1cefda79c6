import type { Channel } from '../../../prisma/generated/enums.ts';
import { Attempt, later } from './attempt.ts';
import { personOf } from './people.ts';
import type { Place } from './places.ts';
import { Random } from './random.ts';
import { createRhythm } from './rhythm.ts';

export interface HistoryOptions {
  seed: string;
  places: readonly Place[];
  /** Of all attempts together. */
  count: number;
  from: Date;
  /** Now: what would happen later has not happened yet. */
  to: Date;
  /** Who tries things out in the dashboard. */
  user: { id: string; email: string };
  masterKeyId: string;
  proofKeyId: string;
}

/** What becomes of a session, if its time is not over before. */
const outcomes = [
  { weight: 63, name: 'used' },
  { weight: 8, name: 'confirmed' },
  { weight: 8, name: 'cancelled' },
  { weight: 21, name: 'expired' },
] as const;

/** Seconds until somebody acts: half take less, and the other number says how far they differ. */
const confirmSeconds: Record<Channel, readonly [median: number, sigma: number]> = {
  SERVER: [14, 0.85],
  TELEGRAM: [19, 0.8],
  TEST: [6, 0.7],
};
const cancelSeconds = [22, 0.9] as const;
const exchangeSeconds = [1.2, 0.8] as const;
/** The job comes at most so long after the deadline. */
const sweepSeconds = 0.5;

/** Why people cancel. Most do not say. */
const cancelReasons = ['Not me', 'Changed my mind', 'Wrong account', 'Signed in another way'];
const pages = ['/', '/account', '/cart', '/checkout', '/orders', '/support'];

/** So many of the last sessions wait for their users at the end. */
const waitingMax = 5;
/** How many sessions there are for each person; some have many times as many. */
const sessionsPerPerson = 4;

/**
 * What happened to each of many sessions: made up, but nothing that the product could not have done.
 *
 * Attempt number n of a seed is always the same, whichever were made before it, so that a run which was
 * broken off goes on where it stopped.
 *
 * @returns makes attempt number n, from 0 to less than `count`; a greater one never starts earlier
 * @throws {Error} no session could be started in any of the places
 */
export function createHistory(options: HistoryOptions): (n: number) => Attempt {
  const { seed, places, count, from, to } = options;
  if (places.every(({ weight }) => weight === 0)) {
    throw new Error('There is no environment with a key, so no session could be started.');
  }
  const timeOf = createRhythm(seed, from.getTime(), to.getTime());
  const waiting = Math.min(waitingMax, Math.floor(count / 100));
  const people = Math.max(5, Math.ceil(count / sessionsPerPerson));
  return (n) => {
    const random = new Random(`${seed} ${n}`);
    const place = random.weighted(places);
    const left = count - n;
    const isWaiting = left <= waiting;
    const startedAt = isWaiting
      ? // In the second half of its lifetime it might expire before anybody looks.
        new Date(to.getTime() - (left / waiting) * place.lifetimeSeconds * 500)
      : new Date(timeOf((n + random.share()) / (count - waiting)));
    const attempt = new Attempt({
      ...options,
      place,
      door: random.weighted(place.doors),
      // The square makes low numbers frequent: of a hundred thousand people the first comes 150
      // times as often as the average.
      person: personOf(Math.floor(people * random.share() ** 2)),
      startedAt,
      metadata: random.chance(0.6) ? { page: random.pick(pages), cart: random.below(9_000) } : null,
      random,
    });
    if (!isWaiting) live(attempt, place, random, options);
    return attempt;
  };
}

/** Lets happen what there was time for. */
function live(
  attempt: Attempt,
  place: Place,
  random: Random,
  { to, proofKeyId }: HistoryOptions,
): void {
  const { created_at: startedAt, expires_at: deadline } = attempt.session;
  const channel = channelOf(place, random);
  const outcome = random.weighted(outcomes).name;
  const takes = ([median, sigma]: readonly [number, number]) => random.logNormal(median, sigma);
  const isOver = (at: Date) => at <= to;

  let actsAt = deadline;
  if (outcome === 'cancelled') actsAt = later(startedAt, takes(cancelSeconds));
  else if (outcome !== 'expired' && channel)
    actsAt = later(startedAt, takes(confirmSeconds[channel]));
  if (actsAt >= deadline) {
    const sweptAt = later(deadline, random.share() * sweepSeconds);
    if (isOver(sweptAt)) attempt.expire(sweptAt);
    return;
  }
  if (!isOver(actsAt)) return;
  if (outcome === 'cancelled') {
    const by = random.chance(0.6) ? 'link' : 'device';
    attempt.cancel(actsAt, by, random.chance(0.3) ? random.pick(cancelReasons) : null);
    return;
  }
  attempt.confirm(channel!, actsAt);
  const usedAt = later(actsAt, takes(exchangeSeconds));
  const isInTime = isOver(usedAt) && usedAt < attempt.session.exchangeable_until!;
  if (outcome === 'used' && isInTime) attempt.exchange(usedAt, proofKeyId);
}

/** How sessions are confirmed there; null: not at all. */
function channelOf({ testConfirmations, secretKeys }: Place, random: Random): Channel | null {
  if (secretKeys.length === 0) return testConfirmations ? 'TEST' : null;
  return testConfirmations && random.chance(0.5) ? 'TEST' : 'SERVER';
}
