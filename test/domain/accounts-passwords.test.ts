import { afterAll, describe, expect, test } from 'vitest';
import { authenticateSignIn } from '../../server/domain/accounts/authenticate-sign-in.ts';
import { changePassword } from '../../server/domain/accounts/change-password.ts';
import { createPasswordReset } from '../../server/domain/accounts/create-password-reset.ts';
import { resetPassword } from '../../server/domain/accounts/reset-password.ts';
import { signIn } from '../../server/domain/accounts/sign-in.ts';
import { signOut } from '../../server/domain/accounts/sign-out.ts';
import {
  InvalidCredentialsError,
  NotFoundError,
  UnauthenticatedError,
  ValidationError,
} from '../../server/domain/errors.ts';
import { closeDb } from '../../server/platform/db.ts';
import { password, signUpSomebody } from '../support/accounts.ts';
import { callAs, createTestTools, nobody } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';

const { url } = await createTestDatabase();
const tools = createTestTools(url);
afterAll(() => closeDb(tools.db));

const newPassword = 'a new password';
const change = { currentPassword: password, newPassword };

function countFulfilled(results: PromiseSettledResult<unknown>[]): number {
  return results.filter(({ status }) => status === 'fulfilled').length;
}

describe('changing the password', () => {
  test('ends the other sign-ins, and gives this browser a new value for the same one', async () => {
    const { actor, email, token } = await signUpSomebody(tools);
    const elsewhere = callAs(tools, nobody);
    await signIn(elsewhere, { email, password });

    const call = callAs(tools, actor);
    expect(await changePassword(call, change)).toEqual(actor);
    expect(await authenticateSignIn(tools, elsewhere.signInCookie.token!)).toBeNull();
    expect(await authenticateSignIn(tools, token)).toBeNull();
    expect(await authenticateSignIn(tools, call.signInCookie.token!)).toEqual(actor);

    await expect(signIn(callAs(tools, nobody), { email, password })).rejects.toThrow(
      InvalidCredentialsError,
    );
    await signIn(callAs(tools, nobody), { email, password: newPassword });
    const entries = await tools.db.logEntry.findMany({ where: { requestId: call.requestId } });
    expect(entries).toMatchObject([{ type: 'user.password_changed', actorId: actor.id }]);
  });

  test('takes a signed-in user, the current password and a new one that keeps the rules', async () => {
    const { actor, email, token } = await signUpSomebody(tools);
    const attempt = (who: typeof actor | typeof nobody, input: Partial<typeof change>) =>
      changePassword(callAs(tools, who), { ...change, ...input });
    await expect(attempt(nobody, {})).rejects.toThrow(UnauthenticatedError);
    await expect(attempt(actor, { newPassword: 'short' })).rejects.toThrow(ValidationError);
    await expect(attempt(actor, { newPassword: email })).rejects.toThrow('newPassword: Must not');
    await expect(attempt(actor, { currentPassword: 'wrong' })).rejects.toThrow(
      InvalidCredentialsError,
    );
    expect(await authenticateSignIn(tools, token)).toEqual(actor);
    await signIn(callAs(tools, nobody), { email, password });
  });

  test('of two changes at once one wins', async () => {
    const { actor, email } = await signUpSomebody(tools);
    const choices = ['the first choice', 'the second choice'];
    const results = await Promise.allSettled(
      choices.map((each) => changePassword(callAs(tools, actor), { ...change, newPassword: each })),
    );
    expect(countFulfilled(results)).toBe(1);
    const winner = choices[results.findIndex(({ status }) => status === 'fulfilled')]!;
    await signIn(callAs(tools, nobody), { email, password: winner });
  });

  test('by a sign-in that has just ended changes nothing', async () => {
    const { actor, email } = await signUpSomebody(tools);
    await signOut(callAs(tools, actor), { everywhere: false });
    const call = callAs(tools, actor);
    await expect(changePassword(call, change)).rejects.toThrow(UnauthenticatedError);
    expect(call.signInCookie.token).toBeUndefined();
    await signIn(callAs(tools, nobody), { email, password });
  });

  test('makes an earlier reset link useless', async () => {
    const { actor, email } = await signUpSomebody(tools);
    const { token } = await createPasswordReset(tools, { email });
    await changePassword(callAs(tools, actor), change);
    await expect(
      resetPassword(callAs(tools, nobody), { token, password: 'yet another' }),
    ).rejects.toThrow(InvalidCredentialsError);
  });
});

describe('a reset link', () => {
  test('carries its token in the fragment, and only a digest of it is stored', async () => {
    const { actor, email } = await signUpSomebody(tools);
    const reset = await createPasswordReset(tools, { email: email.toLowerCase() });
    expect(reset.email).toBe(email);
    expect(reset.url).toBe(`http://localhost:4000/reset-password#token=${reset.token}`);
    const [row] = await tools.db.passwordReset.findMany({ where: { userId: actor.id } });
    expect(Buffer.from(row!.digest)).toEqual(
      tools.masterKeys.digest('password-reset', reset.token),
    );
    expect(row!.expiresAt.getTime() - row!.createdAt.getTime()).toBe(3600_000);
  });

  test('sets the password once, ends every sign-in and signs nobody in', async () => {
    const { actor, email, token: cookie } = await signUpSomebody(tools);
    const { token } = await createPasswordReset(tools, { email });
    const call = callAs(tools, nobody);
    expect(await resetPassword(call, { token, password: newPassword })).toBe(email);
    expect(call.signInCookie.token).toBeUndefined();
    expect(await authenticateSignIn(tools, cookie)).toBeNull();
    await signIn(callAs(tools, nobody), { email, password: newPassword });
    const entries = await tools.db.logEntry.findMany({ where: { requestId: call.requestId } });
    expect(entries).toMatchObject([
      { type: 'user.password_reset', actorKind: 'ANONYMOUS', data: { userId: actor.id } },
    ]);

    const again = resetPassword(callAs(tools, nobody), { token, password: 'once more please' });
    await expect(again).rejects.toThrow(/used before, or it is too old.*reset-password/);
  });

  test('used twice at once works once', async () => {
    const { email } = await signUpSomebody(tools);
    const { token } = await createPasswordReset(tools, { email });
    const results = await Promise.allSettled(
      ['the first choice', 'the second choice', 'the third choice'].map((each) =>
        resetPassword(callAs(tools, nobody), { token, password: each }),
      ),
    );
    expect(countFulfilled(results)).toBe(1);
    for (const each of results) {
      if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(InvalidCredentialsError);
    }
  });

  test("expires by the database's clock", async () => {
    const { actor, email } = await signUpSomebody(tools);
    const { token } = await createPasswordReset(tools, { email });
    await tools.db
      .$executeRaw`UPDATE password_resets SET expires_at = now() WHERE user_id = ${actor.id}`;
    await expect(
      resetPassword(callAs(tools, nobody), { token, password: newPassword }),
    ).rejects.toThrow(InvalidCredentialsError);
  });

  test('that is malformed or unknown is refused like one that is spent', async () => {
    for (const token of ['', 'x', '\0', 'ü'.repeat(43), 'a'.repeat(43), 'a'.repeat(10_000)]) {
      await expect(
        resetPassword(callAs(tools, nobody), { token, password: newPassword }),
      ).rejects.toThrow(InvalidCredentialsError);
    }
  });

  test('survives a password that breaks a rule', async () => {
    const { email } = await signUpSomebody(tools);
    const { token } = await createPasswordReset(tools, { email });
    for (const bad of ['short', email]) {
      await expect(resetPassword(callAs(tools, nobody), { token, password: bad })).rejects.toThrow(
        ValidationError,
      );
    }
    await resetPassword(callAs(tools, nobody), { token, password: newPassword });
  });

  test('takes the place of an earlier one', async () => {
    const { email } = await signUpSomebody(tools);
    const earlier = await createPasswordReset(tools, { email });
    const later = await createPasswordReset(tools, { email });
    await expect(
      resetPassword(callAs(tools, nobody), { token: earlier.token, password: newPassword }),
    ).rejects.toThrow(InvalidCredentialsError);
    await resetPassword(callAs(tools, nobody), { token: later.token, password: newPassword });
  });

  test('is not made for an email without an account', async () => {
    await expect(createPasswordReset(tools, { email: 'none@example.com' })).rejects.toThrow(
      NotFoundError,
    );
    await expect(createPasswordReset(tools, { email: 'none' })).rejects.toThrow(ValidationError);
  });
});

test('a sign-in with the old password that meets a reset never outlives it', async () => {
  const { email } = await signUpSomebody(tools);
  const { token } = await createPasswordReset(tools, { email });
  const calls = Array.from({ length: 8 }, () => callAs(tools, nobody));
  await Promise.allSettled([
    ...calls.map((call) => signIn(call, { email, password })),
    resetPassword(callAs(tools, nobody), { token, password: newPassword }),
  ]);
  for (const { signInCookie } of calls) {
    if (signInCookie.token) {
      expect(await authenticateSignIn(tools, signInCookie.token)).toBeNull();
    }
  }
});
