import { once } from 'node:events';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { backUp } from '../../server/platform/backup.ts';
import { verifyBackup } from '../../server/platform/backup-reader.ts';
import { writeBackup } from '../../server/platform/backup-writer.ts';
import { createTestDatabase } from '../support/database.ts';

const folder = await mkdtemp(join(tmpdir(), 'latchkey-backup-'));
afterAll(() => rm(folder, { recursive: true, force: true }));
const about = { version: '1.0.0', masterKeys: [] };

/** A way to a database on which nothing follows the end of a COPY in the same piece. */
async function startHaltingRelay(databaseUrl: string): Promise<string> {
  const { port, hostname } = new URL(databaseUrl);
  const copyDone = Buffer.from([0x63, 0, 0, 0, 4]);
  const relay = createServer((client) => {
    const server = connect(Number(port), hostname);
    client.on('error', () => {}).on('close', () => server.destroy());
    server.on('error', () => {}).on('close', () => client.destroy());
    client.pipe(server);
    let told = Promise.resolve();
    server.on('data', (piece) => {
      told = told.then(async () => {
        const at = piece.indexOf(copyDone);
        const end = at === -1 ? piece.length : at + copyDone.length;
        client.write(piece.subarray(0, end));
        if (end === piece.length) return;
        await sleep(30);
        client.write(piece.subarray(end));
      });
    });
  });
  await once(relay.listen(0, '127.0.0.1'), 'listening');
  afterAll(() => relay.close());
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((relay.address() as AddressInfo).port);
  return url.href;
}

test('a backup counts its rows, however late the database says how many they are', async () => {
  const { url } = await createTestDatabase();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`INSERT INTO log_entries (id, type, message, actor_kind, actor_label, workspace_id)
    SELECT 'log_' || n, 'x', repeat(E'\\n\\\\', 100), 'SYSTEM', 'x', 'x' FROM generate_series(1, 1000) n`);
  await client.end();
  const path = join(folder, 'late.backup');
  const { rows } = await backUp(await startHaltingRelay(url), path, about);
  expect(rows).toMatchObject({ log_entries: 1_000, users: 0 });
  expect((await verifyBackup(path)).rows).toEqual(rows);
});

test('a backup that counts other rows than it has is no backup, and gets no name', async () => {
  const path = join(folder, 'miscounted.backup');
  const header = { format: 'latchkey backup 1' as const, at: '', migrations: [], ...about };
  const write = (rows: number) =>
    writeBackup(path, async (writer) => {
      await writer.header(header);
      const data = (async function* () {
        yield Buffer.from('one\n');
        yield Buffer.from('t\\nwo\nthree\n');
      })();
      await writer.table({ name: 'things', columns: ['name'] }, data, async () => rows);
    });
  await expect(write(0)).rejects.toThrow(/ says that things has 0 rows, and has 3\.$/);
  expect((await readdir(folder)).filter((name) => name.startsWith('miscounted'))).toEqual([]);
  expect(await write(3)).toMatchObject({ rows: { things: 3 } });
});

test('what a killed one left is removed by a later one, and one under way is not', async () => {
  const old = join(folder, 'monday.backup.partial-12-0123abcd');
  const young = join(folder, 'tuesday.backup.partial-13-0123abcd');
  const others = join(folder, 'notes.partial-1');
  for (const path of [old, young, others]) await writeFile(path, '');
  for (const path of [old, others]) await utimes(path, 0, 0);
  const { url } = await createTestDatabase();
  await backUp(url, join(folder, 'wednesday.backup'), about);
  const left = (await readdir(folder)).filter((name) => name.includes('partial'));
  expect(left.sort()).toEqual(['notes.partial-1', 'tuesday.backup.partial-13-0123abcd']);
});

test('where it cannot be written, a sentence says why', async () => {
  const { url } = await createTestDatabase();
  const write = (path: string) => backUp(url, path, about);
  const file = join(folder, 'file');
  await writeFile(file, '');
  for (const where of [join(folder, 'nowhere'), file]) {
    await expect(write(join(where, 'x.backup'))).rejects.toThrow(`There is no directory ${where}.`);
  }
  await expect(write(file)).rejects.toThrow(`${file} is there already. Name another file.`);
});
