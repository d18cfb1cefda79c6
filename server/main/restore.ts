/**
 * `npm run restore -- FILE`: puts a backup into the embedded database of DATA_DIR, all of it or nothing.
 * The server must not run meanwhile.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fill, isEmpty } from '../platform/backup.ts';
import type { BackupHeader } from '../platform/backup-format.ts';
import { verifyBackup } from '../platform/backup-reader.ts';
import type { Config } from '../platform/config.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../platform/embedded-postgres.ts';
import { loadMasterKey, masterKeyPath } from '../platform/master-key-file.ts';
import { MasterKeys } from '../platform/master-keys.ts';
import { migrate } from '../platform/migrate.ts';
import { replaceDatabase } from '../platform/spare-database.ts';
import { closing, withSettings } from './with-product.ts';

const usage = 'npm run restore -- FILE [--force]';
const ofOnesOwn =
  'DATABASE_URL is set: restore a PostgreSQL of your own by its own means, such as pg_restore. docs/operations.md says how.';

async function restore(config: Config): Promise<void> {
  const { path, force } = readArguments();
  if (config.database.url !== null) throw new Error(ofOnesOwn);
  say(`Reading ${path}`);
  const { header, rows } = await verifyBackup(path);
  await demandMasterKey(config, header);
  const postgres = await startEmbeddedPostgres(config.dataDir);
  try {
    await demandPlace(postgres, config.dataDir, force);
    say(`Restoring what was there at ${header.at}`);
    await replaceDatabase(postgres.url, async (url) => {
      await migrate(url, undefined, header.migrations);
      await fill(url, path, rows);
      // A server that came and went meanwhile may have acknowledged something.
      await demandPlace(postgres, config.dataDir, force);
    });
  } finally {
    await closing(postgres.stop);
  }
  const sum = Object.values(rows).reduce((total, each) => total + each, 0);
  say(`Done: ${sum.toLocaleString('en')} rows of ${Object.keys(rows).length} tables. Start the server.
  What was deleted, revoked or signed out since then is there again: see docs/operations.md.\n`);
}

function readArguments(): { path: string; force: boolean } {
  try {
    const options = { force: { type: 'boolean', default: false } } as const;
    const { values, positionals } = parseArgs({ allowPositionals: true, options });
    const [path, ...others] = positionals;
    if (!path || others.length > 0) throw new Error('Name one file.');
    return { path: resolve(path), force: values.force };
  } catch (cause) {
    throw new Error(`${(cause as Error).message} ${usage}`, { cause });
  }
}

/**
 * A new DATA_DIR would get a new key of the same name, by which nothing in the backup can be read.
 *
 * @throws {Error} in a sentence: the key that the backup was made under is not here
 */
async function demandMasterKey({ masterKeys, dataDir }: Config, header: BackupHeader) {
  const path = masterKeyPath(dataDir);
  const entries = masterKeys ?? (await loadMasterKey(dataDir));
  const howTo = `Put the key of the server that was backed up into ${path}, or set MASTER_KEY.`;
  if (entries === null) throw new Error(`There is no master key here. ${howTo}`);
  const keys = new MasterKeys(entries);
  for (const { id, check } of header.masterKeys) {
    if (keys.has(id) && keys.checkOf(id) === check) continue;
    const what = keys.has(id) ? `is another here` : 'is not here';
    throw new Error(`The backup was made under the master key "${id}", which ${what}. ${howTo}`);
  }
}

/** @throws {Error} in a sentence: somebody uses the database, or would miss what is in it */
async function demandPlace(postgres: EmbeddedPostgres, dataDir: string, force: boolean) {
  if (postgres.adopted) {
    throw new Error(`A server or a command of Latchkey runs on ${dataDir}. Stop it first.`);
  }
  if (force || (await isEmpty(postgres.url))) return;
  throw new Error(
    `The database in ${dataDir} is not empty. Set DATA_DIR to a new directory, or say --force to replace it: ` +
      'what is in it now is then gone.',
  );
}

function say(line: string): void {
  process.stdout.write(`\n  ${line}\n`);
}

await withSettings(restore);
