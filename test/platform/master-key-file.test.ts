import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadOrCreateMasterKey, parseMasterKeys } from '../../server/platform/master-key-file.ts';

const root = await mkdtemp(join(tmpdir(), 'latchkey-key-'));
afterAll(() => rm(root, { recursive: true, force: true }));

test('a missing key is made once, readable by its owner alone, in the form of MASTER_KEY', async () => {
  const dataDir = join(root, 'new', 'latchkey');
  const keys = await loadOrCreateMasterKey(dataDir);
  expect(keys).toEqual([{ id: 'k1', bytes: expect.any(Buffer) }]);
  expect(await readdir(dataDir)).toEqual(['master-key']);
  expect((await stat(join(dataDir, 'master-key'))).mode & 0o777).toBe(0o600);
  expect(parseMasterKeys((await readFile(join(dataDir, 'master-key'), 'utf8')).trim())).toEqual(
    keys,
  );
  expect(await loadOrCreateMasterKey(dataDir)).toEqual(keys);
});

test('servers that start at once on an empty directory end up with the same key', async () => {
  const dataDir = join(root, 'shared');
  const starts = Array.from({ length: 20 }, () => loadOrCreateMasterKey(dataDir));
  const [first, ...others] = await Promise.all(starts);
  for (const other of others) expect(other).toEqual(first);
  expect(await readdir(dataDir)).toEqual(['master-key']);
});

test('a file that holds no key is refused without a word of it, and stays as it is', async () => {
  const path = join(root, 'master-key');
  await writeFile(path, 'k1:hunter2\n');
  await expect(loadOrCreateMasterKey(root)).rejects.toThrow(
    `${path} must hold keys of exactly 32 bytes; entry 1 has 5.`,
  );
  expect(await readFile(path, 'utf8')).toBe('k1:hunter2\n');
});
