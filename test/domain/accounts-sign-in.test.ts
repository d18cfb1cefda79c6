import { afterAll, describe, expect, test } from 'vitest';
import { authenticateSignIn } from '../../server/domain/accounts/authenticate-sign-in.ts';
import { listSignIns } from '../../server/domain/accounts/list-sign-ins.ts';
import { signIn } from '../../server/domain/accounts/sign-in.ts';
import { signOut } from '../../server/domain/accounts/sign-out.ts';
import {
  ForbiddenError,
  InvalidCredentialsError,
  NotFoundError,
  UnauthenticatedError,
} from '../../server/domain/errors.ts';
import { newId } from '../../server/domain/ids.ts';
import { closeDb } from '../../server/platform/db.ts';
import { password, signUpSomebody } from '../support/accounts.ts';
import { callAs, createTestTools, nobody } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';
import { countWaiting, inOpenTransaction } from '../support/open-transaction.ts';

const { url } = await createTestDatabase();
const tools = createTestTools(url);
afterAll(() => closeDb(tools.db));

/** Shifts an instant of a sign-in, by the database's clock. */
async function shiftSignIn(id: string, column: string, interval: string): Promise<void> {
  await tools.db.$pool.query(`UPDATE sign_ins SET ${column} = now() + $2::interval WHERE id = $1`, [
    id,
    interval,
  ]);
}

describe('signing in', () => {
  test('takes the right password, with the email in any case, and logs it', async () => {
    const { actor, email } = await signUpSomebody(tools);
    const call = callAs(tools, nobody);
    const again = await signIn(call, { email: email.toUpperCase(), password });
    expect(again).toEqual({ ...actor, signInId: expect.stringMatching(/^sin_/) });
    expect(call.actor).toBe(again);
    expect(await authenticateSignIn(tools, call.signInCookie.token!)).toEqual(again);
    const entries = await tools.db.logEntry.findMany({ where: { requestId: call.requestId } });
    expect(entries).toMatchObject([{ type: 'user.signed_in', actorId: actor.id }]);
  });

  test('a wrong password and an unknown email are answered alike', async () => {
    const { email } = await signUpSomebody(tools);
    const answers = [];
    for (const input of [
      { email, password: 'not the password' },
      { email: 'nobody@example.com', password },
    ]) {
      const call = callAs(tools, nobody);
      answers.push(await signIn(call, input).catch((error: unknown) => error));
      expect(call.signInCookie.token).toBeUndefined();
    }
    expect(answers[0]).toBeInstanceOf(InvalidCredentialsError);
    expect(answers[1]).toEqual(answers[0]);
  });

  test('a letter typed as one character or as two makes the same password', async () => {
    const { actor, email } = await signUpSomebody(tools);
    await tools.db.user.update({
      where: { id: actor.id },
      data: { passwordHash: await tools.passwords.hash('caf\u00e9 au lait') },
    });
    await signIn(callAs(tools, nobody), { email, password: 'cafe\u0301 au lait' });
  });

  test('gives the browser a new value each time, and ends the sign-in it came with', async () => {
    const { actor, email, token } = await signUpSomebody(tools);
    const call = callAs(tools, actor);
    const again = await signIn(call, { email, password });
    expect(again.signInId).not.toBe(actor.signInId);
    expect(call.signInCookie.token).not.toBe(token);
    expect(await authenticateSignIn(tools, token)).toBeNull();
    expect(await authenticateSignIn(tools, call.signInCookie.token!)).toEqual(again);
  });

  test('with a password that is just being changed signs nobody in', async () => {
    const { actor, email } = await signUpSomebody(tools);
    await inOpenTransaction(
      tools.db,
      `UPDATE users SET password_hash = 'another' WHERE id = '${actor.id}'`,
      async (commit) => {
        const attempt = signIn(callAs(tools, nobody), { email, password });
        attempt.catch(() => {}); // looked at below, perhaps after it has failed
        await expect.poll(() => countWaiting(tools.db)).toBe(1); // the old password was right, as far as it can see
        await commit();
        await expect(attempt).rejects.toThrow(InvalidCredentialsError);
      },
    );
    expect(await tools.db.signIn.count({ where: { userId: actor.id } })).toBe(1);
  });

  test("another site's page cannot sign its visitors in", async () => {
    const { email } = await signUpSomebody(tools);
    const call = callAs(tools, nobody, { crossSite: true });
    await expect(signIn(call, { email, password })).rejects.toThrow(ForbiddenError);
  });
});

describe('signing out', () => {
  test('ends this sign-in only, clears the cookie, and can be repeated', async () => {
    const { actor, email, token } = await signUpSomebody(tools);
    const elsewhere = callAs(tools, nobody);
    await signIn(elsewhere, { email, password });

    const call = callAs(tools, actor);
    await signOut(call, { everywhere: false });
    expect(call.signInCookie.token).toBeNull();
    expect(call.actor).toEqual(nobody);
    expect(await authenticateSignIn(tools, token)).toBeNull();
    expect(await authenticateSignIn(tools, elsewhere.signInCookie.token!)).not.toBeNull();

    await signOut(callAs(tools, actor), { everywhere: false });
    const nobodyCall = callAs(tools, nobody);
    await signOut(nobodyCall, { everywhere: true });
    expect(nobodyCall.signInCookie.token).toBeNull();
  });

  test("everywhere ends all of the user's sign-ins and nobody else's", async () => {
    const { actor, email, token } = await signUpSomebody(tools);
    const other = await signUpSomebody(tools);
    const elsewhere = callAs(tools, nobody);
    await signIn(elsewhere, { email, password });
    await signOut(callAs(tools, actor), { everywhere: true });
    expect(await authenticateSignIn(tools, token)).toBeNull();
    expect(await authenticateSignIn(tools, elsewhere.signInCookie.token!)).toBeNull();
    expect(await authenticateSignIn(tools, other.token)).not.toBeNull();
  });

  test('a request that may not clear the cookie ends nothing', async () => {
    const { actor, token } = await signUpSomebody(tools);
    const call = callAs(tools, actor);
    call.signInCookie.clear = () => {
      throw new ForbiddenError('Not here.');
    };
    await expect(signOut(call, { everywhere: true })).rejects.toThrow('Not here.');
    expect(await authenticateSignIn(tools, token)).not.toBeNull();
  });
});

describe('ending one sign-in from another', () => {
  test('ends that one, leaves this browser signed in, and logs it', async () => {
    const { actor, email, token } = await signUpSomebody(tools);
    const elsewhere = callAs(tools, nobody);
    const { signInId } = await signIn(elsewhere, { email, password });
    const call = callAs(tools, actor);
    await signOut(call, { signInId });
    expect(call.signInCookie.token).toBeUndefined();
    expect(call.actor).toBe(actor);
    expect(await authenticateSignIn(tools, token)).not.toBeNull();
    expect(await authenticateSignIn(tools, elsewhere.signInCookie.token!)).toBeNull();
    const entries = await tools.db.logEntry.findMany({ where: { requestId: call.requestId } });
    expect(entries).toMatchObject([{ type: 'user.sign_in_revoked', data: { signInId } }]);
    await expect(signOut(call, { signInId })).rejects.toThrow(NotFoundError);
  });

  test('its own signs this browser out', async () => {
    const { actor, token } = await signUpSomebody(tools);
    const call = callAs(tools, actor);
    await signOut(call, { signInId: actor.signInId });
    expect(call.signInCookie.token).toBeNull();
    expect(call.actor).toEqual(nobody);
    expect(await authenticateSignIn(tools, token)).toBeNull();
  });

  test('another user’s is not found, like one that never was', async () => {
    const [{ actor }, other] = [await signUpSomebody(tools), await signUpSomebody(tools)];
    const [hidden, missing, malformed] = await Promise.all(
      [other.actor.signInId, newId('signIn'), '\0'].map((signInId) =>
        signOut(callAs(tools, actor), { signInId }).catch((error: unknown) => error),
      ),
    );
    expect(hidden).toBeInstanceOf(NotFoundError);
    expect(hidden).toEqual(missing);
    expect(hidden).toEqual(malformed);
    expect(await authenticateSignIn(tools, other.token)).not.toBeNull();
  });

  test('takes somebody who is signed in, and not both fields', async () => {
    const { actor, token } = await signUpSomebody(tools);
    const { signInId } = actor;
    await expect(signOut(callAs(tools, nobody), { signInId })).rejects.toThrow(
      UnauthenticatedError,
    );
    await expect(
      signOut(callAs(tools, actor), { signInId, everywhere: true }),
    ).rejects.toMatchObject({ issues: [{ path: ['signInId'] }] });
    expect(await authenticateSignIn(tools, token)).not.toBeNull();
  });
});

test('the list of sign-ins shows those that are live, and which one asks', async () => {
  const { actor, email } = await signUpSomebody(tools, { userAgent: 'Firefox' });
  const phone = await signIn(callAs(tools, nobody, { userAgent: 'Phone' }), { email, password });
  const ended = await signIn(callAs(tools, nobody), { email, password });
  await shiftSignIn(ended.signInId, 'expires_at', '-1 second');
  await shiftSignIn(actor.signInId, 'last_seen_at', '-1 hour');
  expect(await listSignIns(tools, actor)).toMatchObject([
    { id: phone.signInId, userAgent: 'Phone', current: false },
    { id: actor.signInId, userAgent: 'Firefox', current: true },
  ]);
});
