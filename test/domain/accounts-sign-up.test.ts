import { afterAll, describe, expect, test } from 'vitest';
import { isSignUpOpen, signUp } from '../../server/domain/accounts/sign-up.ts';
import type { Tools } from '../../server/domain/call.ts';
import {
  EmailTakenError,
  ForbiddenError,
  SignUpClosedError,
  ValidationError,
} from '../../server/domain/errors.ts';
import { closeDb } from '../../server/platform/db.ts';
import { Passwords } from '../../server/platform/passwords.ts';
import { callAs, createTestTools, nobody } from '../support/call.ts';
import { createTestDatabase } from '../support/database.ts';

const account = { email: 'ada@example.com', password: 'correct horse', name: 'Ada' };

async function countRows({ db }: Tools): Promise<number[]> {
  return Promise.all([
    db.user.count(),
    db.workspace.count(),
    db.membership.count(),
    db.signIn.count(),
    db.logEntry.count(),
  ]);
}

/** Passwords that are all hashed at the same instant, so that what comes after races. */
function hashTogether(times: number): Passwords {
  const passwords = new Passwords();
  let came = 0;
  let release: (hash: string) => void;
  const hash = new Promise<string>((resolve) => {
    release = resolve;
  });
  passwords.hash = () => {
    came += 1;
    if (came === times) release('stands for a hash');
    return hash;
  };
  return passwords;
}

describe('signing up', async () => {
  const { url } = await createTestDatabase();
  const tools = createTestTools(url);
  afterAll(() => closeDb(tools.db));

  test('makes a user who owns a first workspace, signs them in and logs it', async () => {
    const call = callAs(tools, nobody, { ip: '192.0.2.1', userAgent: 'Firefox' });
    const actor = await signUp(call, {
      email: ' Grace@Example.com ',
      password: 'sea state nine',
      name: ' Grace ',
    });
    expect(actor).toMatchObject({ kind: 'user', email: 'Grace@Example.com', name: 'Grace' });
    expect(call.actor).toBe(actor);

    const memberships = await tools.db.membership.findMany({
      where: { userId: actor.id },
      include: { workspace: true },
    });
    expect(memberships).toMatchObject([
      { role: 'OWNER', workspace: { name: "Grace's workspace", version: 1 } },
    ]);
    expect([...actor.memberships]).toEqual([[memberships[0]!.workspaceId, 'OWNER']]);
    const signIns = await tools.db.signIn.findMany({ where: { userId: actor.id } });
    expect(signIns).toMatchObject([{ id: actor.signInId, ip: '192.0.2.1', userAgent: 'Firefox' }]);
    const entries = await tools.db.logEntry.findMany({ where: { actorId: actor.id } });
    expect(entries).toMatchObject([
      {
        type: 'user.signed_up',
        actorKind: 'USER',
        actorLabel: 'Grace@Example.com',
        workspaceId: memberships[0]!.workspaceId,
        ip: '192.0.2.1',
        requestId: call.requestId,
      },
    ]);
  });

  test('stores neither the password nor the cookie in a form that can be used', async () => {
    const call = callAs(tools, nobody);
    const actor = await signUp(call, { ...account, email: 'hidden@example.com' });
    const token = call.signInCookie.token!;
    expect(token).toMatch(/^[\w-]{43}$/);
    const user = await tools.db.user.findUniqueOrThrow({
      where: { id: actor.id },
      include: { signIns: true },
    });
    expect(user.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    const stored = Buffer.from(user.signIns[0]!.digest);
    expect(stored).toEqual(tools.masterKeys.digest('sign-in', token));
    expect(JSON.stringify(await tools.db.logEntry.findMany())).not.toContain(token);
  });

  test('an email has one account, in whatever case it is typed', async () => {
    await signUp(callAs(tools, nobody), { ...account, email: 'one@example.com' });
    await expect(
      signUp(callAs(tools, nobody), { ...account, email: 'ONE@Example.COM' }),
    ).rejects.toThrow(EmailTakenError);
  });

  test('of sign-ups at once with one email exactly one succeeds, and the others leave nothing', async () => {
    const before = await countRows(tools);
    const passwords = hashTogether(6);
    const calls = Array.from({ length: 6 }, () => callAs(tools, nobody, {}, { passwords }));
    const results = await Promise.allSettled(
      calls.map((call) => signUp(call, { ...account, email: 'race@example.com' })),
    );
    const refused = results.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    expect(refused).toHaveLength(5);
    for (const reason of refused) expect(reason).toBeInstanceOf(EmailTakenError);
    expect(calls.filter(({ signInCookie }) => signInCookie.token)).toHaveLength(1);
    expect(await countRows(tools)).toEqual(before.map((count) => count + 1));
  });

  test('every broken rule is named, and nothing is written', async () => {
    const before = await countRows(tools);
    const attempt = (input: Partial<typeof account>) =>
      signUp(callAs(tools, nobody), { ...account, ...input }).catch((error: unknown) => {
        expect(error).toBeInstanceOf(ValidationError);
        return (error as ValidationError).issues.map(({ path }) => path.join('.'));
      });
    expect(await attempt({ email: 'ada', password: 'short', name: '  ' })).toEqual([
      'email',
      'password',
      'name',
    ]);
    expect(await attempt({ email: 'a\0@example.com' })).toEqual(['email']);
    expect(await attempt({ name: 'Ada\0' })).toContain('name');
    expect(await attempt({ name: 'x'.repeat(101) })).toEqual(['name']);
    expect(await attempt({ password: 'x'.repeat(201) })).toEqual(['password']);
    expect(await attempt({ password: 'half a pair \ud800' })).toEqual(['password']);
    expect(await attempt({ password: 'ADA@example.com' })).toEqual(['password']);
    expect(await countRows(tools)).toEqual(before);
  });

  test('a password is counted in characters and may hold any', async () => {
    const attempt = (password: string, n: number) =>
      signUp(callAs(tools, nobody), { ...account, email: `any.${n}@example.com`, password });
    await expect(attempt('🔑'.repeat(7), 1)).rejects.toThrow('at least 8 characters');
    await attempt('🔑'.repeat(8), 2);
    await attempt('🔑'.repeat(200), 3);
    await attempt(' 8 spaces\0', 4);
  });

  test("another site's page cannot sign its visitors up", async () => {
    const before = await countRows(tools);
    const call = callAs(tools, nobody, { crossSite: true });
    await expect(signUp(call, { ...account, email: 'no@example.com' })).rejects.toThrow(
      ForbiddenError,
    );
    expect(await countRows(tools)).toEqual(before);
  });

  test('a request that may not set the cookie writes nothing', async () => {
    const before = await countRows(tools);
    const call = callAs(tools, nobody);
    call.signInCookie.set = () => {
      throw new ForbiddenError('Not here.');
    };
    await expect(signUp(call, { ...account, email: 'no@example.com' })).rejects.toThrow(
      'Not here.',
    );
    expect(await countRows(tools)).toEqual(before);
    expect(call.actor).toBe(nobody);
  });

  test('a closed server takes nobody', async () => {
    const call = callAs(tools, nobody, {}, { signUp: 'CLOSED' });
    expect(await isSignUpOpen(call)).toBe(false);
    await expect(signUp(call, account)).rejects.toThrow(SignUpClosedError);
  });
});

describe('a server that takes only its first user', async () => {
  const { url } = await createTestDatabase();
  const tools = createTestTools(url, { signUp: 'FIRST' });
  afterAll(() => closeDb(tools.db));

  test('lets exactly one of several sign-ups at once in, and then no one', async () => {
    expect(await isSignUpOpen(tools)).toBe(true);
    const passwords = hashTogether(6);
    const results = await Promise.allSettled(
      Array.from({ length: 6 }, (_, n) =>
        signUp(callAs(tools, nobody, {}, { passwords }), {
          ...account,
          email: `first.${n}@example.com`,
        }),
      ),
    );
    const refused = results.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    expect(refused).toHaveLength(5);
    for (const reason of refused) expect(reason).toBeInstanceOf(SignUpClosedError);
    expect(await countRows(tools)).toEqual([1, 1, 1, 1, 1]);

    expect(await isSignUpOpen(tools)).toBe(false);
    await expect(signUp(callAs(tools, nobody), account)).rejects.toThrow(SignUpClosedError);
  });
});
