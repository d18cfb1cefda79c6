import { beforeEach, expect, test } from 'vitest';
import { signIn } from '../../server/domain/accounts/sign-in.ts';
import { signOut } from '../../server/domain/accounts/sign-out.ts';
import { workspaceScope } from '../../server/domain/activity-scope.ts';
import { listLogs } from '../../server/domain/logs/list.ts';
import type { LogType } from '../../server/domain/logs/types.ts';
import { password, type SignedUp, signUpSomebody } from '../support/accounts.ts';
import { callAs, newAddress, nobody } from '../support/call.ts';
import { addMember, callOf, ownWorkspace, setRole } from '../support/people.ts';
import { setUpTools } from '../support/setup.ts';
import { youngMinute } from '../support/young-minute.ts';

const tools = await setUpTools();
let person: SignedUp;
beforeEach(async () => {
  person = await signUpSomebody(tools);
});

/** What a workspace's log has of this type, as one of its viewers reads it. */
async function logged(workspaceId: string, type: LogType) {
  const viewer = await addMember(tools, workspaceId, 'VIEWER');
  const call = await callOf(tools, viewer);
  const page = await listLogs(call, workspaceScope(call, workspaceId), {}, { types: [type] });
  return page.edges.map(({ node }) => node);
}

const tryWrong = (email: string, ip: string) =>
  expect(
    signIn(callAs(tools, nobody, { ip }), { email, password: 'not the password' }),
  ).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' });

test('wrong passwords are logged in each workspace of the account, once for each address and minute', async () => {
  const other = await signUpSomebody(tools);
  await setRole(tools, person.actor.id, ownWorkspace(other), 'VIEWER');
  const [here, there] = [newAddress(), newAddress()];
  await youngMinute();
  for (const ip of [here, here, there, here]) {
    await tryWrong(person.email, ip);
    await tools.failedSignIns.flush();
  }
  for (const workspaceId of [ownWorkspace(person), ownWorkspace(other)]) {
    const entries = await logged(workspaceId, 'user.sign_in_failed');
    const counts = entries.map(({ ip, data }) => [ip, (data as { count: number }).count]);
    expect(counts.sort()).toEqual(
      [
        [here, 3],
        [there, 1],
      ].sort(),
    );
    expect(entries[0]).toMatchObject({
      level: 'WARN',
      actorKind: 'ANONYMOUS',
      message: `A sign-in as ${person.actor.name} failed.`,
      data: { userId: person.actor.id },
    });
  }
});

test('a wrong password writes nothing before its answer, whether or not there is such an account', async () => {
  const count = () => tools.db.logEntry.count({ where: { type: 'user.sign_in_failed' } });
  const before = await count();
  await tryWrong(person.email, newAddress());
  await tryWrong('nobody.at.all@example.com', newAddress());
  expect(await count()).toBe(before);
  await tools.failedSignIns.flush();
  expect(await count()).toBe(before + 1);
  expect(await tools.db.logEntry.count({ where: { message: { contains: 'nobody.at' } } })).toBe(0);
});

test('a failure to write them is made good with the next', async () => {
  await tryWrong(person.email, newAddress());
  await tools.db.$executeRaw`ALTER TABLE log_entries RENAME TO log_entries_away`;
  await expect(tools.failedSignIns.flush()).rejects.toThrow();
  await tools.db.$executeRaw`ALTER TABLE log_entries_away RENAME TO log_entries`;
  await tools.failedSignIns.flush();
  expect(await logged(ownWorkspace(person), 'user.sign_in_failed')).toHaveLength(1);
});

test('signing in and out is logged; out twice, once', async () => {
  const call = callAs(tools, nobody);
  await signIn(call, { email: person.email, password });
  const again = callAs(tools, call.actor);
  await signOut(call, {});
  await signOut(again, {});
  const workspaceId = ownWorkspace(person);
  expect(await logged(workspaceId, 'user.signed_in')).toHaveLength(1);
  const out = await logged(workspaceId, 'user.signed_out');
  expect(out.map(({ actorId, message }) => [actorId, message])).toEqual([
    [person.actor.id, `${person.actor.name} signed out.`],
  ]);
});
