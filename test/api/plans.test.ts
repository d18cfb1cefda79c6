/**
 * What people look at never reads through all sessions or the whole log: the plans of every statement
 * behind the queries of `npm run bench -- data`.
 */
import { beforeAll, expect, test, vi } from 'vitest';
import { cases } from '../../bench/data-cases.ts';
import { type Look, look } from '../../bench/data-set.ts';
import { ask } from '../../bench/latchkey.ts';
import { seedHistory } from '../../server/domain/sample-data/seed.ts';
import { signUpSomebody } from '../support/accounts.ts';
import { callAs } from '../support/call.ts';
import { ownWorkspace } from '../support/people.ts';
import { startTestServer } from '../support/server.ts';
import { type Statement, watchStatements } from '../support/statements.ts';

vi.setConfig({ hookTimeout: 120_000 });

const server = await startTestServer();
const watch = watchStatements(server.db);
const at = { port: Number(new URL(server.url).port), cookie: '' };
let seen: Look;
let isGeneric: boolean;

/** So many that reading all of them costs more than any index, as with millions. */
const sessions = 30_000;

beforeAll(async () => {
  const owner = await signUpSomebody(server.tools);
  at.cookie = `latchkey=${owner.token}`;
  await seedHistory(callAs(server.tools, owner.actor), {
    workspaceId: ownWorkspace(owner),
    projectId: null,
    seed: 'plans',
    sessions,
    days: 366,
  });
  // As autovacuum has it soon: without it, no index alone could answer anything.
  await server.db.$pool.query('VACUUM (ANALYZE)');
  seen = await look(at);
  const { rows } = await server.db.$pool.query('SHOW server_version_num');
  isGeneric = Number(rows[0].server_version_num) >= 160_000; // knows GENERIC_PLAN
});

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  Plans?: Plan[];
}

/** What a plan reads from the beginning to the end. */
function scansOf({ 'Node Type': node, 'Relation Name': table, Plans = [] }: Plan): string[] {
  const own = node === 'Seq Scan' && table ? [table] : [];
  return [...own, ...Plans.flatMap(scansOf)];
}

/** The plan for these values; of a prepared statement also the one that PostgreSQL keeps for all. */
async function explain({ text, name, values }: Statement): Promise<Plan[]> {
  const { $pool } = server.db;
  const { rows } = await $pool.query(`EXPLAIN (FORMAT JSON) ${text}`, values);
  if (name !== null && isGeneric) {
    rows.push(...(await $pool.query(`EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${text}`)).rows);
  }
  return rows.map((row) => row['QUERY PLAN'][0].Plan);
}

const growing = ['auth_sessions', 'log_entries'];

async function readWhole(statement: Statement): Promise<string[]> {
  const scanned = (await explain(statement)).flatMap(scansOf);
  return scanned.filter((table) => growing.includes(table));
}

test.each(cases)('$name', async ({ query, variables, check }) => {
  const { result, statements } = await watch.during(() =>
    ask(at.port, query, variables(seen), at.cookie),
  );
  expect(check?.(result) ?? true).toBe(true);
  const reading = statements.filter(({ text }) => growing.some((table) => text.includes(table)));
  for (const statement of reading) {
    expect(await readWhole(statement), statement.text).toEqual([]);
  }
});

test('a statement that reads all of them would be seen', async () => {
  const text = 'SELECT max(user_code) FROM auth_sessions UNION ALL SELECT max(ip) FROM log_entries';
  const found = await readWhole({ text, name: 'whole', values: [] });
  expect([...new Set(found)].sort()).toEqual(growing);
});
