import { expect, test } from 'vitest';
import { closeDb, openDb } from '../../server/platform/db.ts';
import { adoptForeignTransactions } from '../../server/platform/foreign-transactions.ts';
import { createTestDatabase } from '../support/database.ts';

test('entries of another cluster’s transactions become old ones, and ours stay as they are', async () => {
  const { url } = await createTestDatabase();
  const db = openDb({ url, poolMax: 2 });
  const insert = (id: string, xid: string) =>
    db.$pool.query(
      `INSERT INTO log_entries (id, type, message, actor_kind, actor_label, workspace_id, xid)
       VALUES ($1, 'x', 'x', 'SYSTEM', 'x', 'x', ${xid})`,
      [id],
    );
  await insert('of-here', 'pg_current_xact_id()');
  await insert('to-come', `(pg_current_xact_id()::text::bigint + 1000)::text::xid8`);
  await insert('far-away', `'9000000000000'`);
  expect(await adoptForeignTransactions(url)).toBe(2);
  const { rows } = await db.$pool.query(
    `SELECT id, xid::text, pg_visible_in_snapshot(xid, pg_current_snapshot()) AS visible
     FROM log_entries ORDER BY id`,
  );
  expect(rows).toEqual([
    { id: 'far-away', xid: '3', visible: true },
    { id: 'of-here', xid: expect.not.stringMatching(/^3$/), visible: true },
    { id: 'to-come', xid: '3', visible: true },
  ]);
  expect(await adoptForeignTransactions(url)).toBe(0);
  await closeDb(db);
});

test('in batches, and by two processes at once, each is taken over once', async () => {
  const { url } = await createTestDatabase();
  const db = openDb({ url, poolMax: 2 });
  await db.$pool.query(`
    INSERT INTO log_entries (id, type, message, actor_kind, actor_label, workspace_id, xid)
    SELECT 'log_' || n, 'x', 'x', 'SYSTEM', 'x', 'x', (9000000000000 + n / 10)::text::xid8
    FROM generate_series(1, 1000) n`);
  const counts = await Promise.all([1, 2].map(() => adoptForeignTransactions(url, 7)));
  expect(counts[0]! + counts[1]!).toBe(1_000);
  const { rows } = await db.$pool.query('SELECT DISTINCT xid::text FROM log_entries');
  expect(rows).toEqual([{ xid: '3' }]);
  await closeDb(db);
});
