import { afterAll, describe, expect, test } from 'vitest';
import { attemptLimits } from '../../server/domain/accounts/attempt-limits.ts';
import { changePassword } from '../../server/domain/accounts/change-password.ts';
import { purgeAccounts } from '../../server/domain/accounts/purge-accounts.ts';
import { signIn } from '../../server/domain/accounts/sign-in.ts';
import { signOut } from '../../server/domain/accounts/sign-out.ts';
import { signUp } from '../../server/domain/accounts/sign-up.ts';
import { InvalidCredentialsError, RateLimitedError } from '../../server/domain/errors.ts';
import { networkOf } from '../../server/domain/network.ts';
import { closeDb } from '../../server/platform/db.ts';
import { Passwords } from '../../server/platform/passwords.ts';
import { password, signUpSomebody } from '../support/accounts.ts';
import { callAs, createTestTools, newAddress, nobody } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';

const { url } = await createTestDatabase();
const tools = createTestTools(url);
afterAll(() => closeDb(tools.db));

const { network, familiar, strangers } = attemptLimits;

/** Tries wrong passwords at the same time. @returns how many were looked at, not just refused */
async function guess(email: string, times: number, ip: () => string | null): Promise<number> {
  const results = await Promise.allSettled(
    Array.from({ length: times }, () =>
      signIn(callAs(tools, nobody, { ip: ip() }), { email, password: 'a wrong guess' }),
    ),
  );
  return results.filter(
    (each) => each.status === 'rejected' && each.reason instanceof InvalidCredentialsError,
  ).length;
}

describe('sign-in attempts', () => {
  test('parallel guesses from everywhere at one account cannot exceed its limit', async () => {
    const { email } = await signUpSomebody(tools);
    expect(await guess(email, strangers.capacity + 5, newAddress)).toBe(strangers.capacity);
  });

  test('parallel guesses from one address at many accounts cannot exceed its limit', async () => {
    const ip = newAddress();
    const looked = await Promise.all(
      Array.from({ length: network.capacity + 5 }, (_, n) =>
        guess(`nobody.${n}@example.com`, 1, () => ip),
      ),
    );
    expect(looked.filter((each) => each === 1)).toHaveLength(network.capacity);
  });

  test('a refusal says when to try again, and does not look at the password', async () => {
    const { email } = await signUpSomebody(tools);
    await guess(email, strangers.capacity, newAddress);
    const passwords = new Passwords();
    passwords.verify = () => expect.unreachable();
    const error = await signIn(callAs(tools, nobody, {}, { passwords }), { email, password }).catch(
      (refused: unknown) => refused,
    );
    expect(error).toBeInstanceOf(RateLimitedError);
    const { retryAfterSeconds, message } = error as RateLimitedError;
    expect(retryAfterSeconds).toBe(strangers.secondsPerAttempt);
    expect(message).toBe(`Too many attempts. Try again in ${retryAfterSeconds} seconds.`);
  });

  test('the wait does not tell whether the account was signed in from here', async () => {
    const { email, ip } = await signUpSomebody(tools);
    const refusals: string[] = [];
    for (const from of [() => ip, newAddress]) {
      await guess(email, strangers.capacity, from);
      const attempt = signIn(callAs(tools, nobody, { ip: from() }), { email, password });
      const { retryAfterSeconds, limit, message } = await attempt.catch((error) => error);
      refusals.push(JSON.stringify({ retryAfterSeconds, limit, message }));
    }
    expect(refusals[0]).toContain(`"retryAfterSeconds":${strangers.secondsPerAttempt}`);
    expect(refusals[1]).toBe(refusals[0]);
  });

  test('an outsider cannot lock a user out of where they signed in before', async () => {
    const { actor, email, ip } = await signUpSomebody(tools);
    await signOut(callAs(tools, actor), { everywhere: true });
    await guess(email, strangers.capacity + 5, newAddress);
    await expect(signIn(callAs(tools, nobody), { email, password })).rejects.toThrow(
      RateLimitedError,
    );
    await signIn(callAs(tools, nobody, { ip }), { email, password });
  });

  test('guesses from a familiar address are limited too, by its own count', async () => {
    const { email, ip } = await signUpSomebody(tools);
    expect(await guess(email, familiar.capacity + 5, () => ip)).toBe(familiar.capacity);
    await signIn(callAs(tools, nobody), { email, password });
  });

  test('an account that does not exist is limited like one that does', async () => {
    const looked = await guess('missing@example.com', strangers.capacity + 5, newAddress);
    expect(looked).toBe(strangers.capacity);
  });

  test('an email in another case shares the count', async () => {
    const { email } = await signUpSomebody(tools);
    await guess(email.toUpperCase(), strangers.capacity, newAddress);
    expect(await guess(email.toLowerCase(), 1, newAddress)).toBe(0);
  });

  test('a success gives its attempt back', async () => {
    const { email } = await signUpSomebody(tools);
    const ip = newAddress();
    for (let n = 0; n < network.capacity + 2; n += 1) {
      await signIn(callAs(tools, nobody, { ip }), { email, password });
    }
    for (let n = 0; n < strangers.capacity + 2; n += 1) {
      await signIn(callAs(tools, nobody), { email, password });
    }
  });

  test('wrong current passwords count against a limit', async () => {
    const { actor } = await signUpSomebody(tools);
    const ip = newAddress();
    const results = await Promise.allSettled(
      Array.from({ length: familiar.capacity + 5 }, () =>
        changePassword(callAs(tools, actor, { ip }), {
          currentPassword: 'a wrong guess',
          newPassword: 'a new password',
        }),
      ),
    );
    const reasons = results.map((each) => each.status === 'rejected' && each.reason.code);
    expect(reasons.filter((code) => code === 'INVALID_CREDENTIALS')).toHaveLength(
      familiar.capacity,
    );
    expect(reasons.filter((code) => code === 'RATE_LIMITED')).toHaveLength(5);
  });

  test('requests without an address share one count', async () => {
    const looked = await Promise.all(
      Array.from({ length: network.capacity + 5 }, (_, n) =>
        guess(`no.address.${n}@example.com`, 1, () => null),
      ),
    );
    expect(looked.filter((each) => each === 1)).toHaveLength(network.capacity);
  });
});

test('sign-ups are limited for each address', async () => {
  const { capacity } = attemptLimits.signUp;
  const passwords = new Passwords();
  passwords.hash = async () => 'not a hash'; // the limit is what is tested, not argon2
  const ip = newAddress();
  const results = await Promise.allSettled(
    Array.from({ length: capacity + 5 }, (_, n) =>
      signUp(callAs(tools, nobody, { ip }, { passwords }), {
        email: `many.${n}@example.com`,
        password,
        name: 'Many',
      }),
    ),
  );
  const refused = results.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  expect(refused).toHaveLength(5);
  for (const reason of refused) expect(reason).toBeInstanceOf(RateLimitedError);
});

test('the table of limits names neither emails nor addresses', async () => {
  const { email, ip } = await signUpSomebody(tools);
  await guess(email, 1, () => ip);
  const rows = await tools.db.rateLimit.findMany();
  expect(rows.length).toBeGreaterThan(0);
  for (const { bucket } of rows) {
    expect(bucket).toMatch(
      /^(passwords-(per-address|of-familiar|of-strangers)|sign-ups-per-address) [\w-]{43}$/,
    );
  }
});

test('one IPv6 household is one network, however an address is written', () => {
  expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2');
  expect(networkOf('2001:0DB8:1:2::9')).toBe('2001:db8:1:2');
  expect(networkOf('2001:db8::9')).toBe('2001:db8:0:0');
  expect(networkOf('fe80::1%eth0')).toBe('fe80:0:0:0');
  expect(networkOf('::1')).toBe('0:0:0:0');
  expect(networkOf('::ffff:192.0.2.7')).toBe('192.0.2.7');
  expect(networkOf('192.0.2.7')).toBe('192.0.2.7');
  expect(networkOf(null)).toBe('unknown');
});

test('a sign-in is remembered for 90 days after its end, and then purged', async () => {
  const { actor } = await signUpSomebody(tools);
  const find = () => tools.db.signIn.findUnique({ where: { id: actor.signInId } });
  const endedBefore = (days: number) => tools.db.$executeRaw`
    UPDATE sign_ins SET expires_at = now() - make_interval(days => ${days}::int)
    WHERE id = ${actor.signInId}`;
  await endedBefore(89);
  await purgeAccounts(tools.db);
  expect(await find()).not.toBeNull();
  await endedBefore(91);
  await purgeAccounts(tools.db);
  expect(await find()).toBeNull();
});
