/**
 * How often passwords may be tried and accounts be made.
 *
 * An attempt is counted before the password is looked at, so that parallel guesses cannot exceed a
 * limit, and taken back out when it was right, so that only failures add up. It counts twice: for
 * the network it comes from, and for the account it is about. Strangers to an account share one
 * count; a network that the account was signed in from before has one of its own, which strangers
 * cannot use up. So an outsider who fills the first does not lock the user out.
 *
 * Accounts that do not exist are counted like others: a limit does not tell them apart.
 */
import { type Budget, type DrawingCall, drawFrom } from '../budgets.ts';
import type { Call } from '../call.ts';
import { networkOf } from '../network.ts';

/** Attempts at once, and seconds until one more. */
export const attemptLimits = {
  /** Of one network, over all accounts: 20 in 15 minutes. */
  network: { capacity: 20, secondsPerAttempt: 45 },
  /** Of one network that the account was signed in from before: 10 in 15 minutes. */
  familiar: { capacity: 10, secondsPerAttempt: 90 },
  /** Of everybody else together: 10 in an hour, which leaves a botnet 240 guesses a day. */
  strangers: { capacity: 10, secondsPerAttempt: 360 },
  /** Sign-ups of one network: 30 in an hour. Each costs a password hash, right or wrong. */
  signUp: { capacity: 30, secondsPerAttempt: 120 },
} as const;

type Limit = keyof typeof attemptLimits;
type LimitedCall = DrawingCall & Pick<Call, 'client'>;

/**
 * Those of an account would tell whether it was signed in from here. So would the wait: both say the
 * longer of the two.
 */
const hidden = { isHidden: true, waitTold: attemptLimits.strangers.secondsPerAttempt };

/** How clients are told of them. */
const names: Record<Limit, Pick<Budget, 'name' | 'isHidden' | 'waitTold'>> = {
  network: { name: 'passwords-per-address' },
  familiar: { name: 'passwords-of-familiar', ...hidden },
  strangers: { name: 'passwords-of-strangers', ...hidden },
  signUp: { name: 'sign-ups-per-address' },
};

/**
 * Counts an attempt at an account's password.
 *
 * @param email whose password is tried, whether or not there is such an account
 * @param isFamiliar whether the request's network is one that the account was signed in from
 * @returns takes the attempt back out, for when the password was right
 * @throws {RateLimitedError} too many attempts lately; the password must not be looked at
 */
export async function countPasswordAttempt(
  call: LimitedCall,
  { email, isFamiliar }: { email: string; isFamiliar: boolean },
): Promise<() => Promise<void>> {
  const network = networkOf(call.client.ip);
  const account = email.toLowerCase();
  const giveBacks = [
    await draw(call, 'network', network),
    isFamiliar
      ? await draw(call, 'familiar', `${account} ${network}`)
      : await draw(call, 'strangers', account),
  ];
  return async () => {
    for (const giveBack of giveBacks) await giveBack();
  };
}

/** @throws {RateLimitedError} too many sign-ups from this network lately */
export async function countSignUp(call: LimitedCall): Promise<void> {
  await draw(call, 'signUp', networkOf(call.client.ip));
}

function draw(call: LimitedCall, limit: Limit, whom: string): Promise<() => Promise<void>> {
  const { capacity: quota, secondsPerAttempt } = attemptLimits[limit];
  const budget = { ...names[limit], quota, windowSeconds: quota * secondsPerAttempt };
  return drawFrom(call, budget, whom, 'Too many attempts.');
}
