import { afterAll, expect, test } from 'vitest';
import { createApiKey } from '../../server/domain/api-keys/create.ts';
import type { Connection } from '../../server/domain/connections/connection.ts';
import { callAs } from '../support/call.ts';
import { countWaiting, inOpenTransaction } from '../support/open-transaction.ts';
import { actorOfKey, createTestProject } from '../support/projects.ts';
import { setUpTools } from '../support/setup.ts';

const tools = await setUpTools();
await tools.events.start();
afterAll(() => tools.events.stop());
const { connections, db } = tools;

/** A connection by this key, and with what it was ended. */
async function connectionBy(secret: string): Promise<Connection & { ended: string[] }> {
  const ended: string[] = [];
  const end = (reason: string) => void ended.push(reason);
  return { actor: await actorOfKey(tools, secret), ip: null, signInDigests: [], end, ended };
}

async function makeKey() {
  const { owner, production } = await createTestProject(tools);
  const key = { environmentId: production.id, name: 'Server', type: 'SECRET' } as const;
  const { id, secret } = await createApiKey(callAs(tools, owner.actor), key);
  return { id, secret: secret! };
}

test('a connection that comes while an earlier one of its key is looked at has a look of its own', async () => {
  const { id, secret } = await makeKey();
  const [earlier, later] = [await connectionBy(secret), await connectionBy(secret)];
  const remove = await connections.add(earlier);
  let adding: Promise<unknown> | undefined;
  await inOpenTransaction(
    db,
    `UPDATE api_key_secrets SET ends_at = now(), end_reason = 'DELETED' WHERE api_key_id = '${id}';
     SELECT pg_notify('latchkey', '{"kind":"apiKey","id":"${id}"}');
     LOCK api_key_secrets IN ACCESS EXCLUSIVE MODE`,
    async (commit) => {
      // A message about something else makes it look now.
      await db.$pool.query('SELECT pg_notify($1, $2)', [
        'latchkey',
        JSON.stringify({ kind: 'apiKey', id }),
      ]);
      await expect.poll(() => countWaiting(db)).toBe(1);
      remove!();
      adding = connections.add(later);
      await commit();
    },
  );
  expect(await adding).toBeNull();
  expect({ earlier: earlier.ended, later: later.ended }).toEqual({
    earlier: [],
    later: ['DELETED'],
  });
});

test('a connection is ended once, and counts for its key for as long as it is kept', async () => {
  const { id, secret } = await makeKey();
  const [one, other] = [await connectionBy(secret), await connectionBy(secret)];
  const [removeOne, removeOther] = await Promise.all([
    connections.add(one),
    connections.add(other),
  ]);
  expect(connections.countByKey().get(id)).toBe(2);
  removeOther!();
  removeOther!();
  expect(connections.countByKey().get(id)).toBe(1);
  connections.endAll();
  removeOne!();
  expect(connections.countByKey().has(id)).toBe(false);
  expect([one.ended, other.ended]).toEqual([['SERVER_STOPPING'], []]);
  const late = await connectionBy(secret);
  expect(await connections.add(late)).toBeNull();
  expect(late.ended).toEqual(['SERVER_STOPPING']);
});
