import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { authenticateSignIn } from '../../server/domain/accounts/authenticate-sign-in.ts';
import { closeDb } from '../../server/platform/db.ts';
import { MasterKeys } from '../../server/platform/master-keys.ts';
import { signUpSomebody } from '../support/accounts.ts';
import { createTestTools } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';
import { countWaiting, inOpenTransaction } from '../support/open-transaction.ts';

const { url } = await createTestDatabase();
const tools = createTestTools(url);
afterAll(() => closeDb(tools.db));

const day = 24 * 3600_000;

function findSignIn(id: string) {
  return tools.db.signIn.findUniqueOrThrow({ where: { id } });
}

/** Shifts a sign-in into the past, by the database's clock. */
async function shiftSignIn(id: string, column: string, interval: string): Promise<void> {
  await tools.db.$pool.query(`UPDATE sign_ins SET ${column} = now() + $2::interval WHERE id = $1`, [
    id,
    interval,
  ]);
}

describe('a sign-in', () => {
  test('is found by its token, with its user and roles, in one statement', async () => {
    const { actor, token } = await signUpSomebody(tools);
    const statements: unknown[] = [];
    const pool = Object.create(tools.db.$pool);
    pool.query = (...args: [string]) => {
      statements.push(args);
      return tools.db.$pool.query(...args);
    };
    const db = Object.create(tools.db, { $pool: { value: pool } });
    expect(await authenticateSignIn({ ...tools, db }, token)).toEqual(actor);
    expect(statements).toHaveLength(1);
  });

  test('is not found by junk, which is not looked up at all', async () => {
    const noDb = { ...tools, db: null as never };
    for (const junk of ['', 'x', `${'a'.repeat(42)}!`, 'a'.repeat(44)]) {
      expect(await authenticateSignIn(noDb, junk)).toBeNull();
    }
    expect(await authenticateSignIn(tools, 'a'.repeat(43))).toBeNull();
  });

  test('of a user without a workspace is found', async () => {
    const { actor, token } = await signUpSomebody(tools);
    await tools.db.membership.deleteMany({ where: { userId: actor.id } });
    expect(await authenticateSignIn(tools, token)).toEqual({ ...actor, memberships: new Map() });
  });

  test("ends when the database's clock passes its end", async () => {
    const { actor, token } = await signUpSomebody(tools);
    await shiftSignIn(actor.signInId, 'expires_at', '1 minute');
    expect(await authenticateSignIn(tools, token)).not.toBeNull();
    await shiftSignIn(actor.signInId, 'expires_at', '-1 second');
    expect(await authenticateSignIn(tools, token)).toBeNull();
  });

  test('is touched at most once a minute, and its end slides by 30 days', async () => {
    const { actor, token } = await signUpSomebody(tools);
    const first = await findSignIn(actor.signInId);
    expect(first.expiresAt.getTime() - first.createdAt.getTime()).toBe(30 * day);
    await authenticateSignIn(tools, token);
    expect(await findSignIn(actor.signInId)).toEqual(first);

    await shiftSignIn(actor.signInId, 'last_seen_at', '-61 seconds');
    await shiftSignIn(actor.signInId, 'expires_at', '1 day');
    await authenticateSignIn(tools, token);
    const second = await findSignIn(actor.signInId);
    expect(second.lastSeenAt.getTime()).toBeGreaterThanOrEqual(first.lastSeenAt.getTime());
    expect(second.expiresAt.getTime() - second.lastSeenAt.getTime()).toBe(30 * day);
  });

  test('ends a year after it began, however much it is used', async () => {
    const { actor, token } = await signUpSomebody(tools);
    await shiftSignIn(actor.signInId, 'created_at', '-364 days');
    await shiftSignIn(actor.signInId, 'last_seen_at', '-1 day');
    await authenticateSignIn(tools, token);
    const { createdAt, expiresAt } = await findSignIn(actor.signInId);
    expect(expiresAt.getTime() - createdAt.getTime()).toBe(365 * day);
  });

  test('moves to the first master key at its next use, and is found before and after', async () => {
    const [oldKey, newKey] = ['old', 'new'].map((id) => ({ id, bytes: randomBytes(32) }));
    const before = { ...tools, masterKeys: new MasterKeys([oldKey!]) };
    const during = { ...tools, masterKeys: new MasterKeys([newKey!, oldKey!]) };
    const after = { ...tools, masterKeys: new MasterKeys([newKey!]) };
    const { actor, token } = await signUpSomebody(before);
    expect(await authenticateSignIn(after, token)).toBeNull();
    expect(await authenticateSignIn(during, token)).toEqual(actor);
    expect(await authenticateSignIn(after, token)).toEqual(actor);
  });

  test('that is ended while a request uses it stays ended', async () => {
    const { actor, token } = await signUpSomebody(tools);
    await shiftSignIn(actor.signInId, 'last_seen_at', '-1 hour');
    await inOpenTransaction(
      tools.db,
      `UPDATE sign_ins SET expires_at = date_trunc('milliseconds', now())
       WHERE id = '${actor.signInId}'`,
      async (commit) => {
        const request = authenticateSignIn(tools, token); // finds it live, and waits to touch it
        await expect.poll(() => countWaiting(tools.db)).toBe(1);
        await commit();
        await request;
      },
    );
    expect(await authenticateSignIn(tools, token)).toBeNull();
  });

  test('that gets a new value while a request uses the old one keeps the new one', async () => {
    const { actor, token } = await signUpSomebody(tools);
    await shiftSignIn(actor.signInId, 'last_seen_at', '-1 hour');
    const newToken = 'n'.repeat(43);
    const digest = tools.masterKeys.digest('sign-in', newToken).toString('hex');
    await inOpenTransaction(
      tools.db,
      `UPDATE sign_ins SET digest = '\\x${digest}' WHERE id = '${actor.signInId}'`,
      async (commit) => {
        const request = authenticateSignIn(tools, token);
        await expect.poll(() => countWaiting(tools.db)).toBe(1);
        await commit();
        await request;
      },
    );
    expect(await authenticateSignIn(tools, token)).toBeNull();
    expect(await authenticateSignIn(tools, newToken)).toEqual(actor);
  });
});
