/**
 * `npm run backup -- [FILE]`: what is in the database as one file, while the server runs or while none
 * does. The master key is not in it, ever.
 */
import { resolve } from 'node:path';
import { version } from '../domain/server-info.ts';
import { backUp } from '../platform/backup.ts';
import type { BackupHeader } from '../platform/backup-format.ts';
import type { Config } from '../platform/config.ts';
import { startEmbeddedPostgres } from '../platform/embedded-postgres.ts';
import { loadMasterKey, masterKeyPath } from '../platform/master-key-file.ts';
import { MasterKeys } from '../platform/master-keys.ts';
import { hasCluster } from '../platform/postgres-cluster.ts';
import { closing, withSettings } from './with-product.ts';

const ofOnesOwn =
  'DATABASE_URL is set: back up a PostgreSQL of your own by its own means, such as pg_dump. docs/operations.md says how.';

async function write({ database, dataDir, masterKeys }: Config): Promise<void> {
  if (database.url !== null) throw new Error(ofOnesOwn);
  if (!hasCluster(dataDir)) {
    throw new Error(`There is no database in ${dataDir}. DATA_DIR says where it is.`);
  }
  const entries = masterKeys ?? (await loadMasterKey(dataDir));
  if (entries === null) {
    const path = masterKeyPath(dataDir);
    throw new Error(`There is no master key: neither MASTER_KEY is set, nor is there ${path}.`);
  }
  const keys = new MasterKeys(entries);
  const checks = keys.ids.map((id) => ({ id, check: keys.checkOf(id) }));
  const path = readArguments() ?? nameOf(new Date());
  const postgres = await startEmbeddedPostgres(dataDir);
  try {
    const made = await backUp(postgres.url, path, { version, masterKeys: checks });
    print(path, made, masterKeys ? 'what MASTER_KEY says' : `in ${masterKeyPath(dataDir)}`);
  } finally {
    await closing(postgres.stop); // a database that the running server started stays
  }
}

function readArguments(): string | null {
  const [path, ...others] = process.argv.slice(2);
  if (others.length > 0 || path?.startsWith('-')) {
    throw new Error('Name one file, or none: npm run backup -- FILE');
  }
  return path ? resolve(path) : null;
}

function nameOf(now: Date): string {
  return resolve(`latchkey-${now.toISOString().slice(0, 19).replaceAll(/[:-]/g, '')}Z.backup`);
}

function print(
  path: string,
  { header, rows, bytes }: { header: BackupHeader; rows: Record<string, number>; bytes: number },
  where: string,
): void {
  const sum = Object.values(rows).reduce((total, each) => total + each, 0);
  process.stdout.write(`
  ${path}
  ${sum.toLocaleString('en')} rows of ${Object.keys(rows).length} tables as of ${header.at}, ${(bytes / 1e6).toFixed(1)} MB.

  The master key is NOT in it, and without the key it is worth little: keys, secrets and sign-ins in it
  could not be used. The key is ${where}. Keep a copy of that in another place.
  What people entered is in it as it is. Keep it as you keep the database.

`);
}

await withSettings(write);
